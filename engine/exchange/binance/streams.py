"""Public spot streams: one connection, subscribed live, with life signs but no flood."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog

from engine.core.errors import Refused
from engine.core.market import StreamKey
from engine.exchange.binance.endpoints import Endpoints
from engine.exchange.binance.errors import Unreadable
from engine.exchange.binance.parse import market_message
from engine.exchange.binance.sockets import MarketSocket
from engine.ports.clock import Clock
from engine.ports.market import MarketEvent

MAX_STREAMS = 1024
_BATCH = 200
# The exchange drops a connection that sends more than five messages in a second.
_PAUSE = 0.25
_LIFE_SIGN = 1.0
_log = structlog.get_logger("exchange")


def stream_names(candles: Sequence[StreamKey], books: Sequence[str]) -> list[str]:
    """Names as the exchange writes them: ``btcusdt@kline_1m``, ``btcusdt@bookTicker``."""
    named = [f"{key.symbol.lower()}@kline_{key.timeframe.value}" for key in candles]
    return named + [f"{symbol.lower()}@bookTicker" for symbol in books]


class SpotStream:
    """Implements ``engine.ports.market.MarketStream`` on one ``MarketSocket``."""

    def __init__(self, endpoints: Endpoints, clock: Clock) -> None:
        self._socket = MarketSocket(endpoints, self._read)
        self._clock = clock
        self._names: set[str] = set()
        self._asked = 0
        self._asking = asyncio.Lock()
        self._last: dict[str, tuple[object, float]] = {}

    async def open(self) -> None:
        """Connect; raises Unavailable."""
        await self._socket.open()

    async def close(self) -> None:
        """Disconnect."""
        await self._socket.shut()

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
        """Events as they arrive; raises Unavailable when the connection is lost."""
        while True:
            event: MarketEvent = await self._socket.hear()
            yield event

    async def _ask(self, method: str, names: list[str]) -> None:
        async with self._asking:
            for first in range(0, len(names), _BATCH):
                if self._asked:
                    await self._clock.sleep_real(_PAUSE)
                self._asked += 1
                await self._socket.ask(self._asked, method, names[first : first + _BATCH])

    def _read(self, stream: str, data: dict[str, Any]) -> MarketEvent | None:
        try:
            if self._dull(stream, data):
                return None
            return market_message(stream, data, self._clock.now_ms())
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
async def spot_stream(endpoints: Endpoints, clock: Clock) -> AsyncIterator[SpotStream]:
    """One open connection; raises Unavailable when it cannot be opened."""
    stream = SpotStream(endpoints, clock)
    try:
        await stream.open()
        yield stream
    finally:
        await stream.close()
