"""What holds for every strategy with one rule: live signals are backtest signals."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.market import Candle
from engine.core.signal import Action
from engine.strategies.registry import BUILT_IN
from engine.strategies.rules import RuleStrategy
from tests.unit.strategies import real

SIGNS = {Action.BUY: 1, Action.SELL: -1, Action.HOLD: 0}
SETTINGS = [
    ("ema_rsi", {}),
    ("ema_rsi", {"ema_fast": 50, "ema_slow": 200, "rsi_period": 14}),
    ("ema_rsi", {"rsi_filter": "reversal"}),
    ("rsi_sma", {}),
    ("rsi_sma", {"confirm": True}),
    ("rsi_sma", {"confirm": True, "sma_period": 200}),
    ("macd", {}),
    ("macd", {"macd_fast": 50, "macd_slow": 200, "macd_signal": 30}),
    ("bollinger", {}),
    ("bollinger", {"band_period": 200, "band_width": 1.5}),
    ("ema_cross", {}),
    ("ema_cross", {"ema_fast": 50, "ema_slow": 200}),
]
MARKETS = [
    "spot/BTCUSDT-1m-20210515_20210522",
    "spot/SHIBUSDT-1m-20211102_20211202",
    "um/DOGEUSDT-1m-20250525_20250624",
]


def stepped(strategy, params, candles):
    """The step form's verdicts as +1, -1 and 0."""
    live = strategy.live(params)
    return np.array([SIGNS[live.update(candle).action] for candle in candles])


def verdict(name, now, before=None, **params):
    """What a rule makes of readings."""
    strategy = BUILT_IN[name]
    cases = strategy.rule(strategy.validate(params), now, before or now)
    return next(((c.action, c.reason) for c in cases if c.when), (Action.HOLD, strategy.otherwise))


def test_every_rule_is_tried():
    rules = {name for name, each in BUILT_IN.items() if isinstance(each, RuleStrategy)}
    assert rules == {name for name, _ in SETTINGS}


@pytest.mark.parametrize(("name", "raw"), SETTINGS)
@settings(deadline=None)
@given(moves=st.lists(st.floats(-0.03, 0.03) | st.just(0.0), min_size=1, max_size=60))
def test_live_signals_are_backtest_signals(name, raw, moves):
    strategy = BUILT_IN[name]
    params = strategy.validate(raw)
    moving = [50.0 + (i % 7) / 10 for i in range(100)]
    flat = [50.0] * strategy.warmup(params)
    closes = [*moving, *flat, *(50.0 * np.cumprod(1 + np.array(moves)))]
    candles = [Candle(at, c, c, c, c, 1.0) for at, c in enumerate(map(float, closes))]
    array = strategy.array(params, real.flat(closes)).signals
    assert array.tolist() == stepped(strategy, params, candles).tolist()


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize(("name", "raw"), SETTINGS)
def test_live_signals_are_backtest_signals_on_real_candles(market, name, raw):
    strategy, frame = BUILT_IN[name], real.history(market)[:8_000]
    params = strategy.validate(raw)
    array = strategy.array(params, real.columns(frame)).signals
    live = stepped(strategy, params, real.candles(frame))
    assert np.flatnonzero(live != array).tolist() == []
    # A reversal is asked for where the RSI is rarely on the right side.
    assert len(Counter(array.tolist())) == (1 if raw.get("rsi_filter") else 3)


@pytest.mark.parametrize(("name", "raw"), SETTINGS)
def test_a_bot_that_starts_with_its_warm_up_alone_signals_as_if_it_had_run_for_ever(name, raw):
    strategy = BUILT_IN[name]
    params = strategy.validate(raw)
    warmup = strategy.warmup(params)
    candles = real.columns(real.history(MARKETS[0]))
    full = strategy.array(params, candles).signals
    for start in range(1_000, len(full) - warmup - 500, 1_000):
        judged = slice(start + warmup, start + warmup + 500)
        late = strategy.array(params, real.part(candles, slice(start, judged.stop))).signals
        assert (late[warmup:] == full[judged]).all()


@pytest.mark.parametrize(
    ("rsi", "sma", "confirm", "expected"),
    [
        (29.9, (9.0, 10.0), False, (Action.BUY, "rsi_cheap")),
        (29.9, (10.0, 9.0), False, (Action.BUY, "rsi_cheap")),
        (30.0, (9.0, 10.0), False, (Action.HOLD, "rsi_between")),
        (70.0, (9.0, 10.0), False, (Action.HOLD, "rsi_between")),
        (70.1, (9.0, 10.0), False, (Action.SELL, "rsi_dear")),
        (29.9, (9.0, 10.0), True, (Action.BUY, "rsi_cheap")),
        (29.9, (10.0, 10.0 + 1e-13), True, (Action.HOLD, "rsi_cheap_unconfirmed")),
        (29.9, (10.0, 9.0), True, (Action.HOLD, "rsi_cheap_unconfirmed")),
        (70.1, (10.0, 9.0), True, (Action.SELL, "rsi_dear")),
        (70.1, (9.0, 10.0), True, (Action.HOLD, "rsi_dear_unconfirmed")),
        (50.0, (9.0, 10.0), True, (Action.HOLD, "rsi_between")),
    ],
)
def test_the_rsi_signals_in_its_zones_and_the_average_confirms(rsi, sma, confirm, expected):
    before, now = ({"rsi": rsi, "sma": value} for value in sma)
    assert verdict("rsi_sma", now, before, confirm=confirm) == expected


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ((-1.0, 0.0), (1.0, 0.0), (Action.BUY, "macd_cross_up")),
        ((1.0, 0.0), (-1.0, 0.0), (Action.SELL, "macd_cross_down")),
        ((1.0, 0.0), (2.0, 0.0), (Action.HOLD, "no_macd_cross")),
        ((-1e-9, 0.0), (1e-9, 0.0), (Action.HOLD, "no_macd_cross")),
    ],
)
def test_the_macd_crosses_its_line_by_more_than_the_rounding_of_the_price(before, now, expected):
    before, now = (
        {"macd": macd, "macd_signal": line, "close": 50_000.0} for macd, line in (before, now)
    )
    assert verdict("macd", now, before) == expected


@pytest.mark.parametrize(
    ("close", "expected"),
    [
        (89.9, (Action.BUY, "below_band")),
        (90.0, (Action.HOLD, "within_bands")),
        (110.0, (Action.HOLD, "within_bands")),
        (110.1, (Action.SELL, "above_band")),
    ],
)
def test_a_close_beyond_a_band_signals_and_one_on_it_does_not(close, expected):
    assert verdict("bollinger", {"close": close, "lower": 90.0, "upper": 110.0}) == expected


def test_a_motionless_market_lies_within_its_bands():
    strategy = BUILT_IN["bollinger"]
    closes = [*(0.02 + (i % 5) / 1000 for i in range(200)), *[0.0213] * 300]
    assert not strategy.array(strategy.validate({}), real.flat(closes)).signals[220:].any()


def test_plain_averages_signal_where_the_rsi_would_hold_back():
    up = ({"ema_fast": 10.1, "ema_slow": 10.0}, {"ema_fast": 9.9, "ema_slow": 10.0})
    assert verdict("ema_cross", *up) == (Action.BUY, "plain_cross_up")
    assert verdict("ema_cross", *reversed(up)) == (Action.SELL, "plain_cross_down")
    assert verdict("ema_cross", up[0]) == (Action.HOLD, "no_plain_cross")
