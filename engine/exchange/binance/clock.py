"""The exchange's clock as seen from ours: offset, its uncertainty, and when to measure again."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from engine.core.errors import RateLimited, Unavailable
from engine.exchange.binance.turns import Turns
from engine.ports.clock import Clock

_STALE_AFTER = 180.0
# An exchange that does not tell its time is not asked by every request for it.
_TRY_AGAIN = 10.0
_SAMPLES = 3
_TOLERANCE_MS = 500
_log = structlog.get_logger("exchange")


class ExchangeClock:
    """Implements ``engine.ports.clock.ExchangeTime``, compensated for the round trip.

    ``offset_ms`` (market ms, exchange minus ours) is off by at most ``error_ms``, half of the
    quickest round trip. ``ask`` reads the exchange's time in ms.
    """

    def __init__(
        self, clock: Clock, ask: Callable[[], Awaitable[int]], product: str = "spot"
    ) -> None:
        self._product = product
        self._clock = clock
        self._ask = ask
        self._measured_at: float | None = None
        self._failed_at = -_TRY_AGAIN
        self._turns = Turns()
        self._set_ms = 0
        self._in_doubt = False
        self.offset_ms = 0
        self.error_ms = 0

    @property
    def measured(self) -> bool:
        """Whether the offset is known at all."""
        return self._measured_at is not None

    @property
    def ok(self) -> bool:
        """Whether our clock runs within half a real second of the exchange's."""
        return self.measured and abs(self.offset_ms) <= _TOLERANCE_MS * max(1.0, self._clock.rate)

    @property
    def stale(self) -> bool:
        """Whether it is to be measured: never done, in doubt or minutes (real time) old.

        One that failed just now is not tried again at once, as long as an older one is known.
        """
        now = asyncio.get_running_loop().time()
        if self._measured_at is None:
            return True
        old = self._in_doubt or now - self._measured_at > _STALE_AFTER
        return old and now - self._failed_at > _TRY_AGAIN

    def stamp(self, ours_ms: int | None = None) -> int:
        """The exchange's time (ms) at ``ours_ms`` of our clock, or now."""
        return (self._clock.now_ms() if ours_ms is None else ours_ms) + self.offset_ms

    def left(self, ms: int) -> float:
        """Real seconds until the present window of that length is surely over.

        Windows are aligned to the exchange's clock; in a fast market they pass as fast.
        """
        surely = self.stamp() - self.error_ms
        return (ms - surely % ms) / 1000 / max(1.0, self._clock.rate)

    def until(self, at_ms: int) -> float:
        """Real seconds until the exchange's clock shows ``at_ms``."""
        return (at_ms - self.stamp()) / 1000 / max(1.0, self._clock.rate)

    async def refresh(self) -> None:
        """Measure if never done or stale; concurrent callers share it. Raises Unavailable."""
        if not self.stale:
            return
        async with self._turns.take(asyncio.get_running_loop().time()):
            if self.stale:
                await self._measure()

    async def measure(self) -> None:
        """Measure now, once for all who asked before it began; raises Unavailable."""
        asked = asyncio.get_running_loop().time()
        async with self._turns.take(asked):
            if self._measured_at is None or self._measured_at < asked:
                await self._measure()

    def moved(self, ms: int) -> None:
        """Our clock was set by ``ms``: what was measured, or is being measured, stays true.

        Had it run away since then, that is only so until the next measurement, which is due.
        """
        self._set_ms += ms
        if self.measured:
            self.offset_ms -= ms
            self._in_doubt = True

    async def _measure(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            samples = [await self._sample() for _ in range(_SAMPLES)]
        except Unavailable:
            self._failed_at = loop.time()
            raise
        self.error_ms, offset = min(samples)
        self.offset_ms = offset - self._set_ms
        self._measured_at, self._in_doubt = began, False
        if not self.ok:
            _log.warning("our clock is off", product=self._product, offset_ms=self.offset_ms)

    async def _sample(self) -> tuple[int, int]:
        """Half of a round trip (rounded up), and the offset that it shows to our unset clock."""
        asked = self._unset_ms()
        try:
            theirs = await self._ask()
        except RateLimited as error:
            raise Unavailable(error.detail, code=error.code) from None
        trip = self._unset_ms() - asked
        return -(-trip // 2), theirs - asked - trip // 2

    def _unset_ms(self) -> int:
        """What our clock would show had it never been set."""
        return self._clock.now_ms() - self._set_ms
