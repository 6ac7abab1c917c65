"""Spot endpoints that place and cancel orders and order lists."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from engine.core.market import Side
from engine.exchange.simulator import wire
from engine.exchange.simulator.call import Call, Endpoint
from engine.exchange.simulator.errors import (
    Refused,
    illegal,
    missing,
    rejected,
    surplus,
    unknown_order,
)  # fmt: skip
from engine.exchange.simulator.limits import ORDERS
from engine.exchange.simulator.orders import Kind, NewOrder, Order, OrderList
from engine.exchange.simulator.params import Params
from engine.exchange.simulator.rest_account import find_order
from engine.exchange.simulator.symbols import wire as number

_SIDES = {side.value: side for side in Side}
_KINDS = {kind.value: kind for kind in Kind}
_FORCES = {word: word for word in ("GTC", "IOC", "FOK")}
_DETAILS = {word: word for word in ("ACK", "RESULT", "FULL")}
_MODES = {m: m for m in ("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT")}
_BAD_SIDE = Refused(-1117, "Invalid side.")
_BAD_TYPE = Refused(-1116, "Invalid orderType.")
_BAD_FORCE = Refused(-1115, "Invalid timeInForce.")
_BAD_LEG = Refused(-1158, "Order type not supported in OCO.")
_UNSUPPORTED = ("trailingDelta", "icebergQty", "pegPriceType", "pegOffsetType", "pegOffsetValue")
_LEAST_STRATEGY = 1_000_000
_TAKERS = {Kind.LIMIT_MAKER, Kind.TAKE_PROFIT, Kind.TAKE_PROFIT_LIMIT}
_STOPS = {Kind.STOP_LOSS, Kind.STOP_LOSS_LIMIT}


def read_order(call: Call) -> NewOrder:
    """The order that the parameters of ``POST order`` describe.

    Raises:
        Refused: parameters are missing, surplus or malformed.
    """
    params, symbol = call.params, call.symbol()
    side = params.choice("side", _SIDES, _BAD_SIDE)
    kind = params.choice("type", _KINDS, _BAD_TYPE)
    for name in _UNSUPPORTED:
        if name in params:
            raise surplus(name)
    wish = NewOrder(
        symbol, side, kind, quantity=params.decimal("quantity"),
        quote_quantity=params.decimal("quoteOrderQty"), price=params.decimal("price"),
        stop_price=params.decimal("stopPrice"),
        time_in_force=params.choice("timeInForce", _FORCES, _BAD_FORCE, "GTC"),
        client_id=params.client_id("newClientOrderId"), stp_mode=_stp_mode(params),
    )  # fmt: skip
    _check_composition(wish, params)
    return _with_strategy(wish, params)


def place(call: Call) -> dict[str, Any]:
    """``POST order``."""
    wish = read_order(call)
    default = "FULL" if wish.kind in {Kind.MARKET, Kind.LIMIT} else "ACK"
    detail = _detail(call.params, default)
    order = call.world.book.place(call.account, wish, call.now)
    if order.executed:  # a fill gives the unfilled-order count back
        for pool in ORDERS:
            call.world.limits.add(pool, call.account.key, -1)
    return wire.placed(order, detail)


def test(call: Call) -> dict[str, Any]:
    """``POST order/test``: everything is checked and nothing happens."""
    call.world.book.check(call.account, read_order(call))
    if not call.params.flag("computeCommissionRates"):
        return {}
    rates = {"maker": number(call.account.maker_fee), "taker": number(call.account.taker_fee)}
    zero = {"maker": number(Decimal(0)), "taker": number(Decimal(0))}
    return {
        "standardCommissionForOrder": rates,
        "specialCommissionForOrder": zero,
        "taxCommissionForOrder": zero,
        "discount": {
            "enabledForAccount": call.account.bnb_burn,
            "enabledForSymbol": True,
            "discountAsset": "BNB",
            "discount": number(Decimal("0.75")),
        },
    }


def cancel(call: Call) -> dict[str, Any]:
    """``DELETE order``: an order, or the list that it is a leg of."""
    order = find_order(call)
    if order is None:
        raise unknown_order()
    _check_restrictions(call.params, order)
    return _cancel(call, order)


def cancel_all(call: Call) -> list[dict[str, Any]]:
    """``DELETE openOrders`` of a symbol."""
    live = call.world.book.live(call.account, call.symbol())
    if not live:
        raise unknown_order()
    return [_cancel(call, order) for order in live if order.status.live]


def place_oco(call: Call) -> dict[str, Any]:
    """``POST orderList/oco`` with an above and a below leg."""
    params, symbol = call.params, call.symbol()
    side, quantity = params.choice("side", _SIDES, _BAD_SIDE), params.needed("quantity")
    above, below = (_leg(params, symbol, side, quantity, part) for part in ("above", "below"))
    _check_legs(side, above, below)
    _check_relation(call, above, below)
    return _place_list(call, (below, above))


def place_legacy_oco(call: Call) -> dict[str, Any]:
    """``POST order/oco``, the deprecated form: a limit maker and a stop loss (limit)."""
    params, symbol = call.params, call.symbol()
    side, quantity = params.choice("side", _SIDES, _BAD_SIDE), params.needed("quantity")
    limited = "stopLimitPrice" in params
    force = params.choice("stopLimitTimeInForce", _FORCES, _BAD_FORCE, "GTC")
    maker = NewOrder(symbol, side, Kind.LIMIT_MAKER, quantity, price=params.needed("price"),
                     client_id=params.client_id("limitClientOrderId"))  # fmt: skip
    stop = NewOrder(
        symbol, side, Kind.STOP_LOSS_LIMIT if limited else Kind.STOP_LOSS, quantity,
        price=params.decimal("stopLimitPrice"), stop_price=params.needed("stopPrice"),
        time_in_force=force, client_id=params.client_id("stopClientOrderId"),
    )  # fmt: skip
    above, below = (maker, stop) if side is Side.SELL else (stop, maker)
    _check_relation(call, above, below)
    return _place_list(call, (stop, maker))


def cancel_list(call: Call) -> dict[str, Any]:
    """``DELETE orderList``."""
    call.symbol()
    list_id = call.params.integer("orderListId")
    client_id = call.params.client_id("listClientOrderId") or None
    if list_id is None and client_id is None:
        raise Refused(
            -1102,
            "Param 'orderListId' or 'listClientOrderId' must be sent, but both were empty/null!",
        )
    found = call.world.book.find_list(call.account, list_id, client_id)
    if found is None or not found.live:
        raise unknown_order()
    return _cancel(call, next(order for order in found.orders if order.status.live))


def _place_list(call: Call, legs: tuple[NewOrder, NewOrder]) -> dict[str, Any]:
    detail = _detail(call.params, "RESULT")
    client_id = call.params.client_id("listClientOrderId")
    orders = call.world.book.place_list(call.account, legs, client_id, call.now)
    return _reported(orders, [wire.placed(order, detail) for order in orders.orders])


def _reported(orders: OrderList, reports: list[dict[str, Any]]) -> dict[str, Any]:
    return wire.order_list(orders) | {"orderReports": reports}


def _cancel(call: Call, order: Order) -> dict[str, Any]:
    cancel_id = call.params.client_id("newClientOrderId") or f"cancel-{order.id}-{call.now}"
    cancelled = call.world.book.cancel(order, cancel_id, call.now)
    reports = [wire.cancelled(leg, cancel_id) for leg in cancelled]
    return reports[0] if order.oco is None else _reported(order.oco, reports)


def _detail(params: Params, default: str) -> str:
    return params.choice(
        "newOrderRespType", _DETAILS, illegal("newOrderRespType", "ACK|RESULT|FULL"), default
    )


def _stp_mode(params: Params) -> str:
    name = "selfTradePreventionMode"
    return params.choice(name, _MODES, illegal(name, "|".join(_MODES)), "EXPIRE_MAKER")


def _check_composition(wish: NewOrder, params: Params) -> None:
    """Mandatory and surplus parameters of each type, as the order type table says."""
    kind = wish.kind
    if kind is Kind.MARKET and not ("quantity" in params) ^ ("quoteOrderQty" in params):
        if "quantity" in params:
            raise surplus("quoteOrderQty")
        raise missing("quantity")
    needed = {"quantity": kind is not Kind.MARKET, "price": kind.priced,
              "stopPrice": kind.conditional}  # fmt: skip
    for name, wanted in needed.items():
        if wanted and name not in params:
            raise missing(name)
    timed = kind.priced and kind is not Kind.LIMIT_MAKER
    if timed and "timeInForce" not in params:
        raise missing("timeInForce")
    allowed = {"timeInForce": timed, "price": kind.priced, "stopPrice": kind.conditional,
               "quoteOrderQty": kind is Kind.MARKET}  # fmt: skip
    for name, fits in allowed.items():
        if not fits and name in params:
            raise surplus(name)


def _with_strategy(wish: NewOrder, params: Params) -> NewOrder:
    kind = params.integer("strategyType")
    if kind is not None and kind < _LEAST_STRATEGY:
        raise Refused(-1134, "`strategyType` was less than 1000000.")
    return replace(wish, strategy_id=params.integer("strategyId"), strategy_type=kind)


def _check_restrictions(params: Params, order: Order) -> None:
    wanted = params.values.get("cancelRestrictions")
    if wanted is None:
        return
    if wanted not in {"ONLY_NEW", "ONLY_PARTIALLY_FILLED"}:
        raise Refused(-1145, "Invalid cancelRestrictions")
    if order.status.live and wanted != f"ONLY_{order.status.value}":
        raise Refused(-2011, "Order was not canceled due to cancel restrictions.")


def _leg(params: Params, symbol: str, side: Side, quantity: Decimal, part: str) -> NewOrder:
    kind = params.choice(f"{part}Type", _KINDS, _BAD_LEG)
    if kind not in _TAKERS | _STOPS:
        raise _BAD_LEG
    timed = kind in {Kind.STOP_LOSS_LIMIT, Kind.TAKE_PROFIT_LIMIT}
    shape = {"Price": kind.priced, "StopPrice": kind.conditional, "TimeInForce": timed}
    for suffix, fits in shape.items():
        if fits and f"{part}{suffix}" not in params:
            raise missing(part + suffix)
        if not fits and f"{part}{suffix}" in params:
            raise surplus(part + suffix)
    for suffix in ("TrailingDelta", "IcebergQty"):
        if f"{part}{suffix}" in params:
            raise surplus(part + suffix)
    return NewOrder(
        symbol, side, kind, quantity, price=params.decimal(f"{part}Price"),
        stop_price=params.decimal(f"{part}StopPrice"), stp_mode=_stp_mode(params),
        time_in_force=params.choice(f"{part}TimeInForce", _FORCES, _BAD_FORCE, "GTC"),
        client_id=params.client_id(f"{part}ClientOrderId"),
    )  # fmt: skip


def _check_legs(side: Side, above: NewOrder, below: NewOrder) -> None:
    if not above.kind.conditional and not below.kind.conditional:
        raise Refused(-1168, "At least one OCO order must be contingent.")
    taker, stop = (above, below) if side is Side.SELL else (below, above)
    if taker.kind in _TAKERS and stop.kind in _STOPS:
        return
    sell = side is Side.SELL
    wrong = stop.kind if stop.kind in _TAKERS else taker.kind
    if wrong is Kind.LIMIT_MAKER:
        raise (Refused(-1166, "A limit order in a sell OCO must be above.") if sell
               else Refused(-1165, "A limit order in a buy OCO must be below."))  # fmt: skip
    if wrong in _STOPS:
        raise (Refused(-1197, "A stop loss order in a sell OCO must be below.") if sell
               else Refused(-1196, "A stop loss order in a buy OCO must be above."))  # fmt: skip
    raise (Refused(-1199, "A take profit order in a sell OCO must be above.") if sell
           else Refused(-1198, "A take profit order in a buy OCO must be below."))  # fmt: skip


def _check_relation(call: Call, above: NewOrder, below: NewOrder) -> None:
    """The market lies between the two legs."""
    last = call.world.market.last(above.symbol)
    if not (above.stop_price or above.price) > last > (below.stop_price or below.price):
        raise rejected("The relationship of the prices for the orders is not correct.")


def _test_weight(params: Params) -> int:
    return 20 if params.values.get("computeCommissionRates") == "true" else 1


ROUTES: dict[tuple[str, str], Endpoint] = {
    ("POST", "/api/v3/order"): Endpoint(place, signed=True, trade=True, orders=1, free=True),
    ("POST", "/api/v3/order/test"): Endpoint(test, _test_weight, signed=True, trade=True),
    ("DELETE", "/api/v3/order"): Endpoint(cancel, signed=True, trade=True, free=True),
    ("DELETE", "/api/v3/openOrders"): Endpoint(cancel_all, signed=True, trade=True, free=True),
    ("POST", "/api/v3/orderList/oco"): Endpoint(
        place_oco, signed=True, trade=True, orders=2, free=True
    ),
    ("POST", "/api/v3/order/oco"): Endpoint(
        place_legacy_oco, signed=True, trade=True, orders=2, free=True
    ),
    ("DELETE", "/api/v3/orderList"): Endpoint(cancel_list, signed=True, trade=True, free=True),
}
