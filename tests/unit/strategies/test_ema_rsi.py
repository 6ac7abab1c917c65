import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.market import Candle
from engine.core.signal import Action
from engine.strategies.ema_rsi import EMA_RSI
from tests.unit.strategies import real

SIGNS = {Action.BUY: 1, Action.SELL: -1, Action.HOLD: 0}
UP = ({"ema_fast": 10.1, "ema_slow": 10.0}, {"ema_fast": 9.9, "ema_slow": 10.0})
DOWN = ({"ema_fast": 9.9, "ema_slow": 10.0}, {"ema_fast": 10.1, "ema_slow": 10.0})


def verdict(crossing, rsi, **params):
    now, before = crossing
    cases = EMA_RSI.rule(EMA_RSI.validate(params), {**now, "rsi": rsi}, {**before, "rsi": rsi})
    return next(((c.action, c.reason) for c in cases if c.when), (Action.HOLD, EMA_RSI.otherwise))


def candle(close, at=0):
    return Candle(at, close, close, close, close, 1.0)


def live_signals(closes, **params):
    live = EMA_RSI.live(EMA_RSI.validate(params))
    return [live.update(candle(close, at)) for at, close in enumerate(closes)]


@pytest.mark.parametrize(
    ("crossing", "rsi", "mode", "expected"),
    [
        (UP, 64.9, "trend", (Action.BUY, "ema_cross_up")),
        (UP, 65.0, "trend", (Action.HOLD, "rsi_blocked_buy")),
        (DOWN, 35.1, "trend", (Action.SELL, "ema_cross_down")),
        (DOWN, 35.0, "trend", (Action.HOLD, "rsi_blocked_sell")),
        (UP, 34.9, "reversal", (Action.BUY, "ema_cross_up")),
        (UP, 35.0, "reversal", (Action.HOLD, "rsi_blocked_buy")),
        (DOWN, 65.1, "reversal", (Action.SELL, "ema_cross_down")),
        (DOWN, 65.0, "reversal", (Action.HOLD, "rsi_blocked_sell")),
    ],
)
def test_a_crossing_signals_where_the_filter_lets_it_pass(crossing, rsi, mode, expected):
    assert verdict(crossing, rsi, rsi_filter=mode) == expected


@pytest.mark.parametrize(
    ("fast_before", "fast_now", "reason"),
    [
        (10.0, 10.1, "ema_cross_up"),
        (10.0, 9.9, "ema_cross_down"),
        (10.1, 10.2, "no_cross"),
        (9.9, 10.0, "no_cross"),
        (10.1, 10.0, "no_cross"),
        (10.0 - 1e-13, 10.0 + 1e-13, "no_cross"),
        (10.0 + 1e-13, 10.1, "ema_cross_up"),
    ],
)
def test_touching_is_no_crossing_and_rounding_neither_makes_nor_hides_one(
    fast_before, fast_now, reason
):
    now = {"ema_fast": fast_now, "ema_slow": 10.0}
    before = {"ema_fast": fast_before, "ema_slow": 10.0}
    assert verdict((now, before), 50.0)[1] == reason


def test_the_candles_of_the_warm_up_never_signal_and_say_how_many_are_missing():
    closes = [100 + 5 * np.sin(i / 9) for i in range(260)]
    signals = live_signals(closes, overbought=99, oversold=1)
    assert {signal.reason for signal in signals[:210]} == {"warming_up"}
    assert signals[56].values == {"seen": 57.0, "needed": 210.0}
    assert "warming_up" not in {signal.reason for signal in signals[210:]}
    assert not EMA_RSI.array(EMA_RSI.validate({}), np.array(closes)).signals[:210].any()
    assert {signal.action for signal in signals} == {Action.BUY, Action.SELL, Action.HOLD}


def test_a_signal_carries_the_candle_and_the_readings_behind_it():
    signal = live_signals([100 + i % 7 for i in range(230)])[-1]
    assert (signal.candle_open, signal.close) == (229, 100 + 229 % 7)
    assert set(signal.values) == {"ema_fast", "ema_slow", "rsi"}
    assert signal.values["ema_slow"] == pytest.approx(103, abs=1)


def test_a_history_shorter_than_the_warm_up_holds_throughout():
    for size in (1, 20, 210):
        assert not EMA_RSI.array(EMA_RSI.validate({}), np.linspace(1, 2, size)).signals.any()


def test_a_jump_out_of_a_motionless_market_is_a_crossing_wherever_the_history_begins():
    moving = [0.02 * (1 + (i % 5) / 100) for i in range(300)]
    closes = [*moving, *[0.02] * 400, 0.0202]
    for history in (closes, closes[-300:]):
        signals = live_signals(history)
        assert {signal.reason for signal in signals[-50:-1]} == {"no_cross"}
        assert signals[-1].reason == "rsi_blocked_buy"


@given(
    moves=st.lists(st.floats(-0.03, 0.03) | st.just(0.0), min_size=1, max_size=60),
    mode=st.sampled_from(["trend", "reversal"]),
    flat=st.integers(200, 260),
)
def test_live_signals_are_backtest_signals(moves, mode, flat):
    params = EMA_RSI.validate({"ema_fast": 3, "ema_slow": 8, "rsi_filter": mode})
    closes = np.array([*[50.0] * flat, *(50.0 * np.cumprod(1 + np.array(moves)))])
    live = EMA_RSI.live(params)
    stepped = [SIGNS[live.update(candle(float(close))).action] for close in closes]
    assert EMA_RSI.array(params, closes).signals.tolist() == stepped


@pytest.mark.parametrize("raw", [{}, {"ema_fast": 50, "ema_slow": 200, "rsi_period": 14}])
def test_live_signals_are_backtest_signals_over_a_year_of_minutes(raw):
    frame = real.history("spot/BTCUSDT-1m-20230701_20240625")
    params = EMA_RSI.validate(raw)
    array = EMA_RSI.array(params, frame["close"].to_numpy()).signals
    live = EMA_RSI.live(params)
    stepped = np.array([SIGNS[live.update(row).action] for row in real.candles(frame)])
    assert len(stepped) == 519_840
    assert np.flatnonzero(stepped != array).tolist() == []
    assert (array != 0).sum() > 1_500


@pytest.mark.parametrize("raw", [{}, {"ema_fast": 50, "ema_slow": 200}])
def test_a_bot_that_starts_with_its_warm_up_alone_signals_as_if_it_had_run_for_ever(raw):
    frame = real.history("spot/BTCUSDT-1m-20210515_20210522")
    params = EMA_RSI.validate(raw)
    warmup = EMA_RSI.warmup(params)
    closes = frame["close"].to_numpy()
    full = EMA_RSI.array(params, closes).signals
    for start in range(1_000, len(closes) - warmup - 500, 1_000):
        judged = slice(start + warmup, start + warmup + 500)
        late = EMA_RSI.array(params, closes[start : judged.stop]).signals
        assert (late[warmup:] == full[judged]).all()
