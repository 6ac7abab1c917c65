"""Public streams of a market, subscribed live, with life signs but no flood."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog

from engine.core.errors import Refused
from engine.core.market import Market, StreamKey
from engine.exchange.binance.dialing import Dialing
from engine.exchange.binance.endpoints import Endpoints
from engine.exchange.binance.errors import Unreadable
from engine.exchange.binance.parse import market_message
from engine.exchange.binance.sockets import MarketSocket
from engine.ports.clock import Clock
from engine.ports.market import MarketEvent

MAX_STREAMS = 1024
_BATCH = 200
_BOOK = "@bookTicker"
# The exchange drops a connection that sends more than five messages in a second.
_PAUSE = 0.25
_LIFE_SIGN = 1.0
_log = structlog.get_logger("exchange")


def stream_names(candles: Sequence[StreamKey], books: Sequence[str]) -> list[str]:
    """Names as the exchange writes them: ``btcusdt@kline_1m``, ``btcusdt@bookTicker``."""
    named = [f"{key.symbol.lower()}@kline_{key.timeframe.value}" for key in candles]
    return named + [f"{symbol.lower()}{_BOOK}" for symbol in books]


class PublicStream:
    """Implements ``engine.ports.market.MarketStream`` on one socket for each address.

    Spot has everything at one address; futures have candles and books at two, which are heard as
    one, and lost as one.
    """

    def __init__(self, market: Market, endpoints: Endpoints, clock: Clock) -> None:
        self._market = market
        self._heard: asyncio.Queue[Any] = asyncio.Queue()
        self._addresses = endpoints.public_streams(market)
        self._sockets = {
            address: MarketSocket(address, endpoints, self._read, self._heard)
            for address in self._addresses
        }
        self._clock = clock
        self._names: set[str] = set()
        self._asked = 0
        self._asking = asyncio.Lock()
        self._last: dict[str, tuple[object, float]] = {}

    async def open(self, dialing: Dialing) -> None:
        """Connect; raises Unavailable."""
        for socket in self._sockets.values():
            dialing.dial()
            await socket.open()

    async def close(self) -> None:
        """Disconnect."""
        for socket in self._sockets.values():
            await socket.shut()

    async def subscribe(self, candles: Sequence[StreamKey], books: Sequence[str]) -> None:
        """Add streams; raises Unavailable, or Refused past what one connection may carry."""
        new = [name for name in stream_names(candles, books) if name not in self._names]
        if len(self._names) + len(new) > MAX_STREAMS:
            raise Refused(f"one connection carries at most {MAX_STREAMS} streams")
        await self._ask("SUBSCRIBE", new)
        self._names.update(new)

    async def unsubscribe(self, candles: Sequence[StreamKey], books: Sequence[str]) -> None:
        """Drop streams; raises Unavailable."""
        old = [name for name in stream_names(candles, books) if name in self._names]
        await self._ask("UNSUBSCRIBE", old)
        self._names.difference_update(old)
        for name in old:
            self._last.pop(name, None)

    async def __aiter__(self) -> AsyncIterator[MarketEvent]:
        """Events as they arrive; raises Unavailable when a connection is lost."""
        any_socket = self._sockets[self._addresses[0]]
        while True:
            event: MarketEvent = await any_socket.hear()
            yield event

    async def _ask(self, method: str, names: list[str]) -> None:
        async with self._asking:
            for address, chosen in self._by_address(names).items():
                for first in range(0, len(chosen), _BATCH):
                    if self._asked:
                        await self._clock.sleep_real(_PAUSE)
                    self._asked += 1
                    batch = chosen[first : first + _BATCH]
                    await self._sockets[address].ask(self._asked, method, batch)

    def _by_address(self, names: list[str]) -> dict[str, list[str]]:
        for_candles, for_books = self._addresses
        found: dict[str, list[str]] = defaultdict(list)
        for name in names:
            found[for_books if name.endswith(_BOOK) else for_candles].append(name)
        return found

    def _read(self, stream: str, data: dict[str, Any]) -> MarketEvent | None:
        try:
            if self._dull(stream, data):
                return None
            return market_message(stream, data, self._clock.now_ms(), self._market)
        except Unreadable as error:
            _log.warning("unreadable market event", stream=stream, problem=str(error))
            return None

    def _dull(self, stream: str, data: dict[str, Any]) -> bool:
        """Whether it tells nothing new (open candle, same quotes) within a second of the last."""
        if "k" in data:
            told: object = data["k"].get("t")
            if data["k"].get("x"):
                return False
        else:
            told = (data.get("b"), data.get("a"))
        now = asyncio.get_running_loop().time()
        last, at = self._last.get(stream, (None, 0.0))
        if told == last and now - at < _LIFE_SIGN:
            return True
        self._last[stream] = (told, now)
        return False


@asynccontextmanager
async def public_stream(
    market: Market, endpoints: Endpoints, clock: Clock, dialing: Dialing
) -> AsyncIterator[PublicStream]:
    """Public streams of a market; raises Unavailable when they cannot be opened."""
    stream = PublicStream(market, endpoints, clock)
    try:
        await stream.open(dialing)
        yield stream
    finally:
        await stream.close()
