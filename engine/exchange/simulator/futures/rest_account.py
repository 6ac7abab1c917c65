"""Signed futures endpoints that only read: account, positions, orders, trades, income."""

from typing import Any

from engine.core.money import fixed
from engine.exchange.simulator.call import Call
from engine.exchange.simulator.errors import Refused, no_such_order
from engine.exchange.simulator.futures import errors, sheets, wire
from engine.exchange.simulator.futures.asking import (
    account_of,
    book_of,
    contract_of,
    each,
    listed,
    one_or_all,
    signed,
    span,
    symbol_of,
)
from engine.exchange.simulator.futures.contracts import brackets
from engine.exchange.simulator.futures.model import Order
from engine.exchange.simulator.orders import Status

_KEPT_MS = 90 * 86_400_000
_UNFILLED_KEPT_MS = 3 * 86_400_000


def account(call: Call) -> dict[str, Any]:
    """Figures, assets and touched positions."""
    return sheets.account(book_of(call).floor, account_of(call))


def account_v2(call: Call) -> dict[str, Any]:
    """Figures, assets and all positions."""
    return sheets.account_v2(book_of(call).floor, account_of(call))


def balance(call: Call) -> list[dict[str, Any]]:
    """Balances by asset."""
    return sheets.balances(book_of(call).floor, account_of(call))


def position_risk(call: Call) -> list[dict[str, Any]]:
    """Positions that are open or have open orders."""
    floor, mine = book_of(call).floor, account_of(call)
    return [sheets.risk(floor, mine, p) for p in sheets.touched(floor, mine, symbol_of(call))]


def position_risk_v2(call: Call) -> list[dict[str, Any]]:
    """All positions, with leverage and margin type."""
    floor, mine = book_of(call).floor, account_of(call)
    return [sheets.risk_v2(floor, mine, p) for p in sheets.every(floor, mine, symbol_of(call))]


def account_config(call: Call) -> dict[str, Any]:
    """Modes and rights of the account."""
    return sheets.config(account_of(call))


def symbol_config(call: Call) -> list[dict[str, Any]]:
    """Leverage and margin type by symbol."""
    mine = account_of(call)
    return listed(call, lambda contract: {
        "symbol": contract.name,
        "marginType": "ISOLATED" if mine.setting(contract.name).isolated else "CROSSED",
        "isAutoAddMargin": False, "leverage": mine.setting(contract.name).leverage,
        "maxNotionalValue": fixed(contract.cap(mine.setting(contract.name).leverage)),
    })  # fmt: skip


def leverage_bracket(call: Call) -> Any:
    """Leverage steps by symbol."""
    return each(call, brackets)


def commission_rate(call: Call) -> dict[str, Any]:
    """Commission rates of a symbol."""
    mine = account_of(call)
    return {"symbol": contract_of(call).name, "makerCommissionRate": fixed(mine.maker_fee),
            "takerCommissionRate": fixed(mine.taker_fee),
            "rpiCommissionRate": "0.00005"}  # fmt: skip


def find_order(call: Call) -> Order | None:
    """The order that orderId or origClientOrderId names."""
    symbol = contract_of(call).name
    order_id = call.params.integer("orderId")
    client_id = call.params.client_id("origClientOrderId", errors.CLIENT_ID) or None
    if order_id is None and client_id is None:
        raise Refused(
            -1102, "Param 'origclientorderid' or 'orderid' must be sent, but both were empty/null!"
        )
    return book_of(call).floor.shelf.find(account_of(call), symbol, order_id, client_id)


def order(call: Call) -> dict[str, Any]:
    """One order; those that ended unfilled are forgotten after three days, others after 90."""
    found = find_order(call)
    if found is None:
        raise no_such_order()
    unfilled = found.status in {Status.CANCELED, Status.EXPIRED} and not found.executed
    if call.now - found.created_at > (_UNFILLED_KEPT_MS if unfilled else _KEPT_MS):
        raise no_such_order()
    return wire.order(found, full=True)


