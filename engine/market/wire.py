"""Keeps one connection of public streams open and subscribed to what is wanted."""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from engine.core.errors import ExchangeError, Unavailable
from engine.core.market import Market, StreamKey
from engine.ports.clock import Clock
from engine.ports.market import MarketData, MarketEvent, MarketStream

Item = StreamKey | str
"""A candle stream, or the symbol of a book."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_log = structlog.get_logger("market")


def _nothing() -> None:
    pass


class Wire:
    """Connects when something is wanted, and again whenever the connection is lost.

    ``hear`` gets every event, ``up`` is called when a new connection has subscribed to all that
    is wanted, ``down`` when such a connection is lost.
    """

    def __init__(
        self,
        data: MarketData,
        market: Market,
        clock: Clock,
        hear: Callable[[MarketEvent], None],
        *,
        up: Callable[[], None] = _nothing,
        down: Callable[[], None] = _nothing,
    ) -> None:
        self._data = data
        self._market = market
        self._clock = clock
        self._hear = hear
        self._up = up
        self._down = down
        self._wanted: set[Item] = set()
        self._changed = asyncio.Event()
        self._is_up = False
        self._renewing = False
        self._pause = _FIRST_PAUSE

    def want(self, item: Item) -> None:
        """Subscribe, now and after every reconnect."""
        self._wanted.add(item)
        self._changed.set()

    def forget(self, item: Item) -> None:
        """Unsubscribe."""
        self._wanted.discard(item)
        self._changed.set()

    def renew(self) -> None:
        """Replace a connection that looks alive and says nothing."""
        self._renewing = self._is_up
        self._changed.set()

    async def run(self) -> None:
        """Serve for ever."""
        while True:
            while not self._wanted:
                self._changed.clear()
                await self._changed.wait()
            pause = self._pause
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            try:
                await self._connection()
            except* ExchangeError as lost:
                for error in lost.exceptions:
                    _log.info("stream lost", market=self._market.value, why=str(error))
                    pause = max(pause, getattr(error, "retry_after", 0.0))
            await self._clock.sleep_real(pause)

    async def _connection(self) -> None:
        try:
            async with self._data.stream(self._market) as stream, asyncio.TaskGroup() as group:
                keeper = group.create_task(self._keep_subscribed(stream))
                async for event in stream:
                    self._pause = _FIRST_PAUSE
                    self._hear(event)
                keeper.cancel()
        finally:
            if self._is_up:
                self._is_up = self._renewing = False
                self._down()

    async def _keep_subscribed(self, stream: MarketStream) -> None:
        subscribed: set[Item] = set()
        while not self._renewing:
            self._changed.clear()
            wanted = set(self._wanted)
            if new := wanted - subscribed:
                await stream.subscribe(*_split(new))
            if gone := subscribed - wanted:
                await stream.unsubscribe(*_split(gone))
            subscribed = wanted
            if not self._is_up:
                self._is_up = True
                self._up()
            await self._changed.wait()
        raise Unavailable("the connection fell silent")


def _split(items: Iterable[Item]) -> tuple[list[StreamKey], list[str]]:
    candles = [item for item in items if isinstance(item, StreamKey)]
    books = [item for item in items if isinstance(item, str)]
    return candles, books
