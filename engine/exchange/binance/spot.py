"""One spot account: orders, OCO lists, look-ups and the account's own stream."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

from engine.core.market import Side, SymbolRules
from engine.core.money import fixed
from engine.core.order import Fill, Order, OrderKind, OrderReport
from engine.exchange.binance import parse
from engine.exchange.binance.ask import Priority, Product, urgency
from engine.exchange.binance.client import Client
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.desk import Desk, Params
from engine.exchange.binance.errors import Unreadable, translated
from engine.exchange.binance.fields import items
from engine.ports.account import Balance
from engine.ports.trader import AccountEvent

_PAGE = 1000
_TYPES = {
    OrderKind.MARKET: "MARKET",
    OrderKind.LIMIT: "LIMIT",
    OrderKind.STOP: "STOP_LOSS",
    OrderKind.STOP_LIMIT: "STOP_LOSS_LIMIT",
}
_TIMED = frozenset({"LIMIT", "STOP_LOSS_LIMIT"})


class SpotTrader:
    """Implements ``engine.ports.trader.Trader`` for one key; ``client`` is its own."""

    def __init__(self, connection: Connection, client: Client) -> None:
        self._connection = connection
        self._client = client
        self._desk = Desk(connection, client, Product.SPOT)

    @property
    def futures(self) -> None:
        """None: this is a spot account."""
        return

    # The exchange checks its own rules: they are in the port for books without an exchange.
    async def place(self, order: Order, rules: SymbolRules) -> OrderReport:  # noqa: ARG002
        """Send one order."""
        params = order_params(order)
        ask = self._desk.ask(urgency(order.leg), orders=1)
        answer = await self._desk.send(
            self._client.create_order, params, ask, signed_at=order.signed_at
        )
        with translated(sending=True):
            return parse.order_report(answer)

    async def place_oco(
        self,
        target: Order,
        stop: Order,
        rules: SymbolRules,  # noqa: ARG002
    ) -> tuple[OrderReport, OrderReport]:
        """Send both legs as one list."""
        params = oco_params(target, stop)
        ask = self._desk.ask(Priority.STOP, orders=2)
        answer = await self._desk.send(
            self._client.v3_post_order_list_oco, params, ask, signed_at=target.signed_at
        )
        with translated(sending=True):
            reports = {report.client_id: report for report in parse.list_reports(answer)}
            if not {target.client_id, stop.client_id} <= reports.keys():
                raise Unreadable("the answer does not tell of both legs")
        return reports[target.client_id], reports[stop.client_id]

    async def cancel(self, order: Order) -> list[OrderReport]:
        """Cancel an order, with its list if it has one."""
        params: Params = {"symbol": order.symbol}
        if order.list_id is not None:
            params["listClientOrderId"] = order.list_id
            cancel = self._client.v3_delete_order_list
        else:
            params["origClientOrderId"] = order.client_id
            cancel = self._client.cancel_order
        answer = await self._desk.send(cancel, params, self._desk.ask(Priority.STOP))
        with translated(sending=True):
            if order.list_id is not None:
                return parse.list_reports(answer)
            return [parse.order_report(answer)]

    async def look_up(self, order: Order) -> OrderReport:
        """The order as the exchange knows it now, with its trades."""
        raw = await self._find(order)
        with translated(sending=False):
            report = parse.order_report(raw)
        if not report.filled_qty:
            return report
        fills = await self._trades(order, report.exchange_id)
        return parse.with_fills(report, fills)

    async def open_orders(self, symbol: str) -> list[OrderReport]:
        """All open orders of the symbol; one that cannot be read makes the answer unread."""
        answer = await self._desk.read(
            self._client.get_open_orders, {"symbol": symbol}, self._desk.ask(Priority.READ, 6)
        )
        with translated(sending=False):
            return [parse.order_report(raw) for raw in items(answer, "open orders")]

    async def balances(self) -> dict[str, Balance]:
        """Free and locked amounts."""
        answer = await self._desk.read(
            self._client.get_account,
            {"omitZeroBalances": "true"},
            self._desk.ask(Priority.READ, 20),
        )
        with translated(sending=False):
            return parse.balances(answer)

    def events(self) -> AbstractAsyncContextManager[AsyncIterator[AccountEvent]]:
        """The user data stream, on a connection that accounts share."""
        return self._connection.user_streams.events(self._client)

    async def close(self) -> None:
        """Give the client back."""
        await self._client.close()

    async def _find(self, order: Order) -> Any:
        params: Params = {"symbol": order.symbol, "origClientOrderId": order.client_id}
        return await self._desk.read(
            self._client.get_order, params, self._desk.ask(Priority.DOUBT, 4)
        )

    async def _trades(self, order: Order, exchange_id: str) -> list[Fill]:
        found: list[Fill] = []
        params: Params = {"symbol": order.symbol, "orderId": exchange_id, "limit": _PAGE}
        while True:
            ask = self._desk.ask(Priority.DOUBT, 5)
            page = await self._desk.read(self._client.get_my_trades, params, ask)
            with translated(sending=False):
                found += [parse.trade(raw, order.client_id) for raw in items(page, "trades")]
            if len(page) < _PAGE:
                return found
            params["fromId"] = int(found[-1].trade_id) + 1


def order_params(order: Order) -> Params:
    """Parameters of a new single order."""
    kind = _TYPES[order.kind]
    params: Params = {
        "symbol": order.symbol,
        "side": order.side.value,
        "type": kind,
        "quantity": fixed(order.quantity),
        "newClientOrderId": order.client_id,
        "newOrderRespType": "FULL",
    }
    if kind in _TIMED:
        params["timeInForce"] = "GTC"
    return params | _prices(order, "price", "stopPrice")


def oco_params(target: Order, stop: Order) -> Params:
    """Parameters of an OCO: a maker limit at the target, a stop across the market."""
    upper, lower = (target, stop) if target.side is Side.SELL else (stop, target)
    params: Params = {
        "symbol": target.symbol,
        "side": target.side.value,
        "quantity": fixed(target.quantity),
        "newOrderRespType": "FULL",
    }
    if target.list_id is not None:
        params["listClientOrderId"] = target.list_id
    for name, leg in (("above", upper), ("below", lower)):
        kind = "LIMIT_MAKER" if leg is target else _TYPES[leg.kind]
        params |= {f"{name}Type": kind, f"{name}ClientOrderId": leg.client_id}
        if kind in _TIMED:
            params[f"{name}TimeInForce"] = "GTC"
        params |= _prices(leg, f"{name}Price", f"{name}StopPrice")
    return params


def _prices(order: Order, price: str, stop_price: str) -> Params:
    params: Params = {}
    if order.kind in {OrderKind.LIMIT, OrderKind.STOP_LIMIT} and order.price is not None:
        params[price] = fixed(order.price)
    if order.kind in {OrderKind.STOP, OrderKind.STOP_LIMIT} and order.stop_price is not None:
        params[stop_price] = fixed(order.stop_price)
    return params