def open_order(call: Call) -> dict[str, Any]:
    """One live order."""
    found = find_order(call)
    if found is None or not found.status.live:
        raise no_such_order()
    return wire.order(found, full=True)


def open_orders(call: Call) -> list[dict[str, Any]]:
    """Live orders of a symbol or of all."""
    live = book_of(call).floor.shelf.live(account_of(call), symbol_of(call))
    return [wire.order(found, full=True) for found in live]


def all_orders(call: Call) -> list[dict[str, Any]]:
    """Orders in any state: from an id on, or the newest in a span of time."""
    mine, symbol, first = account_of(call), symbol_of(call), call.params.integer("orderId")
    (start, end), limit = span(call), call.params.limit(500, 1000)
    found = [
        o for o in book_of(call).floor.shelf.orders
        if o.account is mine and symbol in {None, o.wish.symbol}
        and (o.id >= first if first is not None else start <= o.created_at <= end)
    ]  # fmt: skip
    oldest = first is not None or "startTime" in call.params
    return [wire.order(o, full=True) for o in (found[:limit] if oldest else found[-limit:])]


def user_trades(call: Call) -> list[dict[str, Any]]:
    """Trades of a symbol: of one order, from an id on, or the newest in a span of time."""
    mine, symbol = account_of(call), contract_of(call).name
    order_id, first = call.params.integer("orderId"), call.params.integer("fromId")
    if first is not None and ("startTime" in call.params or "endTime" in call.params):
        raise Refused(-1128, "Combination of optional parameters invalid.")
    (start, end), limit = span(call), call.params.limit(500, 1000)
    named = first is not None or order_id is not None
    found = [
        t for owner, t in book_of(call).floor.shelf.trades
        if owner is mine and t.symbol == symbol and order_id in {None, t.order_id}
        and (named or start <= t.at <= end) and t.id >= (first or 0)
    ]  # fmt: skip
    oldest = first is not None or "startTime" in call.params
    return [wire.trade(t) for t in (found[:limit] if oldest else found[-limit:])]


def income(call: Call) -> list[dict[str, Any]]:
    """Movements of the wallet."""
    mine, symbol = account_of(call), symbol_of(call)
    kind = call.params.values.get("incomeType")
    (start, end), limit = span(call, _KEPT_MS), call.params.limit(100, 1000)
    page = call.params.integer("page") or 1
    found = [
        entry for owner, entry in book_of(call).floor.shelf.income
        if owner is mine and symbol in {None, entry.symbol} and kind in {None, entry.kind}
        and start <= entry.at <= end
    ]  # fmt: skip
    if "startTime" in call.params or "page" in call.params:
        chosen = found[(page - 1) * limit : page * limit]
    else:
        chosen = found[-limit:]
    return [wire.income(entry) for entry in chosen]


ROUTES = {
    ("GET", "/fapi/v2/account"): signed(account_v2, 5),
    ("GET", "/fapi/v3/account"): signed(account, 5),
    ("GET", "/fapi/v2/balance"): signed(balance, 5),
    ("GET", "/fapi/v3/balance"): signed(balance, 5),
    ("GET", "/fapi/v2/positionRisk"): signed(position_risk_v2, 5),
    ("GET", "/fapi/v3/positionRisk"): signed(position_risk, 5),
    ("GET", "/fapi/v1/accountConfig"): signed(account_config, 5),
    ("GET", "/fapi/v1/symbolConfig"): signed(symbol_config, 5),
    ("GET", "/fapi/v1/leverageBracket"): signed(leverage_bracket),
    ("GET", "/fapi/v1/commissionRate"): signed(commission_rate, 20),
    ("GET", "/fapi/v1/order"): signed(order),
    ("GET", "/fapi/v1/openOrder"): signed(open_order),
    ("GET", "/fapi/v1/openOrders"): signed(open_orders, one_or_all(1, 40)),
    ("GET", "/fapi/v1/allOrders"): signed(all_orders, 5),
    ("GET", "/fapi/v1/userTrades"): signed(user_trades, 5),
    ("GET", "/fapi/v1/income"): signed(income, 30),
}
