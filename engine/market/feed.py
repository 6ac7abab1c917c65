"""One candle stream per (market, symbol, timeframe) for all bots."""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from engine.core.errors import ExchangeError, NotFound, Refused
from engine.core.market import Candle, Market, StreamEvent, StreamKey, StreamState
from engine.market.listeners import Listeners
from engine.market.track import Track
from engine.market.wire import Ear, Item, Wires
from engine.ports.clock import Clock
from engine.ports.market import CandleEvent, MarketData, MarketEvent
from engine.runtime.nursery import Nursery

_PAGE = 1000
_READERS = 8
_TICK = 1.0
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_log = structlog.get_logger("market")


class Feed:
    """Tells its listeners every closed candle once, in order, without holes.

    Streams bring them; REST brings the warm-up, what was missed, and everything while a stream
    is silent. ``silence`` is how long (real seconds) a stream may say nothing until it counts as
    stale, ``lateness`` how long a closed candle may keep us waiting before REST is asked for it.
    """

    def __init__(
        self,
        data: MarketData,
        clock: Clock,
        nursery: Nursery,
        *,
        silence: float = 60.0,
        lateness: float = 3.0,
    ) -> None:
        self._data = data
        self._clock = clock
        self._nursery = nursery
        self._silence = silence
        self._lateness = lateness
        self._tracks: dict[StreamKey, Track] = {}
        self._watching = False
        ear = Ear(self._hear, self._connected, self._disconnected)
        self._wires = Wires(data, clock, nursery, "candles", ear)
        self._readings: dict[StreamKey, asyncio.Task[None]] = {}
        # One market that hangs must not keep the other's readings waiting.
        self._readers = {market: asyncio.Semaphore(_READERS) for market in Market}
        self._listeners = Listeners[[StreamKey, Candle, bool]]()

    def listen(self, on_candle: Callable[[StreamKey, Candle, bool], None]) -> Callable[[], None]:
        """Call ``on_candle(key, candle, live)`` for each new candle; returns how to stop that.

        ``live`` is True for the newest candle there can be; False for history: the first warm-up
        and what was filled in too late to act on.
        """
        return self._listeners.add(on_candle)

    async def ensure(self, key: StreamKey, warmup: int) -> None:
        """Follow a stream and return once its last ``warmup`` candles are held.

        Waits through outages of the exchange. Asking for more than is held puts older candles in
        front of the window, and no listener hears those. Raises ``Refused`` when the exchange
        knows no such stream, ``NotFound`` when it is dropped in the meantime.
        """
        track = self._tracks.get(key) or self._follow(key)
        track.warmup = max(track.warmup, warmup)
        while track.depth < warmup:
            if self._tracks.get(key) is not track:
                raise track.refusal or NotFound(f"{key} was dropped")
            await asyncio.wait([self._read_soon(track)])

    def drop(self, key: StreamKey) -> None:
        """Stop following a stream; its window is forgotten."""
        if self._tracks.pop(key, None) is not None:
            self._wires.forget(key.market, key)
            if reading := self._readings.pop(key, None):
                reading.cancel()

    def candles(self, key: StreamKey, count: int | None = None) -> list[Candle]:
        """Newest candles held (all by default), oldest first; none for an unknown stream."""
        track = self._tracks.get(key)
        if track is None:
            return []
        return list(track.window) if count is None else track.window.newest(count)

    def state(self, key: StreamKey) -> StreamState | None:
        """How the stream lives, or None when it is not followed."""
        track = self._tracks.get(key)
        return None if track is None else track.state

    def states(self) -> dict[StreamKey, StreamState]:
        """How every followed stream lives."""
        return {key: track.state for key, track in self._tracks.items()}

    def _follow(self, key: StreamKey) -> Track:
        if not self._watching:
            self._watching = True
            self._nursery.supervise("candle watchdog", self._watch)
        track = self._tracks[key] = Track(key, self._clock.now_ms())
        self._wires.want(key.market, key)
        return track

    def _connected(self, items: Iterable[Item]) -> None:
        now = self._clock.now_ms()
        for track in self._of(items):
            if now >= track.due_at:
                self._read_soon(track)

    def _disconnected(self, items: Iterable[Item]) -> None:
        for track in self._of(items):
            track.apply(StreamEvent.DROPPED)

    def _of(self, items: Iterable[Item]) -> list[Track]:
        keys = (item for item in items if isinstance(item, StreamKey))
        return [self._tracks[key] for key in keys if key in self._tracks]

    def _hear(self, event: MarketEvent) -> None:
        if not isinstance(event, CandleEvent) or event.key not in self._tracks:
            return
        track = self._tracks[event.key]
        now = track.heard_at = self._clock.now_ms()
        track.apply(StreamEvent.HEARD)
        if event.closed:
            self._deliver(track, (event.candle,))
        missed = track.holed or event.candle.open_time > track.next_open
        if missed and now >= track.retry_at:
            self._read_soon(track)

    def _deliver(
        self, track: Track, candles: Iterable[Candle], complete_to: int = -1, *, news: bool = True
    ) -> list[Candle]:
        """Append what is next, tell the listeners, return what was appended."""
        now = self._clock.now_ms()
        told = []
        for candle in track.take(candles, complete_to):
            live = news and now < candle.open_time + 2 * track.key.timeframe.ms
            self._listeners.tell(track.key, candle, live)
            told.append(candle)
        return told

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep_real(_TICK)
            now = self._clock.now_ms()
            for track in tuple(self._tracks.values()):
                if now - track.heard_at > self._real_ms(self._silence):
                    track.apply(StreamEvent.SILENT)
                late = now >= track.due_at + self._real_ms(self._lateness)
                if (late or track.state is StreamState.STALE) and now >= track.retry_at:
                    self._read_soon(track)

    def _real_ms(self, seconds: float) -> int:
        """Market milliseconds that pass in real ``seconds``."""
        return int(seconds * 1000 * self._clock.rate)

    def _read_soon(self, track: Track) -> asyncio.Task[None]:
        """The REST reading of this stream, started if none is under way."""
        reading = self._readings.get(track.key)
        if reading is None or reading.done():
            reading = self._nursery.start(f"candles {' '.join(track.key)}", self._read(track))
            self._readings[track.key] = reading
        return reading

    async def _read(self, track: Track) -> None:
        """Read what is missing; the first time, and when more is asked for, the warm-up."""
        news, warmup = track.depth > 0, track.warmup
        try:
            history = await self._since(track.key, track.missing_since(self._clock.now_ms()))
        except Refused as refusal:
            _log.warning("candles refused", stream=track.key, why=str(refusal))
            track.asked(self._clock.now_ms(), self._real_ms(_TICK), answered=False)
            if not news:
                track.refusal = refusal
                self.drop(track.key)
            return
        if track.depth < warmup:
            track.deepen(history, warmup)
        complete_to = history[-1].open_time if history else -1
        told = self._deliver(track, history, complete_to, news=news)
        track.apply(StreamEvent.POLLED)
        track.asked(self._clock.now_ms(), self._real_ms(_TICK), answered=bool(told))
        # Trades that REST knows of and a connected stream never spoke of: it is dead.
        wire = self._wires.carrying(track.key.market, track.key)
        traded = (candle for candle in told if candle.volume)
        if news and wire and any(candle.open_time > wire.heard_at for candle in traded):
            wire.renew()

    async def _since(self, key: StreamKey, start_ms: int) -> list[Candle]:
        """All closed candles from the one that opens at ``start_ms`` on."""
        found: list[Candle] = []
        while True:
            # The exchange charges by the limit asked for, and counts the open candle in.
            missing = (self._clock.now_ms() - start_ms) // key.timeframe.ms + 1
            page = await self._page(key, start_ms, limit=max(1, min(missing, _PAGE)))
            found += page
            start_ms = page[-1].open_time + key.timeframe.ms if page else start_ms
            if not page or start_ms + key.timeframe.ms > self._clock.now_ms():
                return found

    async def _page(self, key: StreamKey, start_ms: int, limit: int) -> list[Candle]:
        pause = _FIRST_PAUSE
        while True:
            try:
                async with self._readers[key.market]:
                    return await self._data.candles(key, limit=limit, start_ms=start_ms)
            except Refused:
                raise
            except ExchangeError as error:
                await self._clock.sleep_real(max(pause, error.retry_after))
                pause = min(pause * 2, _LONGEST_PAUSE)
