"""Public market data of one Binance environment over REST and streams (spot)."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

import structlog

from engine.core.errors import Refused
from engine.core.market import Book, Candle, Market, StreamKey, SymbolRules, Ticker24h
from engine.exchange.binance import parse
from engine.exchange.binance.ask import Ask, Priority, Product
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.errors import Unreadable, translated
from engine.exchange.binance.fields import field, items
from engine.exchange.binance.limits import limits_told
from engine.exchange.binance.streams import spot_stream
from engine.ports.market import MarketStream

T = TypeVar("T")
_PAGE = 1000
_RULES = Ask(Product.SPOT, Priority.READ, weight=20)
_CANDLES = Ask(Product.SPOT, Priority.READ, weight=2)
_BOOK = Ask(Product.SPOT, Priority.READ, weight=2)
_TICKERS = Ask(Product.SPOT, Priority.OPTIONAL, weight=80)
_log = structlog.get_logger("exchange")


class BinanceMarket:
    """Implements ``engine.ports.market.MarketData``; futures are refused."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def rules(self, market: Market) -> dict[str, SymbolRules]:
        """Rules of every symbol that can be read."""
        info = await self._get(market, _RULES, "get_exchange_info")
        with translated(sending=False):
            limits = limits_told(Product.SPOT, info)
            self._connection.governor(Product.SPOT).learn(limits)
            listed = items(field(info, "symbols"), "symbols")
        return {rules.symbol: rules for rules in _readable(parse.symbol_rules, listed)}

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
        answer = await self._get(market, _BOOK, "get_orderbook_ticker", symbol=symbol)
        with translated(sending=False):
            return parse.book(answer, self._connection.clock.now_ms())

    async def tickers(self, market: Market) -> list[Ticker24h]:
        """A day's figures of every symbol that can be read."""
        answer = await self._get(market, _TICKERS, "get_ticker")
        with translated(sending=False):
            return list(_readable(parse.ticker, items(answer, "tickers")))

    async def server_time_ms(self) -> int:
        """The exchange's clock."""
        return await self._connection.server_time_ms()

    def stream(self, market: Market) -> AbstractAsyncContextManager[MarketStream]:
        """Open one connection of public streams."""
        _spot_only(market)
        return spot_stream(self._connection.endpoints, self._connection.clock)

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
        await self._connection.exchange_clock.refresh()
        # Asked before the request leaves and less the doubt: never later than the exchange's time.
        now = self._connection.exchange_clock.stamp() - self._connection.exchange_clock.error_ms
        answer = await self._get(
            key.market, _CANDLES, "get_klines", symbol=key.symbol, interval=key.timeframe.value,
            limit=size, **bounds,
        )  # fmt: skip
        with translated(sending=False):
            rows = [parse.kline(row) for row in items(answer, "klines")]
        # Every candle but the last has a successor, so it is closed.
        closed = [candle for candle, _ in rows[:-1]]
        closed += [candle for candle, close_time in rows[-1:] if close_time < now]
        return closed, len(rows) == size

    async def _get(self, market: Market, ask: Ask, method: str, **params: Any) -> Any:
        _spot_only(market)
        call = getattr(self._connection.public, method)
        return await self._connection.read(lambda: call(**params), ask=ask, signed=False)


def _spot_only(market: Market) -> None:
    if market is not Market.SPOT:
        raise Refused("only the spot market is open to bots")


def _readable(parser: Callable[[Mapping[str, Any]], T], listed: Iterable[Any]) -> Iterable[T]:
    for entry in listed:
        try:
            yield parser(entry)
        except Unreadable as error:
            _log.warning("unreadable entry skipped", problem=str(error))
