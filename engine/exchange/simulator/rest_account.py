"""Signed spot endpoints that only read: account, orders, lists, trades, limits, key rights."""

from decimal import Decimal
from typing import Any

from engine.exchange.simulator import wire
from engine.exchange.simulator.call import Call, Endpoint
from engine.exchange.simulator.errors import Refused, no_such_order
from engine.exchange.simulator.limits import ORDERS
from engine.exchange.simulator.orders import Order
from engine.exchange.simulator.params import Params
from engine.exchange.simulator.symbols import wire as number

_DAY_MS = 86_400_000


def account(call: Call) -> dict[str, Any]:
    """Balances and rights."""
    return wire.account(call.account, omit_zero=call.params.flag("omitZeroBalances"))


def commission(call: Call) -> dict[str, Any]:
    """Commission rates of a symbol."""
    zero = dict.fromkeys(("maker", "taker", "buyer", "seller"), number(Decimal(0)))
    return {
        "symbol": call.symbol(),
        "standardCommission": wire.rates(call.account),
        "specialCommission": zero,
        "taxCommission": zero,
        "discount": {
            "enabledForAccount": call.account.bnb_burn,
            "enabledForSymbol": True,
            "discountAsset": "BNB",
            "discount": number(Decimal("0.75")),
        },
    }


def find_order(call: Call) -> Order | None:
    """The order that orderId or origClientOrderId names."""
    symbol = call.symbol()
    order_id = call.params.integer("orderId")
    client_id = call.params.client_id("origClientOrderId") or None
    if order_id is None and client_id is None:
        raise Refused(
            -1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
        )
    order = call.world.book.find(call.account, symbol, order_id, client_id)
    if order is not None and order_id is not None and client_id not in {None, order.client_id}:
        raise Refused(-2039, "Client order ID is not correct for this order ID.")
    return order


def order(call: Call) -> dict[str, Any]:
    """One order."""
    found = find_order(call)
    if found is None:
        raise no_such_order()
    return wire.shown(found)


def open_orders(call: Call) -> list[dict[str, Any]]:
    """Open orders of a symbol or of all."""
    symbol = call.symbol() if "symbol" in call.params else None
    return [wire.shown(order) for order in call.world.book.live(call.account, symbol)]


def all_orders(call: Call) -> list[dict[str, Any]]:
    """Orders in any state: from an id on, or the newest in a span of time."""
    symbol, first = call.symbol(), call.params.integer("orderId")
    start, end = _span(call)
    limit = call.params.limit(500, 1000)
    mine = [
        order
        for order in call.world.book.orders
        if order.account is call.account and order.wish.symbol == symbol
        and start <= order.created_at <= end and (first is None or order.id >= first)
    ]  # fmt: skip
    chosen = mine[:limit] if first is not None or start else mine[-limit:]
    return [wire.shown(order) for order in chosen]


def my_trades(call: Call) -> list[dict[str, Any]]:
    """Trades of a symbol: of one order, from an id on, or the newest in a span of time."""
    symbol, order_id = call.symbol(), call.params.integer("orderId")
    first, limit = call.params.integer("fromId"), call.params.limit(500, 1000)
    if first is not None and ("startTime" in call.params or "endTime" in call.params):
        raise Refused(-1128, "Combination of optional parameters invalid.")
    start, end = _span(call)
    mine = [
        trade
        for owner, trade in call.world.book.trades
        if owner is call.account and trade.symbol == symbol and start <= trade.at <= end
        and order_id in {None, trade.order_id} and (first is None or trade.id >= first)
    ]  # fmt: skip
    oldest_first = first is not None or bool(start)
    return [wire.trade(trade) for trade in (mine[:limit] if oldest_first else mine[-limit:])]


def order_list(call: Call) -> dict[str, Any]:
    """One order list, by its own ids."""
    list_id = call.params.integer("orderListId")
    client_id = call.params.client_id("origClientOrderId") or None
    if list_id is None and client_id is None:
        raise Refused(
            -1102,
            "Param 'origClientOrderId' or 'orderListId' must be sent, but both were empty/null!",
        )
    found = call.world.book.find_list(call.account, list_id, client_id)
    if found is None:
        raise Refused(-2013, "Order list does not exist.")
    return wire.order_list(found)


def open_order_lists(call: Call) -> list[dict[str, Any]]:
    """Order lists with a live leg."""
    return [_list for _list in _lists(call) if _list["listOrderStatus"] == "EXECUTING"]


def all_order_lists(call: Call) -> list[dict[str, Any]]:
    """Order lists in any state."""
    first, (start, end) = call.params.integer("fromId") or 0, _span(call)
    limit = call.params.limit(500, 1000)
    return [
        found for found in _lists(call)
        if found["orderListId"] >= first and start <= found["transactionTime"] <= end
    ][:limit]  # fmt: skip


def order_counts(call: Call) -> list[dict[str, object]]:
    """Unfilled order counts."""
    return call.world.limits.described(ORDERS, call.account.key)


def key_rights(call: Call) -> dict[str, Any]:
    """What the key may do."""
    mine = call.account
    return {
        "ipRestrict": mine.ip_restricted,
        "createTime": call.world.clock.origin_ms - _DAY_MS,
        "enableReading": True,
        "enableWithdrawals": mine.can_withdraw,
        "enableInternalTransfer": False,
        "permitsUniversalTransfer": mine.can_transfer,
        "enableMargin": False,
        "enableFutures": mine.can_futures,
        "enableVanillaOptions": False,
        "enableSpotAndMarginTrading": mine.can_trade,
        "enablePortfolioMarginTrading": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
    }


def _lists(call: Call) -> list[dict[str, Any]]:
    return [wire.order_list(f) for f in call.world.book.lists if f.account is call.account]


def _span(call: Call) -> tuple[int, int]:
    """startTime and endTime, at most a day apart; everything when absent."""
    start, end = call.params.integer("startTime"), call.params.integer("endTime")
    if start is not None and end is not None and end - start > _DAY_MS:
        raise Refused(-1127, "More than 24 hours between startTime and endTime.")
    if start is not None and end is None:
        end = start + _DAY_MS
    if end is not None and start is None:
        start = end - _DAY_MS
    return start or 0, call.now + _DAY_MS if end is None else end


def _with_symbol(params: Params) -> int:
    return 6 if "symbol" in params else 80


def _trades_weight(params: Params) -> int:
    return 5 if "orderId" in params else 20


ROUTES: dict[tuple[str, str], Endpoint] = {
    ("GET", "/api/v3/account"): Endpoint(account, 20, signed=True),
    ("GET", "/api/v3/account/commission"): Endpoint(commission, 20, signed=True),
    ("GET", "/api/v3/order"): Endpoint(order, 4, signed=True),
    ("GET", "/api/v3/openOrders"): Endpoint(open_orders, _with_symbol, signed=True),
    ("GET", "/api/v3/allOrders"): Endpoint(all_orders, 20, signed=True),
    ("GET", "/api/v3/myTrades"): Endpoint(my_trades, _trades_weight, signed=True),
    ("GET", "/api/v3/orderList"): Endpoint(order_list, 4, signed=True),
    ("GET", "/api/v3/openOrderList"): Endpoint(open_order_lists, 6, signed=True),
    ("GET", "/api/v3/allOrderList"): Endpoint(all_order_lists, 20, signed=True),
    ("GET", "/api/v3/rateLimit/order"): Endpoint(order_counts, 40, signed=True),
    ("GET", "/sapi/v1/account/apiRestrictions"): Endpoint(key_rights, 1, signed=True),
}
