"""Refusals of the futures API: its codes and sentences."""

from decimal import Decimal

from engine.core.money import fixed
from engine.exchange.simulator.errors import Refused

SUCCESS = {"code": 200, "msg": "success"}
ALL_CANCELED = {"code": 200, "msg": "The operation of cancel all open order is done."}
CLIENT_ID = r"^[\.A-Z\:/a-z0-9_-]{1,36}$"


def too_precise() -> Refused:
    """A number has more decimals than the contract."""
    return Refused(-1111, "Precision is over the maximum defined for this asset.")


def use_algo() -> Refused:
    """A conditional type was sent to the regular endpoint."""
    return Refused(
        -4120,
        "Order type not supported for this endpoint. Please use the Algo Order API endpoints "
        "instead.",
    )


def duplicate() -> Refused:
    """A live order carries the client id."""
    return Refused(-4116, "ClientOrderId is duplicated.")


def reduce_only() -> Refused:
    """There is nothing to reduce."""
    return Refused(-2022, "ReduceOnly Order is rejected.")


def reduce_only_conflict() -> Refused:
    """Better reducing orders already take the whole position."""
    return Refused(
        -4118, "ReduceOnly Order Failed. Please check your existing position and open orders."
    )


def no_margin() -> Refused:
    """The available balance does not cover the order."""
    return Refused(-2019, "Margin is insufficient.")


def beyond_leverage() -> Refused:
    """The position would outgrow what the leverage allows."""
    return Refused(-2027, "Exceeded the maximum allowable position at current leverage.")


def would_trigger() -> Refused:
    """The trigger price has been passed already."""
    return Refused(-2021, "Order would immediately trigger.")


def too_small(notional: Decimal) -> Refused:
    """The order is worth too little."""
    return Refused(
        -4164,
        f"Order's notional must be no smaller than {fixed(notional)} (unless you choose reduce "
        "only).",
    )


def wrong_side() -> Refused:
    """positionSide does not fit the position mode."""
    return Refused(-4061, "Order's position side does not match user's setting.")


def no_close_target() -> Refused:
    """An order that lives with a position was sent without one."""
    return Refused(
        -4509,
        "Time in Force (TIF) GTE can only be used with open positions. Please ensure that "
        "positions are available.",
    )


def second_close() -> Refused:
    """A closePosition order of this type and direction waits already."""
    return Refused(
        -4130,
        "An open stop or take profit order with GTE and closePosition in the direction is "
        "existing.",
    )
