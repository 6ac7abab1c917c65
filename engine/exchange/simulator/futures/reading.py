"""Futures orders as the parameters of a request describe them."""

from decimal import Decimal

from engine.core.market import Side
from engine.exchange.simulator.call import Call
from engine.exchange.simulator.errors import Refused, illegal, missing, surplus
from engine.exchange.simulator.futures import errors
from engine.exchange.simulator.futures.asking import account_of, contract_of
from engine.exchange.simulator.futures.contracts import CONDITIONAL_TYPES, FORCES, REGULAR_TYPES
from engine.exchange.simulator.futures.model import PRICED, TRAILING, Wish
from engine.exchange.simulator.params import Params

_SIDES = {side.value: side for side in Side}
_POSITION_SIDES = {word: word for word in ("BOTH", "LONG", "SHORT")}
_WORKING_TYPES = {word: word for word in ("CONTRACT_PRICE", "MARK_PRICE")}
_STP_MODES = {m: m for m in ("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH")}
_CLOSING = frozenset({"STOP_MARKET", "TAKE_PROFIT_MARKET"})
_BAD_TYPE = Refused(-1116, "Invalid orderType.")
_LEAST_GOOD_TILL_MS = 600_000
_CALLBACKS = (Decimal("0.1"), Decimal(20))


def read_order(call: Call) -> Wish:
    """The regular order of ``POST order``.

    Raises:
        Refused: parameters are missing, surplus or malformed, or the type is conditional (-4120).
    """
    params, symbol = call.params, contract_of(call).name
    side = _side(params)
    if params.text("type") in CONDITIONAL_TYPES:
        raise errors.use_algo()
    kind = params.choice("type", {word: word for word in REGULAR_TYPES}, _BAD_TYPE)
    limit = kind == "LIMIT"
    if "priceMatch" in params and params.text("priceMatch") != "NONE":
        raise surplus("priceMatch")
    for name, wanted in (("quantity", True), ("price", limit), ("timeInForce", limit)):
        if wanted and name not in params:
            raise missing(name)
    if not limit and "price" in params:
        raise surplus("price")
    force = _force(params, FORCES) if limit else "GTC"
    return Wish(
        symbol, side, kind, quantity=params.decimal("quantity"), price=params.decimal("price"),
        time_in_force=force, client_id=params.client_id("newClientOrderId", errors.CLIENT_ID),
        position_side=_position_side(call), reduce_only=_reduce_only(call),
        stp_mode=_stp_mode(params), good_till=_good_till(call, force),
    )  # fmt: skip


def read_algo(call: Call) -> Wish:
    """The conditional order of ``POST algoOrder``.

    Raises:
        Refused: parameters are missing, surplus or malformed.
    """
    params, symbol = call.params, contract_of(call).name
    if params.text("algoType") != "CONDITIONAL":
        raise Refused(-1130, "Data sent for parameter 'algoType' is not valid.")
    side = _side(params)
    kind = params.choice("type", {word: word for word in CONDITIONAL_TYPES}, _BAD_TYPE)
    closes = params.flag("closePosition")
    _check_algo(params, kind, closes=closes)
    callback = params.decimal("callbackRate")
    if kind == TRAILING and not _CALLBACKS[0] <= callback <= _CALLBACKS[1]:
        raise Refused(-2007, "Invalid callBack rate")
    force = _force(params, (*FORCES, "GTE_GTC"), "GTC")
    return Wish(
        symbol, side, kind, quantity=params.decimal("quantity"), price=params.decimal("price"),
        trigger=params.decimal("triggerPrice"), activation=params.decimal("activatePrice"),
        callback=callback, time_in_force=force, close_position=closes,
        client_id=params.client_id("clientAlgoId", errors.CLIENT_ID),
        position_side=_position_side(call), reduce_only=_reduce_only(call),
        working_type=params.choice(
            "workingType", _WORKING_TYPES, Refused(-4070, "Invalid workingType."), "CONTRACT_PRICE"
        ),
        price_protect=params.flag("priceProtect"), stp_mode=_stp_mode(params),
        good_till=_good_till(call, force),
    )  # fmt: skip


def _check_algo(params: Params, kind: str, *, closes: bool) -> None:
    """Mandatory and surplus parameters of each conditional type."""
    if closes and kind not in _CLOSING:
        raise Refused(-4136, "Target strategy invalid for closePosition.")
    trailing, priced = kind == TRAILING, kind in PRICED
    if trailing and "triggerPrice" in params:
        raise errors.would_trigger()
    if "priceMatch" in params and params.text("priceMatch") != "NONE":
        raise surplus("priceMatch")
    needed = {"quantity": not closes, "price": priced, "triggerPrice": not trailing,
              "callbackRate": trailing}  # fmt: skip
    allowed = needed | {"activatePrice": trailing, "reduceOnly": not closes}
    for name, wanted in needed.items():
        if wanted and name not in params:
            raise missing(name)
    for name, fits in allowed.items():
        if not fits and name in params:
            raise surplus(name)


def _side(params: Params) -> Side:
    return params.choice("side", _SIDES, Refused(-1117, "Invalid side."))


def _position_side(call: Call) -> str:
    bad = Refused(-4060, "Invalid position side.")
    return call.params.choice("positionSide", _POSITION_SIDES, bad, "BOTH")


def _reduce_only(call: Call) -> bool:
    if account_of(call).hedge and "reduceOnly" in call.params:
        raise surplus("reduceonly")
    return call.params.flag("reduceOnly")


def _force(params: Params, allowed: tuple[str, ...], default: str = "") -> str:
    bad = Refused(-1115, "Invalid timeInForce.")
    return params.choice("timeInForce", {word: word for word in allowed}, bad, default)


def _good_till(call: Call, force: str) -> int:
    if force != "GTD":
        return 0
    due = int(call.params.needed("goodTillDate"))
    if due <= call.now + _LEAST_GOOD_TILL_MS:
        raise Refused(
            -5040,
            "The goodTillDate timestamp must be greater than the current time plus 600 seconds "
            "and smaller than 253402300799000",
        )
    return due // 1000 * 1000


def _stp_mode(params: Params) -> str:
    name = "selfTradePreventionMode"
    return params.choice(name, _STP_MODES, illegal(name, "|".join(_STP_MODES)), "EXPIRE_MAKER")
