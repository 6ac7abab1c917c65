"""Seeded one-minute prices with calm, trend and crash hours: any minute, without what precedes.

Each day of a symbol is drawn from its own seed. Its log price runs from one drawn level to the
next day's along a random bridge, over which short stories and a jitter lie; so days fit together
exactly and may be asked for in any order.

A story tells in 24 minutes what a trader waits for: a fall has ended and the price creeps up, slow
enough for quick averages to cross slow ones without haste; then it rallies, drifts or slumps, and
comes home. So the default bot enters about every half hour and ends with its target, its stop or
an opposite signal in turn: busy, and on average worth nothing.
"""

from functools import lru_cache
from hashlib import sha256

import numpy as np
import numpy.typing as npt

MINUTE_MS = 60_000
DAY = 1440
_UNIT = 100_000_000
_SEGMENT = 240
_CALM, _LIVELY, _CRASH = 0.0002, 0.0003, 0.0006
_KNOTS = (0, 1, 13, 17, 20, 21, 24)
_STORY = _KNOTS[-1]
_CREEP = (0.0, 0.0, 0.0067, 0.0105)
_ENDS, _ODDS = (0.025, 0.008, -0.013), (0.4, 0.3, 0.3)
_JITTER = 0.00175
_LEVEL = 0.03

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Generator:
    """Prices of one symbol around ``anchor`` on a grid of ``tick``, both counted in 1e-8."""

    def __init__(self, seed: int, symbol: str, anchor: int, tick: int) -> None:
        self._name = f"{seed}:{symbol}"
        self._anchor = anchor / tick
        self._tick = tick
        # Dear coins are traded most, so that the busiest symbols are the ones people expect.
        self._busy = 11.5 + 0.3 * max(0.0, float(np.log(anchor / _UNIT)))
        # Symbols tell their stories at different times.
        self._ahead = int(self._random("story").randint(_STORY))
        self._day = lru_cache(maxsize=64)(self._draw_day)

    def bars(self, first: int, count: int) -> Ints:
        """Rows (open time, open, high, low, close, volume) from minute ``first``.

        ``first`` counts minutes since the epoch; prices and volume in 1e-8; shape (count, 6).
        """
        first += self._ahead
        days = range(first // DAY, (first + count - 1) // DAY + 1)
        rows = np.concatenate([self._day(day) for day in days])
        start = first - days[0] * DAY
        return rows[start : start + count]

    def _random(self, part: object) -> np.random.RandomState:
        digest = sha256(f"{self._name}:{part}".encode()).digest()
        return np.random.RandomState(int.from_bytes(digest[:4], "big"))

    def _level(self, day: int) -> float:
        return float(self._random(f"level {day}").normal(0, _LEVEL))

    def _draw_day(self, day: int) -> Ints:
        random = self._random(day)
        log_price = self._nodes(day, random)
        nodes = np.maximum(np.rint(np.exp(log_price) * self._anchor), 10)
        open_, close = nodes[:-1], nodes[1:]
        reach = random.exponential(0.0004, (2, DAY)) * close
        high = np.maximum(open_, close) + np.rint(reach[0])
        low = np.maximum(np.minimum(open_, close) - np.rint(reach[1]), 1)
        turnover = random.lognormal(self._busy, 0.6, DAY) * (1 + 400 * np.abs(np.diff(log_price)))
        volume = np.rint(turnover * 1e8 / (close * self._tick) * 1e5) * 1e3
        times = (day * DAY - self._ahead + np.arange(DAY)) * MINUTE_MS
        ticks = np.column_stack([open_, high, low, close]).astype(np.int64)
        return np.column_stack([times, ticks * self._tick, volume.astype(np.int64)])

    def _nodes(self, day: int, random: np.random.RandomState) -> Floats:
        """Log price relative to the anchor at the DAY + 1 minute boundaries of a day."""
        at = np.arange(DAY + 1)
        moods = random.choice([_CALM, _LIVELY, _CRASH], DAY // _SEGMENT, p=[0.3, 0.55, 0.15])
        pace = np.repeat(moods, _SEGMENT)
        walk = np.concatenate([[0.0], np.cumsum(random.normal(0, 1, DAY) * pace)])
        bridge = walk - at / DAY * walk[-1]
        for segment in np.flatnonzero(moods == _CRASH):
            bridge += self._crash(at, int(segment) * _SEGMENT, random)
        jitter = random.normal(0, _JITTER, DAY + 1)
        jitter[0] = jitter[-1] = 0
        trend = np.linspace(self._level(day), self._level(day + 1), DAY + 1)
        total: Floats = trend + bridge + jitter + self._stories(random)
        return total

    @staticmethod
    def _stories(random: np.random.RandomState) -> Floats:
        """Log price of a day's stories; each begins and ends at 0."""
        count = DAY // _STORY
        ends = random.choice(_ENDS, count, p=_ODDS) * random.uniform(0.8, 1.2, count)
        heights = np.column_stack([np.tile(_CREEP, (count, 1)), ends, ends])
        knots = np.arange(count)[:, None] * _STORY + np.asarray(_KNOTS[:-1])
        path = np.interp(np.arange(DAY + 1), [*knots.ravel(), DAY], [*heights.ravel(), 0.0])
        return np.asarray(path, np.float64)

    @staticmethod
    def _crash(at: Ints, start: int, random: np.random.RandomState) -> Floats:
        """Fall of 3 to 8 percent within minutes, mended slowly before the segment ends."""
        bottom = start + random.randint(20, 60)
        fall = random.randint(5, 20)
        depth = random.uniform(0.03, 0.08)
        knots = [start, bottom - fall, bottom, start + _SEGMENT]
        return np.asarray(np.interp(at, knots, [0.0, 0.0, -depth, 0.0]), np.float64)
