"""A clock that stands still until the test moves it."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = 1_780_056_000_000  # 2026-05-29T12:00:00Z


class FrozenClock:
    """Implements the Clock port; ``advance`` moves time and wakes whoever slept long enough.

    Market and real seconds are the same. ``sleepers`` counts who is waiting, so that a test can
    wait until the code under test has gone to sleep before it moves the time.
    """

    rate = 1.0

    def __init__(self, at_ms=NOON):
        self._at = at_ms
        self._order = count()
        self._waiting = []

    @property
    def sleepers(self):
        """How many are waiting now."""
        return sum(1 for _, _, wake in self._waiting if not wake.done())

    def now_ms(self):
        """Time in ms UTC."""
        return self._at

    def steady_ms(self):
        """Real ms: nobody corrects this clock."""
        return float(self._at)

    def now(self):
        """Time, aware UTC."""
        return _EPOCH + timedelta(milliseconds=self._at)

    async def sleep(self, seconds):
        """Wait until ``advance`` has moved the time so far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake = asyncio.get_running_loop().create_future()
        entry = (self._at + round(seconds * 1000), next(self._order), wake)
        heapq.heappush(self._waiting, entry)
        await wake

    async def sleep_real(self, seconds):
        """The same: real time stands still too."""
        await self.sleep(seconds)

    async def advance(self, seconds):
        """Move time, waking sleepers one after the other at the instant they waited for."""
        until = self._at + round(seconds * 1000)
        while self._waiting and self._waiting[0][0] <= until:
            at, _, wake = heapq.heappop(self._waiting)
            self._at = max(self._at, at)
            if not wake.done():
                wake.set_result(None)
                await self.settle()
        self._at = until
        await self.settle()

    async def settle(self, turns=20):
        """Let tasks that are ready run."""
        for _ in range(turns):
            await asyncio.sleep(0)
