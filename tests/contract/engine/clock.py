"""Market time that only the test moves, while waits for the wire pass quickly."""

import asyncio
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = 1_780_056_000_000  # 2026-05-29T12:00:00Z
PACE = 0.1
"""Real seconds that a wait of one second takes."""


class LabClock:
    """Implements the Clock port; ``set`` and ``adjust`` are the only things that move it.

    ``set`` lets time pass, ``adjust`` only corrects what the clock shows.
    """

    rate = 1.0

    def __init__(self, at_ms=START):
        self._at = at_ms
        self._passed = 0

    def now_ms(self):
        return self._at

    def now(self):
        return _EPOCH + timedelta(milliseconds=self._at)

    def steady_ms(self):
        return self._passed

    def set(self, at_ms):
        self._passed += at_ms - self._at
        self._at = at_ms

    def adjust(self, offset_ms):
        self._at += offset_ms

    async def sleep(self, seconds):
        await asyncio.sleep(seconds * PACE)

    async def sleep_real(self, seconds):
        await asyncio.sleep(seconds * PACE)
