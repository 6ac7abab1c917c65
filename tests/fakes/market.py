"""A market without sockets."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from decimal import Decimal

from engine.core.errors import Unavailable
from engine.core.market import Book, Candle
from engine.ports.market import BookEvent, CandleEvent


async def settle(turns=60):
    """Let every task that can run do so."""
    for _ in range(turns):
        await asyncio.sleep(0)


def candle_at(open_time):
    """The one candle that the fake exchange has for this open time."""
    close = 100.0 + open_time // 60_000 % 977
    return Candle(open_time, close, close + 1, close - 1, close, 5.0)


class FakeStream:
    """One open connection."""

    def __init__(self, market):
        self.market = market
        self.candles = set()
        self.books = set()
        self._events = asyncio.Queue()

    async def subscribe(self, candles, books):
        self.candles |= set(candles)
        self.books |= set(books)

    async def unsubscribe(self, candles, books):
        self.candles -= set(candles)
        self.books -= set(books)

    def put(self, event):
        self._events.put_nowait(event)

    async def __aiter__(self):
        while True:
            event = await self._events.get()
            if event is None:
                return
            if isinstance(event, Exception):
                raise event
            yield event


class FakeMarket:
    """Implements ``engine.ports.market.MarketData``.

    Every closed candle exists from the listing to now, save those in ``never_made``. Each REST
    call waits until ``open`` is set and raises the next of ``failures``, if any.
    """

    def __init__(self, clock):
        self.clock = clock
        self.listed_at = 0
        self.never_made = set()
        self.failures = []
        self.connect_failures = []
        self.open = asyncio.Event()
        self.open.set()
        self.page = 1000
        self.reads = []
        self.calls = Counter()
        self.streams = []
        self.connections = 0
        self.books = {}
        self.all_rules = {}
        self.all_tickers = []

    async def _answer(self, name):
        self.calls[name] += 1
        await asyncio.sleep(0)
        await self.open.wait()
        if self.failures:
            raise self.failures.pop(0)

    def truth(self, key, start_ms, end_ms=None):
        """Closed candles from ``start_ms`` on that the exchange has."""
        end = self.clock.now_ms() if end_ms is None else end_ms
        opens = range(start_ms, end - key.timeframe.ms + 1, key.timeframe.ms)
        return [candle_at(t) for t in opens if t >= self.listed_at and t not in self.never_made]

    async def candles(self, key, *, limit, start_ms=None):
        self.reads.append((key, limit, start_ms))
        await self._answer("candles")
        return self.truth(key, start_ms)[: min(limit, self.page)]

    async def book(self, market, symbol):
        await self._answer("book")
        bid = self.books.get(symbol, Decimal(100))
        return Book(bid, bid + 1, self.clock.now_ms())

    async def rules(self, market):
        await self._answer("rules")
        return dict(self.all_rules)

    async def tickers(self, market):
        await self._answer("tickers")
        return list(self.all_tickers)

    async def server_time_ms(self):
        return self.clock.now_ms()

    @asynccontextmanager
    async def stream(self, market):
        self.connections += 1
        if self.connect_failures:
            raise self.connect_failures.pop(0)
        stream = FakeStream(market)
        self.streams.append(stream)
        try:
            yield stream
        finally:
            self.streams.remove(stream)

    def say_candle(self, key, open_time, *, closed=True):
        """Send a candle that was made to every connection that subscribed to its stream."""
        if open_time in self.never_made:
            return
        for stream in self.streams:
            if key in stream.candles and stream.market is key.market:
                stream.put(CandleEvent(key, candle_at(open_time), closed))

    def say_book(self, market, symbol, bid, at=None):
        """Send a book, one wide, to every connection that subscribed to it."""
        book = Book(Decimal(bid), Decimal(bid) + 1, self.clock.now_ms() if at is None else at)
        for stream in self.streams:
            if symbol in stream.books and stream.market is market:
                stream.put(BookEvent(market, symbol, book))

    def cut(self):
        """Break every connection."""
        for stream in self.streams:
            stream.put(Unavailable("cut"))

    def hang_up(self):
        """End every connection politely."""
        for stream in self.streams:
            stream.put(None)
