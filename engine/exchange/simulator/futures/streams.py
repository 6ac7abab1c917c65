"""Futures market streams and their three doors: /public, /market and /private."""

import time
from typing import Any

from engine.core.market import Timeframe
from engine.exchange.simulator.futures.book import FuturesBook
from engine.exchange.simulator.futures.keys import UserStreams
from engine.exchange.simulator.hub import MarketStreams, Sender, Socket, Streams
from engine.exchange.simulator.market import Market
from engine.exchange.simulator.symbols import wire
from engine.exchange.simulator.tape import Kind, Point

_UM = 1
_QUIET_NS = 250_000_000
_PERPETUAL = "_perpetual"
_PUBLIC = ("bookTicker", "depth", "trade", "rpiDepth")


def is_public(name: str) -> bool:
    """Whether a stream belongs to ``/public``; all others with an @ belong to ``/market``."""
    kind = name.partition("@")[2] or name.removeprefix("!")
    return kind.startswith(_PUBLIC)


class FuturesStreams(MarketStreams):
    """Subscriptions to kline, continuousKline, bookTicker and markPrice[@1s] of perpetuals."""

    def __init__(self, market: Market, sender: Sender, book: FuturesBook) -> None:
        super().__init__(market, sender)
        self._book = book
        self._marked_ns: dict[str, int] = {}

    def candles_of(self, name: str) -> tuple[str, Timeframe | None]:
        """Symbol of a stream, and the interval when it carries candles."""
        head, _, kind = name.partition("@")
        if kind.startswith("continuousKline_") and head.endswith(_PERPETUAL):
            name = f"{head.removesuffix(_PERPETUAL)}@{kind.replace('continuousKline', 'kline')}"
        return super().candles_of(name)

    def point(self, symbol: str, point: Point) -> None:
        """Send what a price point changes."""
        super().point(symbol, point)
        if point.kind is not Kind.CLOSED:
            self._mark(symbol, point.at, hurry=False)

    def touch(self, symbol: str, at: int) -> None:
        """Send a price set from outside, at once."""
        super().touch(symbol, at)
        self._mark(symbol, at, hurry=True)

    def book_event(self, symbol: str) -> dict[str, Any]:
        """Body of a bookTicker event."""
        at = self._book.now()
        return {"e": "bookTicker", "E": at, "T": at} | super().book_event(symbol) | {
            "st": _UM, "ps": symbol
        }  # fmt: skip

    def candle_event(
        self, symbol: str, name: str, at: int, body: dict[str, Any]
    ) -> dict[str, Any]:
        """Body of a kline or continuous_kline event."""
        if "@continuousKline_" not in name:
            return super().candle_event(symbol, name, at, body) | {"st": _UM}
        return {"e": "continuous_kline", "E": at, "ps": symbol, "ct": "PERPETUAL", "k": body}

    def _mark(self, symbol: str, at: int, *, hurry: bool) -> None:
        now = time.monotonic_ns()
        for name in (f"{symbol.lower()}@markPrice", f"{symbol.lower()}@markPrice@1s"):
            if not self.heard(name):
                continue
            if hurry or now - self._marked_ns.get(name, 0) >= _QUIET_NS:
                self._marked_ns[name] = now
                self.emit(name, self._mark_event(symbol, at))

    def _mark_event(self, symbol: str, at: int) -> dict[str, Any]:
        price = wire(self._book.floor.mark(symbol))
        return {
            "e": "markPriceUpdate", "E": at, "s": symbol, "p": price, "ap": price, "i": price,
            "P": price, "r": wire(self._book.rate(symbol)), "T": self._book.next_funding,
            "st": _UM,
        }  # fmt: skip


class MarketDoor:
    """``/public`` or ``/market``: names that belong elsewhere are taken and stay silent.

    An old address without a category behaves as ``/public`` does.
    """

    def __init__(self, streams: Streams, *, public: bool) -> None:
        self._streams = streams
        self._public = public

    def add(self, socket: Socket, name: str, *, wrapped: bool) -> None:
        """Subscribe a connection to what belongs here."""
        if is_public(name) is self._public:
            self._streams.add(socket, name, wrapped=wrapped)

    def remove(self, socket: Socket, name: str) -> None:
        """Unsubscribe a connection."""
        self._streams.remove(socket, name)


class UserDoor:
    """``/private``: names are listen keys; ``events`` narrows what is heard."""

    def __init__(self, users: UserStreams, events: frozenset[str]) -> None:
        self._users = users
        self._events = events

    def add(self, socket: Socket, name: str, *, wrapped: bool) -> None:
        """Listen to a key."""
        self._users.add(socket, name, wrapped=wrapped, events=self._events)

    def remove(self, socket: Socket, name: str) -> None:
        """Listen no more."""
        self._users.remove(socket, name)
