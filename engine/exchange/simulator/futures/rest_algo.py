"""Futures endpoints of conditional (algo) orders."""

from typing import Any

from engine.exchange.simulator.call import Call
from engine.exchange.simulator.errors import Refused, no_such_order
from engine.exchange.simulator.futures import errors, wire
from engine.exchange.simulator.futures.asking import (
    account_of,
    book_of,
    contract_of,
    one_or_all,
    signed,
    span,
    symbol_of,
)
from engine.exchange.simulator.futures.errors import ALL_CANCELED
from engine.exchange.simulator.futures.model import AlgoOrder
from engine.exchange.simulator.futures.reading import read_algo


def place(call: Call) -> dict[str, Any]:
    """``POST algoOrder``."""
    return wire.algo(book_of(call).algos.place(account_of(call), read_algo(call), call.now))


def cancel(call: Call) -> dict[str, Any]:
    """``DELETE algoOrder``."""
    ended = book_of(call).algos.cancel(_find(call), call.now)
    return {"algoId": ended.id, "clientAlgoId": ended.client_id, "code": "200", "msg": "success"}


def cancel_all(call: Call) -> dict[str, Any]:
    """``DELETE algoOpenOrders`` of a symbol."""
    book_of(call).algos.cancel_all(account_of(call), contract_of(call).name, call.now)
    return ALL_CANCELED


def order(call: Call) -> dict[str, Any]:
    """``GET algoOrder``."""
    found = _find(call)
    if found is None:
        raise no_such_order()
    return wire.algo(found, full=True)


def open_orders(call: Call) -> list[dict[str, Any]]:
    """``GET openAlgoOrders`` of a symbol or of all."""
    waiting = book_of(call).floor.shelf.waiting(account_of(call), symbol_of(call))
    return [wire.algo(found, full=True) for found in waiting]


def all_orders(call: Call) -> list[dict[str, Any]]:
    """``GET allAlgoOrders``: from an id on, or the newest in a span of time."""
    mine, symbol, first = account_of(call), contract_of(call).name, call.params.integer("algoId")
    (start, end), limit = span(call), call.params.limit(500, 1000)
    found = [
        a for a in book_of(call).floor.shelf.algos
        if a.account is mine and a.wish.symbol == symbol
        and (a.id >= first if first is not None else start <= a.created_at <= end)
    ]  # fmt: skip
    oldest = first is not None or "startTime" in call.params
    return [wire.algo(a, full=True) for a in (found[:limit] if oldest else found[-limit:])]


def _find(call: Call) -> AlgoOrder | None:
    """The conditional order that algoId or clientAlgoId names."""
    algo_id = call.params.integer("algoId")
    client_id = call.params.client_id("clientAlgoId", errors.CLIENT_ID) or None
    if algo_id is None and client_id is None:
        raise Refused(
            -1102, "Param 'algoid' or 'clientalgoid' must be sent, but both were empty/null!"
        )
    return book_of(call).floor.shelf.find_algo(account_of(call), algo_id, client_id)


ROUTES = {
    ("POST", "/fapi/v1/algoOrder"): signed(place, 0, orders=1),
    ("DELETE", "/fapi/v1/algoOrder"): signed(cancel),
    ("DELETE", "/fapi/v1/algoOpenOrders"): signed(cancel_all),
    ("GET", "/fapi/v1/algoOrder"): signed(order),
    ("GET", "/fapi/v1/openAlgoOrders"): signed(open_orders, one_or_all(1, 40)),
    ("GET", "/fapi/v1/allAlgoOrders"): signed(all_orders, 5),
}
