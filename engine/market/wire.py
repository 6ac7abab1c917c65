"""Connections of public streams, kept open and subscribed to what is wanted."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from engine.core.errors import ExchangeError, Unavailable
from engine.core.market import Market, StreamKey
from engine.ports.clock import Clock
from engine.ports.market import MarketData, MarketEvent, MarketStream
from engine.runtime.nursery import Nursery

Item = StreamKey | str
"""A candle stream, or the symbol of a book."""

CAPACITY = 1000
"""Streams on one connection; the exchange allows 1024."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_log = structlog.get_logger("market")


def _nothing(_items: Iterable[Item]) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Ear:
    """Who listens: ``hear`` gets every event, ``up`` what a new connection has subscribed to,
    ``down`` what a lost one carried."""

    hear: Callable[[MarketEvent], None]
    up: Callable[[Iterable[Item]], None] = _nothing
    down: Callable[[Iterable[Item]], None] = _nothing


class Wires:
    """As many connections as the wanted streams need; ``kind`` names their tasks."""

    def __init__(
        self, data: MarketData, clock: Clock, nursery: Nursery, kind: str, ear: Ear
    ) -> None:
        self._data = data
        self._clock = clock
        self._nursery = nursery
        self._kind = kind
        self._ear = ear
        self._wires: dict[Market, list[Wire]] = {market: [] for market in Market}

    def want(self, market: Market, item: Item) -> None:
        """Subscribe, now and after every reconnect; repeated wishes are one."""
        if self.carrying(market, item) is None:
            roomy = (wire for wire in self._wires[market] if len(wire.wanted) < CAPACITY)
            (next(roomy, None) or self._another(market)).want(item)

    def forget(self, market: Market, item: Item) -> None:
        """Unsubscribe."""
        if wire := self.carrying(market, item):
            wire.forget(item)

    def carrying(self, market: Market, item: Item) -> "Wire | None":
        """The connection that an item is wanted on."""
        return next((wire for wire in self._wires[market] if item in wire.wanted), None)

    def _another(self, market: Market) -> "Wire":
        wire = Wire(self._data, market, self._clock, self._ear)
        self._wires[market].append(wire)
        self._nursery.supervise(f"{self._kind} {market} {len(self._wires[market])}", wire.run)
        return wire


class Wire:
    """One connection: opened when something is wanted, and again whenever it is lost.

    ``wanted`` are its items, ``heard_at`` the market ms when it was opened or spoke last.
    """

    def __init__(self, data: MarketData, market: Market, clock: Clock, ear: Ear) -> None:
        self._data = data
        self._market = market
        self._clock = clock
        self._ear = ear
        self.wanted: set[Item] = set()
        self.heard_at = clock.now_ms()
        self._changed = asyncio.Event()
        self._is_up = False
        self._renewing = False
        self._pause = _FIRST_PAUSE

    def want(self, item: Item) -> None:
        """Subscribe, now and after every reconnect."""
        self.wanted.add(item)
        self._changed.set()

    def forget(self, item: Item) -> None:
        """Unsubscribe."""
        self.wanted.discard(item)
        self._changed.set()

    def renew(self) -> None:
        """Replace a connection that looks alive and says nothing."""
        self._renewing = self._is_up
        self._changed.set()

    async def run(self) -> None:
        """Serve for ever."""
        while True:
            while not self.wanted:
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
                    self.heard_at = self._clock.now_ms()
                    self._ear.hear(event)
                keeper.cancel()
        finally:
            if self._is_up:
                self._is_up = self._renewing = False
                self._ear.down(self.wanted)

    async def _keep_subscribed(self, stream: MarketStream) -> None:
        subscribed: set[Item] = set()
        while not self._renewing:
            self._changed.clear()
            wanted = set(self.wanted)
            if new := wanted - subscribed:
                await stream.subscribe(*_split(new))
            if gone := subscribed - wanted:
                await stream.unsubscribe(*_split(gone))
            subscribed = wanted
            if not self._is_up:
                self._is_up = True
                self.heard_at = self._clock.now_ms()
                self._ear.up(wanted)
            await self._changed.wait()
        raise Unavailable("the connection fell silent")


def _split(items: Iterable[Item]) -> tuple[list[StreamKey], list[str]]:
    candles = [item for item in items if isinstance(item, StreamKey)]
    books = [item for item in items if isinstance(item, str)]
    return candles, books
