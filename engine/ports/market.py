"""Public market data of one exchange environment: rules, candles, prices, streams."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from engine.core.market import Book, Candle, Market, StreamKey, SymbolRules, Ticker24h


@dataclass(frozen=True, slots=True)
class CandleEvent:
    """A candle of a stream, closed or still open (then it only proves that the stream lives)."""

    key: StreamKey
    candle: Candle
    closed: bool


@dataclass(frozen=True, slots=True)
class BookEvent:
    """New best bid and ask of a symbol."""

    market: Market
    symbol: str
    book: Book


MarketEvent = CandleEvent | BookEvent


class MarketStream(Protocol):
    """One open connection of public streams; it never reconnects by itself.

    Iterating ends, or raises ``engine.core.errors.Unavailable``, when the connection is lost:
    the owner opens a new one, subscribes again and fills the gap.
    """

    async def subscribe(self, candles: Sequence[StreamKey], books: Sequence[str]) -> None:
        """Add candle streams and the books of symbols; repeated ones are ignored."""
        ...

    async def unsubscribe(self, candles: Sequence[StreamKey], books: Sequence[str]) -> None:
        """Stop hearing them."""
        ...

    def __aiter__(self) -> AsyncIterator[MarketEvent]:
        """Events in the order in which they arrive."""
        ...


class MarketData(Protocol):
    """What anybody may read without a key.

    Every call raises ``Unavailable`` (try again) or ``RateLimited``; ``Refused`` when the request
    itself is wrong (an unknown symbol).
    """

    async def rules(self, market: Market) -> dict[str, SymbolRules]:
        """Trading rules of every symbol, by symbol."""
        ...

    async def candles(
        self, key: StreamKey, *, limit: int, start_ms: int | None = None
    ) -> list[Candle]:
        """Up to ``limit`` closed candles, oldest first: the newest, or those from ``start_ms``."""
        ...

    async def book(self, market: Market, symbol: str) -> Book:
        """Best bid and ask now."""
        ...

    async def tickers(self, market: Market) -> list[Ticker24h]:
        """A day's figures of every symbol."""
        ...

    async def server_time_ms(self) -> int:
        """The exchange's clock."""
        ...

    def stream(self, market: Market) -> AbstractAsyncContextManager[MarketStream]:
        """Open one connection of public streams."""
        ...


class Prices(Protocol):
    """Latest prices held in memory; reading never waits."""

    def book(self, market: Market, symbol: str) -> Book | None:
        """Last heard book, or None when none was heard yet or interest was never declared."""
        ...

    def age_ms(self, market: Market, symbol: str) -> int | None:
        """Market milliseconds since it was heard."""
        ...

    def watch(self, market: Market, symbol: str) -> None:
        """Declare one interest in the symbol's book; counted."""
        ...

    def unwatch(self, market: Market, symbol: str) -> None:
        """Give one interest back."""
        ...

    def listen(self, heard: Callable[[Market, str, Book], None]) -> Callable[[], None]:
        """Call ``heard`` with every book of a watched symbol; returns how to stop that."""
        ...

    async def fresh(self, market: Market, symbol: str) -> Book:
        """The last heard book if recent, else one read over REST; raises Unavailable."""
        ...


class Catalogue(Protocol):
    """Symbols and their rules, cached."""

    def rules(self, market: Market, symbol: str) -> SymbolRules | None:
        """Rules of a symbol, or None when it is unknown."""
        ...

    def search(self, market: Market, text: str, *, limit: int) -> list[SymbolRules]:
        """Trading symbols whose name contains ``text`` (case folded), best match first."""
        ...

    def top(self, market: Market, *, quote: str, limit: int) -> list[SymbolRules]:
        """Trading symbols of a quote asset with the highest 24-hour volume."""
        ...

    def day_volume(self, market: Market, symbol: str) -> Decimal | None:
        """24-hour volume in quote asset, or None when unknown."""
        ...

    async def refresh(self, market: Market) -> None:
        """Read rules and volumes again."""
        ...
