import json
import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.strategies.indicators import MOTIONLESS, Ema, Rsi, Sma
from engine.strategies.macd_lines import Macd, MacdSignal
from engine.strategies.ranges import Atr, Band, UsualVolume
from engine.strategies.rules import reading_of
from tests.unit.strategies import real

FORMS = [Sma, Ema, Rsi]
ALL_FORMS = [
    Sma,
    Ema,
    Rsi,
    lambda period: Macd(period, 2 * period + 1, 1 + period // 2),
    lambda period: MacdSignal(period, 2 * period + 1, 1 + period // 2),
    lambda period: Band(period, 2.0),
    lambda period: Band(period, -1.5),
    Atr,
    UsualVolume,
]
WALK = st.lists(st.floats(-0.05, 0.05) | st.just(0.0), min_size=1, max_size=150)


def stepped(indicator, closes):
    step = indicator.step()
    return np.array([step.update(float(close)) for close in closes])


def stepped_candles(indicator, frame):
    if hasattr(indicator, "step"):
        return stepped(indicator, frame["close"])
    step = indicator.candle_step()
    return np.array([step.update(candle) for candle in real.candles(frame)])


def assert_forms_agree(indicator, frame):
    scale = 1.0 if isinstance(indicator, Rsi) else float(frame["high"].max())
    if isinstance(indicator, UsualVolume):
        scale = float(frame["volume"].max())
    array = reading_of(indicator, real.columns(frame))
    assert array.shape == (len(frame),)
    steps = stepped_candles(indicator, frame)
    settled = 3 * indicator.period if isinstance(indicator, Macd | MacdSignal) else 0
    np.testing.assert_allclose(steps[settled:], array[settled:], rtol=0, atol=1e-9 * scale)


def frame_of(closes, wicks):
    """Candles that reach beyond their closes by these shares."""
    closes, wicks = np.asarray(closes), np.resize(np.asarray(wicks), len(closes))
    columns = (range(len(closes)), closes, closes * (1 + wicks), closes * (1 - wicks), closes)
    names = ("open_time", "open", "high", "low", "close")
    return pd.DataFrame(dict(zip(names, columns, strict=True)) | {"volume": 1e3 * wicks})


@pytest.mark.parametrize("form", ALL_FORMS)
@given(
    start=st.sampled_from([1e-8, 0.07, 1.0, 43_210.5]),
    moves=WALK,
    wicks=st.lists(st.floats(0.001, 0.05), min_size=1, max_size=9),
    period=st.integers(2, 40),
)
def test_both_forms_agree_on_random_walks(form, start, moves, wicks, period):
    closes = start * np.cumprod(1 + np.array(moves))
    assert_forms_agree(form(period), frame_of(closes, wicks))


@pytest.mark.parametrize("form", ALL_FORMS)
@pytest.mark.parametrize("period", [7, 14, 200])
@pytest.mark.parametrize(
    "name", ["spot/SHIBUSDT-1m-20211102_20211202", "spot/BTCUSDT-1m-20210515_20210522"]
)
def test_both_forms_agree_on_real_candles(form, period, name):
    assert_forms_agree(form(period), real.history(name))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [0, 1, 6, 7, 8])
def test_both_forms_read_nothing_until_there_are_enough_closes(form, size):
    closes = np.linspace(1.0, 2.0, size)
    array = form(7).array(closes)
    needed = 8 if form is Rsi else 7
    assert np.isnan(array[: needed - 1]).all()
    assert not np.isnan(array[needed - 1 :]).any()
    np.testing.assert_allclose(stepped(form(7), closes), array, rtol=1e-12)


def test_an_average_is_seeded_with_the_first_mean_and_smoothed_by_two_over_period_plus_one():
    readings = stepped(Ema(3), [1.0, 2.0, 6.0, 7.0])
    assert math.isnan(readings[1])
    assert readings[2:].tolist() == [3.0, 5.0]


def test_the_strength_of_a_market_that_never_moved_is_neutral_in_both_forms():
    closes = np.full(40, 0.25)
    assert stepped(Rsi(7), closes)[-1] == MOTIONLESS
    assert Rsi(7).array(closes)[-1] == MOTIONLESS


def test_the_strength_reads_100_after_rises_alone_and_0_after_falls_alone():
    assert stepped(Rsi(3), [1, 2, 3, 4])[-1] == 100.0
    assert stepped(Rsi(3), [4, 3, 2, 1])[-1] == 0.0


def test_a_running_mean_forgets_a_huge_price_without_a_trace():
    closes = [1e15, *[0.1] * 9]
    assert stepped(Sma(3), closes)[-1] == pytest.approx(0.1, rel=1e-15)


def published(name):
    tables = json.loads(real.path("indicators/chartschool_published.json").read_text())["tables"]
    table = next(table for table in tables if table["indicator"] == name)
    source = table if isinstance(table["closes"], list) else tables[1]
    return table, source["closes"]


@pytest.mark.parametrize("form", FORMS)
def test_readings_match_the_published_tables(form):
    table, closes = published(form.__name__.upper())
    readings = stepped(form(table["period"]), closes)[table["first_index"] :]
    np.testing.assert_allclose(readings, table["expected"], rtol=0, atol=table["tolerance"])


@pytest.mark.parametrize(("form", "name"), [(Sma, "sma"), (Rsi, "rsi")])
def test_readings_match_a_foreign_library(form, name):
    cases = json.loads(real.path("indicators/tulip_regression.json").read_text())["cases"]
    case = next(case for case in cases if case["indicator"] == name)
    expected = case["expected"][name]
    readings = stepped(form(int(case["options"]["period"])), case["inputs"]["real"])
    np.testing.assert_allclose(readings[-len(expected) :], expected, rtol=0, atol=1e-3)


def tulip(name):
    cases = json.loads(real.path("indicators/tulip_regression.json").read_text())["cases"]
    return next(case for case in cases if case["indicator"] == name)


def test_bands_match_a_foreign_library():
    case = tulip("bbands")
    period, width = int(case["options"]["period"]), float(case["options"]["stddev"])
    for name, sign in (("bbands_lower", -1), ("bbands_upper", 1)):
        expected = case["expected"][name]
        readings = stepped(Band(period, sign * width), case["inputs"]["real"])
        np.testing.assert_allclose(readings[-len(expected) :], expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    ("form", "column", "tolerance"),
    [(Sma, "SMA14", 0.006), (Ema, "EMA14", 0.006), (Rsi, "RSI 14 Wilder", 6e-5)],
)
def test_readings_match_a_charting_platform(form, column, tolerance):
    file = real.path("indicators/lean/spy_with_indicators.csv")
    frame = pd.read_csv(file, comment="#")
    readings = stepped(form(14), frame["Close"])
    expected = frame[column].to_numpy()
    known = ~np.isnan(expected) & (np.arange(len(frame)) >= 14)
    np.testing.assert_allclose(readings[known], expected[known], rtol=0, atol=tolerance)


def test_importing_the_strategies_imports_neither_numpy_nor_pandas():
    code = (
        "import sys, engine.strategies.registry;"
        "sys.exit(bool({'numpy', 'pandas'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
