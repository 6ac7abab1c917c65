"""What a model is shown of each candle: closes, RSI, MACD, Bollinger bands and volume."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine.core.market import Candle
from engine.strategies.indicators import Rsi
from engine.strategies.macd_lines import Macd, MacdSignal
from engine.strategies.ranges import Band, UsualVolume

RSI_PERIOD = 14
MACD_PERIODS = (12, 26, 9)
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


class Reader:
    """Readings of one stream, candle by candle."""

    def __init__(self) -> None:
        self._steps = _Steps()
        self._readings: list[Reading] = []

    def read(self, candles: Sequence[Candle]) -> list[Reading]:
        """Readings of the newest candles, at least those of this contiguous window.

        Only candles that were not seen before are reckoned; after a gap all are, anew.
        """
        known = self._readings
        if known and candles[0].open_time > known[-1].open_time:
            self._steps, known = _Steps(), []
        seen = known[-1].open_time if known else -1
        fresh = [self._steps.update(candle) for candle in candles if candle.open_time > seen]
        self._readings = [*known, *fresh][-len(candles) :]
        return self._readings


class _Steps:
    """The running indicators."""

    def __init__(self) -> None:
        self._rsi = Rsi(RSI_PERIOD).step()
        self._macd = Macd(*MACD_PERIODS).step()
        self._signal = MacdSignal(*MACD_PERIODS).step()
        self._upper = Band(BAND_PERIOD, BAND_WIDTH).step()
        self._lower = Band(BAND_PERIOD, -BAND_WIDTH).step()
        self._usual = UsualVolume(VOLUME_PERIOD).candle_step()

    def update(self, candle: Candle) -> Reading:
        close, usual = candle.close, self._usual.update(candle)
        macd, signal = self._macd.update(close), self._signal.update(close)
        return Reading(
            open_time=candle.open_time,
            close=close,
            volume=candle.volume,
            rsi=self._rsi.update(close),
            macd=macd,
            signal=signal,
            histogram=macd - signal,
            upper=self._upper.update(close),
            lower=self._lower.update(close),
            volume_ratio=candle.volume / usual if usual > 0 else math.nan,
        )
