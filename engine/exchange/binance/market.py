"""Public market data of one Binance environment over REST and streams."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, TypeVar

import structlog

from engine.core.market import Book, Candle, Market, StreamKey, SymbolRules, Ticker24h
from engine.exchange.binance import parse
from engine.exchange.binance.ask import Ask, Priority, Product
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.errors import Unreadable, translated
from engine.exchange.binance.fields import field, items
from engine.exchange.binance.limits import limits_told
from engine.exchange.binance.streams import public_stream
from engine.ports.market import MarketStream

T = TypeVar("T")
_PAGE = 1000
_PERPETUAL = "PERPETUAL"


class _Call(NamedTuple):
    """A method of the client and what it asks of the limits."""

    method: str
    ask: Ask


class _Calls(NamedTuple):
    """What is asked of a market; a page of candles has 1000 at most."""

    rules: _Call
    candles: _Call
    book: _Call
    tickers: _Call


def _call(product: Product, method: str, weight: int, priority: Priority = Priority.READ) -> _Call:
    return _Call(method, Ask(product, priority, weight=weight))


_CALLS = {
    Market.SPOT: _Calls(
        _call(Product.SPOT, "get_exchange_info", 20),
        _call(Product.SPOT, "get_klines", 2),
        _call(Product.SPOT, "get_orderbook_ticker", 2),
        _call(Product.SPOT, "get_ticker", 80, Priority.OPTIONAL),
    ),
    Market.FUTURES: _Calls(
        _call(Product.FUTURES, "futures_exchange_info", 1),
        _call(Product.FUTURES, "futures_klines", 5),
        _call(Product.FUTURES, "futures_orderbook_ticker", 2),
        _call(Product.FUTURES, "futures_ticker", 40, Priority.OPTIONAL),
    ),
}
_log = structlog.get_logger("exchange")


class BinanceMarket:
    """Implements ``engine.ports.market.MarketData``; futures are perpetual contracts only."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def rules(self, market: Market) -> dict[str, SymbolRules]:
        """Rules of every symbol that can be read."""
        call = _CALLS[market].rules
        info = await self._get(call)
        with translated(sending=False):
            limits = limits_told(call.ask.product, info)
            self._connection.governor(call.ask.product).learn(limits)
            listed = items(field(info, "symbols"), "symbols")
        if market is Market.FUTURES:
            listed = [raw for raw in listed if raw.get("contractType") == _PERPETUAL]
        readable = _readable(lambda raw: parse.symbol_rules(raw, market), listed)
        return {rules.symbol: rules for rules in readable}

    async def candles(
        self, key: StreamKey, *, limit: int, start_ms: int | None = None
    ) -> list[Candle]:
        """Closed candles, oldest first; asks page by page beyond 1000."""
        found: list[Candle] = []
        while len(found) < limit:
            page, full = await self._page(key, limit - len(found), start_ms, found)
            found = found + page if start_ms is not None else page + found
            if not full or not page:
                break
        return found[:limit] if start_ms is not None else found[-limit:]

    async def book(self, market: Market, symbol: str) -> Book:
        """Best bid and ask now."""
        answer = await self._get(_CALLS[market].book, symbol=symbol)
        with translated(sending=False):
            return parse.book(answer, self._connection.clock.now_ms())

    async def tickers(self, market: Market) -> list[Ticker24h]:
        """A day's figures of every symbol that can be read."""
        answer = await self._get(_CALLS[market].tickers)
        with translated(sending=False):
            return list(_readable(parse.ticker, items(answer, "tickers")))

    async def server_time_ms(self) -> int:
        """The exchange's clock."""
        return await self._connection.server_time_ms()

    def stream(self, market: Market) -> AbstractAsyncContextManager[MarketStream]:
        """Open one connection of public streams."""
        wire = self._connection
        dialing = wire.dialing_of(_CALLS[market].rules.ask.product)
        return public_stream(market, wire.endpoints, wire.clock, dialing)

    async def _page(
        self, key: StreamKey, wanted: int, start_ms: int | None, found: list[Candle]
    ) -> tuple[list[Candle], bool]:
        """The next page of closed candles, and whether there may be more behind it."""
        size = min(wanted + 1, _PAGE)
        bounds: dict[str, int] = {}
        if start_ms is not None:
            bounds["startTime"] = found[-1].open_time + 1 if found else start_ms
        elif found:
            bounds["endTime"] = found[0].open_time - 1
        call = _CALLS[key.market].candles
        clock = self._connection.clock_of(call.ask.product)
        await clock.refresh()
        # Asked before the request leaves and less the doubt: never later than the exchange's time.
        now = clock.stamp() - clock.error_ms
        answer = await self._get(
            call,
            symbol=key.symbol,
            interval=key.timeframe.value,
            limit=size,
            **bounds,
        )
        with translated(sending=False):
            rows = [parse.kline(row) for row in items(answer, "klines")]
        # Every candle but the last has a successor, so it is closed.
        closed = [candle for candle, _ in rows[:-1]]
        closed += [candle for candle, close_time in rows[-1:] if close_time < now]
        return closed, len(rows) == size

    async def _get(self, call: _Call, **params: Any) -> Any:
        method = getattr(self._connection.public, call.method)
        return await self._connection.read(lambda: method(**params), ask=call.ask, signed=False)


def _readable(parser: Callable[[Mapping[str, Any]], T], listed: Iterable[Any]) -> Iterable[T]:
    for entry in listed:
        try:
            yield parser(entry)
        except Unreadable as error:
            _log.warning("unreadable entry skipped", problem=str(error))
