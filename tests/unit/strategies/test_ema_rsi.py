import numpy as np
import pytest

from engine.core.market import Candle
from engine.core.signal import Action
from engine.strategies.ema_rsi import EMA_RSI
from tests.unit.strategies import real

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
    assert not EMA_RSI.array(EMA_RSI.validate({}), real.flat(closes)).signals[:210].any()
    assert {signal.action for signal in signals} == {Action.BUY, Action.SELL, Action.HOLD}


def test_a_signal_carries_the_candle_and_the_readings_behind_it():
    signal = live_signals([100 + i % 7 for i in range(230)])[-1]
    assert (signal.candle_open, signal.close) == (229, 100 + 229 % 7)
    assert set(signal.values) == {"ema_fast", "ema_slow", "rsi"}
    assert signal.values["ema_slow"] == pytest.approx(103, abs=1)


def test_a_history_shorter_than_the_warm_up_holds_throughout():
    for size in (1, 20, 210):
        assert not EMA_RSI.array(
            EMA_RSI.validate({}), real.flat(np.linspace(1, 2, size))
        ).signals.any()


def test_a_jump_out_of_a_motionless_market_is_a_crossing_wherever_the_history_begins():
    moving = [0.02 * (1 + (i % 5) / 100) for i in range(300)]
    closes = [*moving, *[0.02] * 400, 0.0202]
    for history in (closes, closes[-300:]):
        signals = live_signals(history)
        assert {signal.reason for signal in signals[-50:-1]} == {"no_cross"}
        assert signals[-1].reason == "rsi_blocked_buy"
