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
_LOOK = 5.0
_log = structlog.get_logger("market")


class LivePrices:
    """Implements ``engine.ports.market.Prices``.

    ``recent`` is how old (real seconds) a book may be and still be called fresh. One that was
    silent for ``silence`` (real seconds) is read over REST; a connection that kept a change to
    itself for so long is dead, and renewed.
    """

    def __init__(
        self,
        data: MarketData,
        clock: Clock,
        nursery: Nursery,
        *,
        recent: float = 5.0,
        silence: float = 60.0,
    ) -> None:
        self._data = data
        self._clock = clock
        self._nursery = nursery
        self._recent = recent
        self._silence = silence
        self._books: dict[_Symbol, Book] = {}
        self._interest: Counter[_Symbol] = Counter()
        self._quiet_since: dict[_Symbol, int] = {}
        self._watching = False
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
        if not self._watching:
            self._watching = True
            self._nursery.supervise("book watchdog", self._watch)
        self._quiet_since.setdefault((market, symbol), self._clock.now_ms())
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
            self._quiet_since.pop(key, None)
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
            await asyncio.wait([self._read_soon(key)])
        if not self._is_recent(key):
            raise Unavailable(f"no price of {symbol} at hand")
        return self._books[key]

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep_real(_LOOK)
            now = self._clock.now_ms()
            for key, since in tuple(self._quiet_since.items()):
                if now - since > self._market_ms(self._silence):
                    self._quiet_since[key] = now
                    self._read_soon(key)

    def _market_ms(self, seconds: float) -> float:
        """Market milliseconds that pass in real ``seconds``."""
        return seconds * 1000 * self._clock.rate

    def _is_recent(self, key: _Symbol) -> bool:
        book = self._books.get(key)
        limit = self._market_ms(self._recent)
        return book is not None and self._clock.now_ms() - book.at <= limit

    def _read_soon(self, key: _Symbol) -> asyncio.Task[None]:
        """The REST reading of a book, started if none is under way."""
        if key not in self._readings:
            self._readings[key] = self._nursery.start(f"book of {key[1]}", self._read(key))
        return self._readings[key]

    async def _read(self, key: _Symbol) -> None:
        try:
            book = await self._data.book(*key)
            self._suspect(key, book)
            self._note(key, book)
        except ExchangeError as error:
            _log.info("price not read", symbol=key[1], market=key[0].value, why=str(error))
        finally:
            del self._readings[key]

    def _suspect(self, key: _Symbol, book: Book) -> None:
        """Renew a connection that has long said nothing, not even of what REST knows."""
        held, wire = self.book(*key), self._wires.carrying(*key)
        if held is None or wire is None or (held.bid, held.ask) == (book.bid, book.ask):
            return
        if self._clock.now_ms() - wire.heard_at > self._market_ms(self._silence):
            wire.renew()

    def _hear(self, event: MarketEvent) -> None:
        if isinstance(event, BookEvent) and (event.market, event.symbol) in self._interest:
            self._note((event.market, event.symbol), event.book)

    def _note(self, key: _Symbol, book: Book) -> None:
        """Keep the book unless a newer one came first; tell of it if somebody watches."""
        held = self._books.get(key)
        if held is None or book.at >= held.at:
            self._books[key] = book
            if key in self._interest:
                self._quiet_since[key] = self._clock.now_ms()
                self._listeners.tell(*key, book)
