"""The market's clock: steady elapsed time, times a rate, kept beside the exchange's clock."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from engine.ports.clock import ExchangeTime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_MS = 1_000_000
_FOLLOW_MS = 100  # a smaller offset is within what measuring it over the wire can tell
_WORTH_A_LINE_MS = 1_000
_log = structlog.get_logger("clock")


def wall_ms() -> int:
    """The computer's time in ms UTC, read once when a clock is made."""
    return time.time_ns() // _NS_PER_MS


def steady_ns() -> int:
    """Nanoseconds that never jump, counting on while the computer is suspended."""
    return time.clock_gettime_ns(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class MarketClock:
    """Implements the Clock port; ``rate`` market seconds pass in one real second.

    It starts at ``origin_market_ms`` (the computer's time when None) and then counts steady time,
    so a wall clock that is set while the service runs moves no candle and no deadline; ``adjust``
    alone brings it to the exchange's time. Raises ValueError when ``rate`` is not positive.
    """

    def __init__(
        self,
        rate: float = 1.0,
        origin_market_ms: int | None = None,
        *,
        steady: Callable[[], int] = steady_ns,
    ) -> None:
        if rate <= 0:
            raise ValueError("a clock runs forward: rate must be above 0")
        self._rate = rate
        self._steady = steady
        self._origin_ms = wall_ms() if origin_market_ms is None else origin_market_ms
        self._origin_ns = steady()

    @property
    def rate(self) -> float:
        """Market seconds per real second."""
        return self._rate

    def now_ms(self) -> int:
        """Market time now, integer milliseconds UTC."""
        elapsed = (self._steady() - self._origin_ns) * self._rate
        return self._origin_ms + int(elapsed // _NS_PER_MS)

    def now(self) -> datetime:
        """Market time now, aware UTC."""
        return _EPOCH + timedelta(milliseconds=self.now_ms())

    def steady_ms(self) -> float:
        """Real milliseconds since some instant; ``adjust`` does not touch them."""
        return self._steady() / _NS_PER_MS

    def adjust(self, offset_ms: int) -> None:
        """Move the clock by ``offset_ms`` market ms (the exchange's time less ours)."""
        self._origin_ms += offset_ms

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds`` of market time."""
        await asyncio.sleep(seconds / self._rate)

    async def sleep_real(self, seconds: float) -> None:
        """Wait ``seconds`` of real time."""
        await asyncio.sleep(seconds)


class Beside(Protocol):
    """Whatever was measured against our clock, and must know when that is set."""

    def moved(self, ms: int) -> None:
        """Our clock was set by ``ms``."""
        ...


class Followed:
    """Implements ExchangeTime: every measurement also brings our clock to the exchange's.

    ``beside`` were measured against our clock too: they are told, and not asked, when it moves.
    """

    def __init__(
        self, exchange: ExchangeTime, clock: MarketClock, beside: Sequence[Beside] = ()
    ) -> None:
        self._exchange = exchange
        self._clock = clock
        self._beside = beside

    @property
    def offset_ms(self) -> int:
        """Exchange's time less ours, market ms, as last measured."""
        return self._exchange.offset_ms

    @property
    def ok(self) -> bool:
        """Whether it was measured and lies within what trading tolerates."""
        return self._exchange.ok

    async def measure(self) -> None:
        """Measure, follow, and measure what is left; raises ``Unavailable``."""
        await self._exchange.measure()
        offset = self._exchange.offset_ms
        if abs(offset) < _FOLLOW_MS * max(1.0, self._clock.rate):
            return
        if abs(offset) >= _WORTH_A_LINE_MS and self._clock.rate == 1.0:
            _log.warning("our clock was off, it follows the exchange's", milliseconds=offset)
        self._clock.adjust(offset)
        for other in self._beside:
            other.moved(offset)
        await self._exchange.measure()
