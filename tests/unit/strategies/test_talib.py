"""Both forms of every indicator against TA-Lib, which is asked by the tests alone."""

import numpy as np
import pytest
import talib

from engine.strategies.indicators import Ema, Rsi, Sma
from engine.strategies.macd_lines import Macd, MacdSignal
from engine.strategies.ranges import Atr, Band, UsualVolume
from engine.strategies.rules import reading_of
from tests.unit.strategies import real

MARKETS = [
    "spot/BTCUSDT-1m-20210515_20210522",
    "spot/SHIBUSDT-1m-20211102_20211202",
    "um/1000SHIBUSDT-1h-20210510_20260607",
]
WARMUP = 500
CASES = [
    (Sma(50), lambda c: talib.SMA(c.close, 50)),
    (Ema(8), lambda c: talib.EMA(c.close, 8)),
    (Ema(21), lambda c: talib.EMA(c.close, 21)),
    (Rsi(7), lambda c: talib.RSI(c.close, 7)),
    (Rsi(14), lambda c: talib.RSI(c.close, 14)),
    (Macd(12, 26, 9), lambda c: talib.MACD(c.close, 12, 26, 9)[0]),
    (MacdSignal(12, 26, 9), lambda c: talib.MACD(c.close, 12, 26, 9)[1]),
    (Band(20, 2.0), lambda c: talib.BBANDS(c.close, 20, 2, 2)[0]),
    (Band(20, -2.0), lambda c: talib.BBANDS(c.close, 20, 2, 2)[2]),
    (Atr(14), lambda c: talib.ATR(c.high, c.low, c.close, 14)),
    (UsualVolume(20), lambda c: talib.SMA(c.volume, 20)),
]


def step_form(indicator, candles):
    if hasattr(indicator, "step"):
        step = indicator.step()
        return np.array([step.update(candle.close) for candle in candles])
    step = indicator.candle_step()
    return np.array([step.update(candle) for candle in candles])


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize(("indicator", "reference"), CASES, ids=[str(case[0]) for case in CASES])
def test_both_forms_read_what_talib_reads(indicator, reference, market):
    frame = real.history(market).astype(float)[:10_000]
    columns = real.columns(frame)
    # TA-Lib's RSI takes averages of moves below 1e-14 for none: tiny prices are scaled up for it.
    grown = columns._replace(
        **{name: getattr(columns, name) * 1e6 for name in ("high", "low", "close")}
    )
    priced = not isinstance(indicator, Rsi | UsualVolume)
    expected = reference(grown)[WARMUP:] / (1e6 if priced else 1.0)
    forms = reading_of(indicator, columns), step_form(indicator, real.candles(frame))
    size = np.abs(columns.volume if isinstance(indicator, UsualVolume) else columns.close)
    scale = 1.0 if isinstance(indicator, Rsi) else size.max()
    for form in forms:
        np.testing.assert_allclose(form[WARMUP:], expected, rtol=0, atol=1e-8 * scale)
    assert np.isfinite(expected).all()
