"""Bookkeeping of one candle stream: every candle once, in order, no holes. No I/O."""

from collections.abc import Iterable, Iterator

from engine.core.errors import Refused
from engine.core.market import STREAM_TABLE, Candle, StreamEvent, StreamKey, StreamState
from engine.market.window import Window

SHORTEST_WINDOW = 200
_MOST_DOUBLINGS = 20


class Track:
    """A stream's window, what waits behind a hole, and whether the stream lives.

    ``warmup`` is the history asked for, ``depth`` the one that was loaded (0: none yet);
    ``next_open`` the open time of the candle that must come next, ``heard_at`` when the stream
    spoke last, ``retry_at`` when REST may be asked again: all ms of market time;
    ``refusal`` what the exchange said when it knows no such stream.
    """

    def __init__(self, key: StreamKey, now_ms: int) -> None:
        self.key = key
        self.warmup = SHORTEST_WINDOW
        self.depth = 0
        self.window = Window(SHORTEST_WINDOW)
        self.next_open = key.timeframe.open_time(now_ms)
        self.state = StreamState.CONNECTING
        self.heard_at = now_ms
        self.retry_at = 0
        self.refusal: Refused | None = None
        self._misses = 0
        self._waiting: dict[int, Candle] = {}

    @property
    def due_at(self) -> int:
        """When (ms) the next candle closes."""
        return self.next_open + self.key.timeframe.ms

    @property
    def holed(self) -> bool:
        """Whether newer candles wait for a missing one."""
        return bool(self._waiting)

    def apply(self, event: StreamEvent) -> None:
        """Let the stream's state follow what happened to it."""
        self.state = STREAM_TABLE[self.state, event]

    def missing_since(self, now_ms: int) -> int:
        """Open time from which REST must be asked: the whole warm-up until it was loaded."""
        if self.depth == self.warmup:
            return self.next_open
        timeframe = self.key.timeframe
        return timeframe.open_time(now_ms) - self.warmup * timeframe.ms

    def take(self, candles: Iterable[Candle], complete_to: int = -1) -> Iterator[Candle]:
        """Accept closed candles in any order; append what is next and yield it once appended.

        Old and repeated ones are dropped; those behind a hole wait, and so do all until the
        warm-up was loaded. Up to the open time ``complete_to`` nothing else exists: what is
        missing there was never made (the exchange was halted).
        """
        for candle in candles:
            if candle.open_time >= self.next_open:
                self._waiting.setdefault(candle.open_time, candle)
        if not self.depth:
            return
        for open_time in sorted(self._waiting):
            if open_time > max(self.next_open, complete_to):
                return
            candle = self._waiting.pop(open_time)
            self.window.append(candle)
            self.next_open = open_time + self.key.timeframe.ms
            yield candle

    def deepen(self, history: Iterable[Candle], warmup: int) -> None:
        """Note that ``warmup`` candles were loaded; put the older ones in front of the window."""
        first = self.window.first
        if first is None:
            self.next_open = min((c.open_time for c in history), default=self.next_open)
            self.window = Window(warmup)
        else:
            older = (candle for candle in history if candle.open_time < first.open_time)
            self.window = Window(warmup, (*older, *self.window))
        self.depth = warmup

    def asked(self, now_ms: int, step_ms: int, *, answered: bool) -> None:
        """Space questions to REST that bring nothing: ``step_ms``, then twice that, and so on,
        at most a timeframe apart."""
        self._misses = 0 if answered else min(self._misses + 1, _MOST_DOUBLINGS)
        pause = min(self.key.timeframe.ms, step_ms * 2**self._misses)
        self.retry_at = 0 if answered else now_ms + pause
