"""Indicators in two forms of one definition: a step per candle for live, an array for backtests.

Both forms read NaN until there are candles enough: ``period`` of them for an average, one more
for the RSI. The array forms come from pandas-ta-classic; the step forms repeat its definitions,
which are TA-Lib's.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from engine.strategies.library import one_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.core.market import Candle

MOTIONLESS = 50.0
"""RSI of a market that has not moved at all: neither side is stronger."""


class Step(Protocol):
    """Running indicator."""

    def update(self, close: float) -> float:
        """Reading after the next close; NaN while there are too few."""
        ...


class Indicator(Protocol):
    """Definition of an indicator; equal ones compare equal and may share their arrays."""

    @property
    def period(self) -> int:
        """Candles of its smoothing."""
        ...

    def step(self) -> Step:
        """A fresh step form."""
        ...

    def array(self, closes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Readings over the whole of ``closes``, equally long."""
        ...


class Columns(NamedTuple):
    """A contiguous history of candles as equally long float64 arrays."""

    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]


class CandleStep(Protocol):
    """Running indicator of more than closes."""

    def update(self, candle: Candle) -> float:
        """Reading after the next candle; NaN while there are too few."""
        ...


class CandleIndicator(Protocol):
    """Definition of an indicator that reads more of a candle than its close."""

    @property
    def period(self) -> int:
        """Candles of its smoothing."""
        ...

    def candle_step(self) -> CandleStep:
        """A fresh step form."""
        ...

    def candle_array(self, candles: Columns) -> NDArray[np.float64]:
        """Readings over a whole history, equally long."""
        ...


@dataclass(frozen=True, slots=True)
class Close:
    """The close itself."""

    period: int = 1

    def step(self) -> Close:
        """A fresh step form."""
        return self

    def update(self, close: float) -> float:
        """The close."""
        return close

    def array(self, closes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Readings over the whole of ``closes``."""
        return closes


@dataclass(frozen=True, slots=True)
class Sma:
    """Simple moving average of the last ``period`` closes."""

    period: int

    def step(self) -> SmaStep:
        """A fresh step form."""
        return SmaStep(self.period)

    def array(self, closes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Readings over the whole of ``closes``."""
        return one_of("sma", closes, self.period)


@dataclass(frozen=True, slots=True)
class Ema:
    """Exponential moving average, smoothing 2 / (period + 1), seeded with the first mean."""

    period: int

    def step(self) -> EmaStep:
        """A fresh step form."""
        return EmaStep(self.period)

    def array(self, closes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Readings over the whole of ``closes``."""
        return one_of("ema", closes, self.period)


@dataclass(frozen=True, slots=True)
class Rsi:
    """Relative strength index with Wilder's smoothing 1 / period, 0 to 100.

    Source: J. Welles Wilder, New Concepts in Technical Trading Systems (1978), section VI.
    """

    period: int

    def step(self) -> RsiStep:
        """A fresh step form."""
        return RsiStep(self.period)

    def array(self, closes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Readings over the whole of ``closes``."""
        import numpy as np

        readings = one_of("rsi", closes, self.period)
        settled = readings[self.period :]
        settled[np.isnan(settled)] = MOTIONLESS
        return readings


class SmaStep:
    """Step form of ``Sma``."""

    def __init__(self, period: int) -> None:
        self._window: deque[float] = deque(maxlen=period)
        self._period = period
        self._sum = 0.0
        self._until_exact = period

    def update(self, close: float) -> float:
        """Mean of the last ``period`` closes."""
        window = self._window
        leaving = window[0] if len(window) == self._period else 0.0
        window.append(close)
        self._sum += close - leaving
        self._until_exact -= 1
        # A running sum gathers rounding errors: once a period it is taken afresh.
        if self._until_exact == 0:
            self._sum = math.fsum(window)
            self._until_exact = self._period
        return self._sum / self._period if len(window) == self._period else math.nan


class EmaStep:
    """Step form of ``Ema``."""

    def __init__(self, period: int) -> None:
        self._smoothing = 2.0 / (period + 1)
        self._period = period
        self._seed: list[float] = []
        self._value = math.nan

    def update(self, close: float) -> float:
        """Average after this close."""
        if len(self._seed) == self._period:
            self._value += self._smoothing * (close - self._value)
            return self._value
        self._seed.append(close)
        if len(self._seed) == self._period:
            self._value = math.fsum(self._seed) / self._period
        return self._value


class RsiStep:
    """Step form of ``Rsi``."""

    def __init__(self, period: int) -> None:
        self._period = period
        self._last = math.nan
        self._changes = -1
        self._gain = 0.0
        self._loss = 0.0

    def update(self, close: float) -> float:
        """Index after this close."""
        change = close - self._last
        self._last = close
        self._changes += 1
        if self._changes == 0:
            return math.nan
        kept = min(self._changes, self._period) - 1
        self._gain = (self._gain * kept + max(change, 0.0)) / (kept + 1)
        self._loss = (self._loss * kept + max(-change, 0.0)) / (kept + 1)
        if self._changes < self._period:
            return math.nan
        moved = self._gain + self._loss
        return 100.0 * self._gain / moved if moved else MOTIONLESS
