"""Latest best bid and ask, held in memory; a subscription for each symbol that is watched."""

import asyncio
from collections import Counter
from collections.abc import Callable

import structlog

from engine.core.errors import ExchangeError, Unavailable
from engine.core.market import Book, Market
from engine.market.listeners import Listeners
from engine.market.wire import Ear, Wires
from engine.ports.clock import Clock
from engine.ports.market import BookEvent, MarketData, MarketEvent
from engine.runtime.nursery import Nursery

_Symbol = tuple[Market, str]
_log = structlog.get_logger("market")


class LivePrices:
    """Implements ``engine.ports.market.Prices``.

    ``recent`` is how old (real seconds) a book may be and still be called fresh.
    """

    def __init__(
        self, data: MarketData, clock: Clock, nursery: Nursery, *, recent: float = 5.0
    ) -> None:
        self._data = data
        self._clock = clock
        self._nursery = nursery
        self._recent = recent
        self._books: dict[_Symbol, Book] = {}
        self._interest: Counter[_Symbol] = Counter()
        self._wires = Wires(data, clock, nursery, "books", Ear(self._hear))
        self._readings: dict[_Symbol, asyncio.Task[None]] = {}
        self._listeners = Listeners[[Market, str, Book]]()

    def book(self, market: Market, symbol: str) -> Book | None:
        """Last heard book, or None when none was heard yet or nobody watches the symbol."""
        key = (market, symbol)
        return self._books.get(key) if key in self._interest else None

    def age_ms(self, market: Market, symbol: str) -> int | None:
        """Market milliseconds since it was heard."""
        book = self.book(market, symbol)
        return None if book is None else self._clock.now_ms() - book.at

    def watch(self, market: Market, symbol: str) -> None:
        """Declare one interest in the symbol's book; the first one subscribes."""
        self._interest[market, symbol] += 1
        self._wires.want(market, symbol)

    def unwatch(self, market: Market, symbol: str) -> None:
        """Give one interest back; the last one unsubscribes and forgets the book.

        Raises ValueError when there is none.
        """
        key = (market, symbol)
        if key not in self._interest:
            raise ValueError(f"nobody watches {symbol} ({market})")
        self._interest[key] -= 1
        if not self._interest[key]:
            del self._interest[key]
            self._books.pop(key, None)
            self._wires.forget(market, symbol)

    def listen(self, heard: Callable[[Market, str, Book], None]) -> Callable[[], None]:
        """Call ``heard`` with every book of a watched symbol; returns how to stop that."""
        return self._listeners.add(heard)

    async def fresh(self, market: Market, symbol: str) -> Book:
        """The last heard book if recent, else one read over REST; raises Unavailable.

        All who ask while a reading is under way share it.
        """
        key = (market, symbol)
        if not self._is_recent(key):
            if key not in self._readings:
                self._readings[key] = self._nursery.start(f"book of {symbol}", self._read(key))
            await asyncio.wait([self._readings[key]])
        if not self._is_recent(key):
            raise Unavailable(f"no price of {symbol} at hand")
        return self._books[key]

    def _is_recent(self, key: _Symbol) -> bool:
        book = self._books.get(key)
        limit = self._recent * 1000 * self._clock.rate
        return book is not None and self._clock.now_ms() - book.at <= limit

    async def _read(self, key: _Symbol) -> None:
        try:
            self._note(key, await self._data.book(*key))
        except ExchangeError as error:
            _log.info("price not read", symbol=key[1], market=key[0].value, why=str(error))
        finally:
            del self._readings[key]

    def _hear(self, event: MarketEvent) -> None:
        if isinstance(event, BookEvent) and (event.market, event.symbol) in self._interest:
            self._note((event.market, event.symbol), event.book)

    def _note(self, key: _Symbol, book: Book) -> None:
        """Keep the book unless a newer one came first; tell of it if somebody watches."""
        held = self._books.get(key)
        if held is None or book.at >= held.at:
            self._books[key] = book
            if key in self._interest:
                self._listeners.tell(*key, book)
