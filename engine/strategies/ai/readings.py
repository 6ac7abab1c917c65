"""What a model is shown of each candle: closes, RSI, MACD, Bollinger bands and volume."""

import math
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from engine.core.market import Candle
from engine.strategies.indicators import EmaStep, RsiStep

RSI_PERIOD = 14
MACD_FAST, MACD_SLOW, MACD_SIGNAL = 12, 26, 9
BAND_PERIOD, BAND_WIDTH = 20, 2.0
VOLUME_PERIOD = 20


class Reading(NamedTuple):
    """One closed candle with its indicators; NaN while there are too few candles.

    ``histogram`` is MACD less its signal line; the bands lie 2 population standard deviations
    around the mean of 20 closes; ``volume_ratio`` is the volume over the mean of the last 20.
    """

    open_time: int
    close: float
    volume: float
    rsi: float
    macd: float
    signal: float
    histogram: float
    upper: float
    lower: float
    volume_ratio: float


def read(candles: Sequence[Candle]) -> list[Reading]:
    """One reading per candle of a contiguous history, oldest first."""
    step = _Steps()
    return [step.update(candle) for candle in candles]


class _Steps:
    """The running indicators."""

    def __init__(self) -> None:
        self._rsi = RsiStep(RSI_PERIOD)
        self._fast, self._slow = EmaStep(MACD_FAST), EmaStep(MACD_SLOW)
        self._signal = EmaStep(MACD_SIGNAL)
        self._closes: deque[float] = deque(maxlen=BAND_PERIOD)
        self._volumes: deque[float] = deque(maxlen=VOLUME_PERIOD)

    def update(self, candle: Candle) -> Reading:
        close = candle.close
        self._closes.append(close)
        self._volumes.append(candle.volume)
        macd = self._fast.update(close) - self._slow.update(close)
        signal = math.nan if math.isnan(macd) else self._signal.update(macd)
        lower, upper = self._bands()
        usual = math.fsum(self._volumes) / VOLUME_PERIOD
        full = len(self._volumes) == VOLUME_PERIOD and usual > 0
        return Reading(
            open_time=candle.open_time,
            close=close,
            volume=candle.volume,
            rsi=self._rsi.update(close),
            macd=macd,
            signal=signal,
            histogram=macd - signal,
            upper=upper,
            lower=lower,
            volume_ratio=candle.volume / usual if full else math.nan,
        )

    def _bands(self) -> tuple[float, float]:
        if len(self._closes) < BAND_PERIOD:
            return math.nan, math.nan
        mean = math.fsum(self._closes) / BAND_PERIOD
        spread = math.sqrt(math.fsum((c - mean) ** 2 for c in self._closes) / BAND_PERIOD)
        return mean - BAND_WIDTH * spread, mean + BAND_WIDTH * spread
