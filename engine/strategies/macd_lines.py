"""MACD: the distance of two exponential averages, and the average of that distance.

Source: Gerald Appel, Technical Analysis: Power Tools for Active Investors (2005), chapter 8. The
quick average begins with its own first mean, as in TA-Lib.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.strategies.indicators import EmaStep
from engine.strategies.library import column_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class _Settings:
    """Candles of both averages and of the signal line."""

    fast: int
    slow: int
    signal: int

    @property
    def period(self) -> int:
        """Candles of the slowest smoothing."""
        return max(self.slow, self.signal)


@dataclass(frozen=True, slots=True)
class Macd(_Settings):
    """Quick less slow exponential average; NaN until ``slow`` and ``signal`` allow both lines."""

    def step(self) -> MacdStep:
        """A fresh step form."""
        return MacdStep(self)

    def array(self, closes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Readings over the whole of ``closes``."""
        return _array("MACD_", self, closes)


@dataclass(frozen=True, slots=True)
class MacdSignal(_Settings):
    """Exponential average of the MACD over ``signal`` candles."""

    def step(self) -> MacdSignalStep:
        """A fresh step form."""
        return MacdSignalStep(self)

    def array(self, closes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Readings over the whole of ``closes``."""
        return _array("MACDs_", self, closes)


class MacdStep:
    """Step form of ``Macd``."""

    def __init__(self, settings: _Settings) -> None:
        self._fast, self._slow = EmaStep(settings.fast), EmaStep(settings.slow)

    def update(self, close: float) -> float:
        """Distance of the averages after this close."""
        return self._fast.update(close) - self._slow.update(close)


class MacdSignalStep:
    """Step form of ``MacdSignal``."""

    def __init__(self, settings: _Settings) -> None:
        self._macd = MacdStep(settings)
        self._average = EmaStep(settings.signal)

    def update(self, close: float) -> float:
        """Average distance after this close."""
        macd = self._macd.update(close)
        return macd if math.isnan(macd) else self._average.update(macd)


def _array(column: str, settings: _Settings, closes: NDArray[np.float64]) -> NDArray[np.float64]:
    periods = {"fast": settings.fast, "slow": settings.slow, "signal": settings.signal}
    return column_of("macd", (closes,), column, **periods)
