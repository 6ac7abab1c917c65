"""One USD-M futures account: regular and conditional orders under one face."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

import structlog

from engine.core.errors import OrderGone, Refused, Unavailable
from engine.core.market import SymbolRules
from engine.core.money import ZERO
from engine.core.order import Fill, Order, OrderEvent, OrderReport
from engine.exchange.binance import futures_parse, parse
from engine.exchange.binance.ask import Priority, Product, urgency
from engine.exchange.binance.client import Client
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.desk import Desk, Params
from engine.exchange.binance.errors import Unreadable, translated
from engine.exchange.binance.fields import integer, items, text
from engine.exchange.binance.futures_books import FuturesBooks
from engine.exchange.binance.futures_events import EventReader
from engine.exchange.binance.futures_names import OrderNames
from engine.exchange.binance.futures_params import algo_params, order_params
from engine.exchange.binance.futures_parse import AlgoState
from engine.exchange.binance.futures_settings import Settings
from engine.exchange.binance.futures_stream import FuturesStreams
from engine.exchange.binance.wallets import BinanceWallets
from engine.ports.account import Balance
from engine.ports.trader import UNREAD, AccountEvent

_PAGE = 1000
# How the cancel of a conditional order says that it was carried out.
_DONE = "200"
_LAG_MS = 600_000
"""Real ms for which the store of conditional orders is trusted to be late at most."""
_log = structlog.get_logger("exchange")


class FuturesTrader:
    """Implements ``engine.ports.trader.Trader`` for one key; ``client`` is its own.

    A conditional order keeps its algo id as ``exchange_id``; what it becomes is found through it.
    """

    def __init__(self, connection: Connection, client: Client, streams: FuturesStreams) -> None:
        self._client = client
        self._streams = streams
        self._desk = Desk(connection, client, Product.FUTURES)
        self._names = OrderNames()
        self._settings = Settings(self._desk)
        self._reader = EventReader(self._names, self._settings)
        # The test network has no transfers.
        wallets = BinanceWallets(connection, client) if connection.endpoints.sapi else None
        self._books = FuturesBooks(self._desk, self._names, self._settings, wallets)

    @property
    def futures(self) -> FuturesBooks:
        """The futures side of the account."""
        return self._books

    # The exchange checks its own rules: they are in the port for books without an exchange.
    async def place(self, order: Order, rules: SymbolRules) -> OrderReport:  # noqa: ARG002
        """Send one order; what a market order traded must be read."""
        ask = self._desk.ask(urgency(order.leg), orders=1)
        params = algo_params(order) if order.conditional else order_params(order)
        # Not by the library's own switch between the two: it throws client ids away.
        method = (
            self._client.futures_create_algo_order
            if order.conditional
            else self._client.futures_create_order
        )
        try:
            answer = await self._desk.send(method, params, ask, signed_at=order.signed_at)
        except Refused as error:
            self._settings.hear_refusal(error)
            raise
        with translated(sending=True):
            if order.conditional:
                return futures_parse.algo_state(answer).report
            return self._named(futures_parse.order_report(answer))

    async def place_oco(
        self,
        target: Order,  # noqa: ARG002
        stop: Order,  # noqa: ARG002
        rules: SymbolRules,  # noqa: ARG002
    ) -> tuple[OrderReport, OrderReport]:
        """Refused: futures have no lists."""
        raise Refused("there are no order lists on futures")

    async def cancel(self, order: Order) -> list[OrderReport]:
        """Cancel an order, or what it became."""
        if not order.conditional:
            return [await self._cancel(order, origClientOrderId=order.client_id)]
        params: Params = {"clientAlgoId": order.client_id}
        ask = self._desk.ask(Priority.STOP)
        try:
            answer = await self._desk.send(self._client.futures_cancel_algo_order, params, ask)
        except OrderGone:
            became = await self._became(order)
            if became is None:
                raise
            return [await self._cancel(order, orderId=became)]
        with translated(sending=True):
            client_id, algo_id = text(answer, "clientAlgoId"), str(integer(answer, "algoId"))
            if str(answer.get("code", _DONE)) != _DONE:
                raise Unreadable("the answer does not say that it was cancelled")
        # It waited until now: nothing of it can have traded.
        ended_at = self._desk.now_ms()
        return [OrderReport(client_id, algo_id, OrderEvent.CANCEL, ZERO, ZERO, ended_at)]

    async def look_up(self, order: Order) -> OrderReport:
        """The order as the exchange knows it now, with its trades."""
        if not order.conditional:
            return await self._regular(order, origClientOrderId=order.client_id)
        try:
            algo = await self._algo(order)
        except OrderGone:
            return await self._look_beyond(order)
        if algo.order_id is None:
            return algo.report
        try:
            report = await self._regular(order, orderId=algo.order_id)
        except OrderGone as error:
            raise Unavailable("the triggered order cannot be read yet", code=error.code) from None
        return replace(report, exchange_id=algo.report.exchange_id)

    async def open_orders(self, symbol: str) -> list[OrderReport]:
        """All open orders of the symbol, waiting conditional ones first."""
        params: Params = {"symbol": symbol}
        ask = self._desk.ask(Priority.READ)
        waiting = await self._desk.read(self._client.futures_get_open_algo_orders, params, ask)
        regular = await self._desk.read(self._client.futures_get_open_orders, params, ask)
        with translated(sending=False):
            found = [
                futures_parse.algo_state(raw).report for raw in items(waiting, "open algo orders")
            ]
            for raw in items(regular, "open orders"):
                report = futures_parse.order_report(raw)
                name = self._names.of(report.exchange_id, report.client_id)
                found.append(replace(report, client_id=name))
            return found

    async def balances(self) -> dict[str, Balance]:
        """Wallet by asset: what new positions may use is free."""
        ask = self._desk.ask(Priority.READ, 5)
        answer = await self._desk.read(self._client.futures_account_balance, {}, ask)
        with translated(sending=False):
            return futures_parse.balances(answer)

    def events(self) -> AbstractAsyncContextManager[AsyncIterator[AccountEvent]]:
        """The user data stream, on a connection that accounts share."""
        return self._events()

    async def close(self) -> None:
        """Give the client back."""
        await self._client.close()

    @asynccontextmanager
    async def _events(self) -> AsyncIterator[AsyncIterator[AccountEvent]]:
        async with self._streams.events(self._desk) as heard:
            # While nobody listened anything may have been changed.
            self._settings.forget()
            yield self._read_all(heard)

    async def _read_all(self, heard: AsyncIterator[Any]) -> AsyncIterator[AccountEvent]:
        async for raw in heard:
            try:
                events = self._reader.read(raw)
            except Unreadable as error:
                _log.warning("unreadable account event", problem=str(error))
                events = [UNREAD]
            for event in events:
                yield event

    async def _look_beyond(self, order: Order) -> OrderReport:
        """The store of conditional orders lags behind: an order may have triggered already.

        While that store may be late, one that was taken (it has an id there) is not gone.
        """
        try:
            return await self._regular(order, origClientOrderId=order.client_id)
        except OrderGone as error:
            clock = self._desk.connection.clock
            late_until = (order.signed_at or 0) + _LAG_MS * clock.rate
            if order.exchange_id is None or clock.now_ms() >= late_until:
                raise
            raise Unavailable("it was taken and cannot be read yet", code=error.code) from None

    async def _cancel(self, order: Order, **which: str) -> OrderReport:
        params: Params = {"symbol": order.symbol, **which}
        ask = self._desk.ask(Priority.STOP)
        answer = await self._desk.send(self._client.futures_cancel_order, params, ask)
        with translated(sending=True):
            return self._named(futures_parse.order_report(answer, order.client_id))

    def _named(self, report: OrderReport) -> OrderReport:
        self._names.learn(report.exchange_id, report.client_id)
        return report

    async def _became(self, order: Order) -> str | None:
        """Id of the order that a conditional one became; None when that is not to be had."""
        try:
            return (await self._algo(order)).order_id
        except (OrderGone, Unavailable):
            return None

    async def _algo(self, order: Order) -> AlgoState:
        params: Params = {"clientAlgoId": order.client_id}
        ask = self._desk.ask(Priority.DOUBT)
        answer = await self._desk.read(self._client.futures_get_algo_order, params, ask)
        with translated(sending=False):
            found = futures_parse.algo_state(answer)
        if found.order_id is not None:
            self._names.learn(found.order_id, order.client_id)
        elif found.finished:
            raise Unavailable("what the order became cannot be read yet")
        return found

    async def _find(self, order: Order, **which: str) -> OrderReport:
        params: Params = {"symbol": order.symbol, **which}
        ask = self._desk.ask(Priority.DOUBT)
        answer = await self._desk.read(self._client.futures_get_order, params, ask)
        with translated(sending=False):
            return self._named(futures_parse.order_report(answer, order.client_id))

    async def _regular(self, order: Order, **which: str) -> OrderReport:
        report = await self._find(order, **which)
        if not report.filled_qty:
            return report
        return parse.with_fills(report, await self._trades(order, report.exchange_id))

    async def _trades(self, order: Order, order_id: str) -> list[Fill]:
        found: list[Fill] = []
        params: Params = {"symbol": order.symbol, "orderId": order_id, "limit": _PAGE}
        while True:
            ask = self._desk.ask(Priority.DOUBT, 5)
            page = await self._desk.read(self._client.futures_account_trades, params, ask)
            with translated(sending=False):
                found += [parse.trade(raw, order.client_id) for raw in items(page, "trades")]
            if len(page) < _PAGE:
                return found
            params["fromId"] = int(found[-1].trade_id) + 1
