"""How far prices range: Bollinger bands and the average true range; and the usual volume."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.strategies.indicators import Columns, SmaStep
from engine.strategies.library import column_of, one_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.core.market import Candle


@dataclass(frozen=True, slots=True)
class Band:
    """One Bollinger band: the mean of ``period`` closes and ``width`` deviations more.

    The deviation is the population's; a negative ``width`` is the lower band. Source: John
    Bollinger, Bollinger on Bollinger Bands (2001), chapter 7.
    """

    period: int
    width: float

    def step(self) -> BandStep:
        """A fresh step form."""
        return BandStep(self.period, self.width)

    def array(self, closes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Readings over the whole of ``closes``."""
        column = "BBU_" if self.width > 0 else "BBL_"
        return column_of("bbands", (closes,), column, length=self.period, std=abs(self.width))


@dataclass(frozen=True, slots=True)
class Atr:
    """Average true range with Wilder's smoothing 1 / period, seeded with the first mean.

    Source: J. Welles Wilder, New Concepts in Technical Trading Systems (1978), section III.
    """

    period: int

    def candle_step(self) -> AtrStep:
        """A fresh step form."""
        return AtrStep(self.period)

    def candle_array(self, candles: Columns) -> NDArray[np.float64]:
        """Readings over a whole history."""
        inputs = (candles.high, candles.low, candles.close)
        return column_of("atr", inputs, length=self.period)


@dataclass(frozen=True, slots=True)
class UsualVolume:
    """Mean volume of the last ``period`` candles."""

    period: int

    def candle_step(self) -> UsualVolumeStep:
        """A fresh step form."""
        return UsualVolumeStep(self.period)

    def candle_array(self, candles: Columns) -> NDArray[np.float64]:
        """Readings over a whole history."""
        return one_of("sma", candles.volume, self.period)


class BandStep:
    """Step form of ``Band``: running sums of distances from a price near by keep the digits."""

    def __init__(self, period: int, width: float) -> None:
        self._window: deque[float] = deque(maxlen=period)
        self._period = period
        self._width = width
        self._near = self._sum = self._squares = 0.0
        self._until_exact = period

    def update(self, close: float) -> float:
        """The band after this close."""
        window, period = self._window, self._period
        if len(window) == period:
            left = window[0] - self._near
            self._sum -= left
            self._squares -= left * left
        window.append(close)
        distance = close - self._near
        self._sum += distance
        self._squares += distance * distance
        self._until_exact -= 1
        # Rounding errors gather, and prices move away: once a period all is taken afresh.
        if self._until_exact == 0:
            self._take_afresh()
        if len(window) < period:
            return math.nan
        mean = self._sum / period
        spread = math.sqrt(max(self._squares / period - mean * mean, 0.0))
        return self._near + mean + self._width * spread

    def _take_afresh(self) -> None:
        self._near = math.fsum(self._window) / len(self._window)
        distances = [each - self._near for each in self._window]
        self._sum = math.fsum(distances)
        self._squares = math.fsum([each * each for each in distances])
        self._until_exact = self._period


class AtrStep:
    """Step form of ``Atr``."""

    def __init__(self, period: int) -> None:
        self._period = period
        self._last = math.nan
        self._ranges = -1
        self._value = 0.0

    def update(self, candle: Candle) -> float:
        """Average range after this candle; the first has none, since no close stands before it."""
        last, self._last = self._last, candle.close
        self._ranges += 1
        if self._ranges == 0:
            return math.nan
        reach = max(candle.high, last) - min(candle.low, last)
        kept = min(self._ranges, self._period) - 1
        self._value = (self._value * kept + reach) / (kept + 1)
        return self._value if self._ranges >= self._period else math.nan


class UsualVolumeStep:
    """Step form of ``UsualVolume``."""

    def __init__(self, period: int) -> None:
        self._mean = SmaStep(period)

    def update(self, candle: Candle) -> float:
        """Mean volume after this candle."""
        return self._mean.update(candle.volume)
