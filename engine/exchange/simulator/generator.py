"""Seeded one-minute prices with calm, trend and crash hours: any minute, without what precedes.

Each UTC day is drawn from its own seed. Its log price runs from one drawn level to the next day's
along a random bridge, over which two slow waves and a jitter lie; so days fit together exactly
and may be asked for in any order. The waves make moving averages cross about twice an hour.
"""

from functools import lru_cache
from hashlib import sha256

import numpy as np
import numpy.typing as npt

MINUTE_MS = 60_000
DAY = 1440
_SEGMENT = 240
_WAVES = ((17.0, 0.0028), (83.0, 0.0030))
_CALM, _LIVELY, _CRASH = 0.0005, 0.0011, 0.0016
_JITTER = 0.0018
_LEVEL = 0.03

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Generator:
    """Prices of one symbol around ``anchor`` on a grid of ``tick``, both counted in 1e-8."""

    def __init__(self, seed: int, symbol: str, anchor: int, tick: int) -> None:
        self._name = f"{seed}:{symbol}"
        self._anchor = anchor / tick
        self._tick = tick
        self._phases = self._random("waves").uniform(0, 2 * np.pi, len(_WAVES))
        self._day = lru_cache(maxsize=64)(self._draw_day)

    def bars(self, first: int, count: int) -> Ints:
        """Rows (open time, open, high, low, close, volume) from minute ``first``.

        ``first`` counts minutes since the epoch; prices and volume in 1e-8; shape (count, 6).
        """
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
        turnover = random.lognormal(11.5, 0.6, DAY) * (1 + 400 * np.abs(np.diff(log_price)))
        volume = np.rint(turnover * 1e8 / (close * self._tick) * 1e5) * 1e3
        times = (day * DAY + np.arange(DAY)) * MINUTE_MS
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
        total: Floats = trend + bridge + jitter + self._waves(day * DAY + at)
        return total

    def _waves(self, minutes: Ints) -> Floats:
        total: Floats = np.zeros(len(minutes))
        for (period, height), phase in zip(_WAVES, self._phases, strict=True):
            total += height * np.sin(2 * np.pi * minutes / period + phase)
        return total

    @staticmethod
    def _crash(at: Ints, start: int, random: np.random.RandomState) -> Floats:
        """Fall of 3 to 8 percent within minutes, mended slowly before the segment ends."""
        bottom = start + random.randint(20, 60)
        fall = random.randint(5, 20)
        depth = random.uniform(0.03, 0.08)
        knots = [start, bottom - fall, bottom, start + _SEGMENT]
        return np.asarray(np.interp(at, knots, [0.0, 0.0, -depth, 0.0]), np.float64)
