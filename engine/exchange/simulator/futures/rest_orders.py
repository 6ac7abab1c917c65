"""Futures endpoints that place, change and cancel regular orders."""

from typing import Any

import orjson

from engine.exchange.simulator.call import Call
from engine.exchange.simulator.errors import Refused, illegal, missing
from engine.exchange.simulator.futures import wire
from engine.exchange.simulator.futures.asking import account_of, book_of, contract_of, signed
from engine.exchange.simulator.futures.checks import check_order
from engine.exchange.simulator.futures.errors import ALL_CANCELED
from engine.exchange.simulator.futures.model import Order
from engine.exchange.simulator.futures.reading import read_order
from engine.exchange.simulator.futures.rest_account import find_order
from engine.exchange.simulator.orders import Status
from engine.exchange.simulator.params import Params

_DETAILS = {word: word for word in ("ACK", "RESULT")}
_MOST_IN_BATCH = 5


def place(call: Call) -> dict[str, Any]:
    """``POST order``."""
    wish, detail = read_order(call), _detail(call.params)
    return _placed(book_of(call).place(account_of(call), wish, call.now), detail)


def test(call: Call) -> dict[str, Any]:
    """``POST order/test``: everything is checked and nothing happens."""
    wish, mine, floor = read_order(call), account_of(call), book_of(call).floor
    check_order(floor, mine, wish)
    made = Order(mine, wish, 0, wish.client_id or "test", call.now, wish.quantity, wish.price,
                 updated_at=call.now)  # fmt: skip
    return wire.order(made)


def place_batch(call: Call) -> list[dict[str, Any]]:
    """``POST batchOrders``: up to five orders, each with its own answer."""
    answers: list[dict[str, Any]] = []
    for values in _batch(call, "batchOrders"):
        try:
            params = Params({name: _text(value) for name, value in values.items()})
            answers.append(place(Call(call.world, params, call.now, call.signer)))
        except Refused as refusal:
            answers.append(refusal.body)
    return answers


def cancel_batch(call: Call) -> list[dict[str, Any]]:
    """``DELETE batchOrders`` of a symbol by orderIdList or origClientOrderIdList."""
    ids = "orderIdList" if "orderIdList" in call.params else "origClientOrderIdList"
    single = ids.removesuffix("List")
    answers: list[dict[str, Any]] = []
    for number in _batch(call, ids):
        try:
            params = Params({"symbol": call.params.text("symbol"), single: _text(number)})
            answers.append(cancel(Call(call.world, params, call.now, call.signer)))
        except Refused as refusal:
            answers.append(refusal.body)
    return answers


def cancel(call: Call) -> dict[str, Any]:
    """``DELETE order``."""
    return wire.order(book_of(call).cancel(find_order(call), call.now))


def cancel_all(call: Call) -> dict[str, Any]:
    """``DELETE allOpenOrders`` of a symbol; conditional orders stay."""
    book_of(call).cancel_all(account_of(call), contract_of(call).name, call.now)
    return ALL_CANCELED


def modify(call: Call) -> dict[str, Any]:
    """``PUT order``: another quantity and price for a LIMIT order."""
    found, params = find_order(call), call.params
    quantity, price = params.needed("quantity"), params.needed("price")
    if found is not None and params.text("side") != found.wish.side.value:
        raise Refused(-4111, "Invalid side.")
    if found is not None and found.wish.kind != "LIMIT":
        raise Refused(-5025, "Only limit order is supported.")
    changed = book_of(call).modify(found, quantity, price, call.now)
    return wire.order(changed) | {"modifyId": changed.updated_at, "pair": changed.wish.symbol}


def countdown(call: Call) -> dict[str, Any]:
    """``POST countdownCancelAll``: cancel a symbol's orders unless called again in time."""
    symbol = contract_of(call).name
    ms = call.params.integer("countdownTime")
    if ms is None:
        raise missing("countdownTime")
    book_of(call).countdown(account_of(call), symbol, call.now + ms if ms else None)
    return {"symbol": symbol, "countdownTime": str(ms)}


def _placed(order: Order, detail: str) -> dict[str, Any]:
    """RESULT tells how the order stands, ACK that it has arrived."""
    if detail == "RESULT":
        return wire.order(order)
    return wire.order(order) | {
        "status": Status.NEW.value, "executedQty": "0", "cumQty": "0",
        "updateTime": order.created_at,
    }  # fmt: skip


def _detail(params: Params) -> str:
    name = "newOrderRespType"
    return params.choice(name, _DETAILS, illegal(name, "ACK|RESULT"), "ACK")


def _batch(call: Call, name: str) -> list[Any]:
    try:
        listed = orjson.loads(call.params.text(name))
    except orjson.JSONDecodeError as error:
        raise Refused(-1130, f"Data sent for parameter '{name}' is not valid.") from error
    if not isinstance(listed, list) or not listed:
        raise Refused(-4082, "Invalid number of batch place orders.")
    if len(listed) > _MOST_IN_BATCH:
        raise Refused(-4082, "Invalid number of batch place orders.")
    return listed


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


ROUTES = {
    ("POST", "/fapi/v1/order"): signed(place, 0, orders=1),
    ("POST", "/fapi/v1/order/test"): signed(test, 0),
    ("POST", "/fapi/v1/batchOrders"): signed(place_batch, 5, orders=_MOST_IN_BATCH),
    ("DELETE", "/fapi/v1/batchOrders"): signed(cancel_batch),
    ("DELETE", "/fapi/v1/order"): signed(cancel),
    ("DELETE", "/fapi/v1/allOpenOrders"): signed(cancel_all),
    ("PUT", "/fapi/v1/order"): signed(modify, 1, orders=1),
    ("POST", "/fapi/v1/countdownCancelAll"): signed(countdown, 10),
}
