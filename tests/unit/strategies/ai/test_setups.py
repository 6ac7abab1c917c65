"""When a model is worth asking."""

from itertools import pairwise

import pytest

from engine.core.signal import Action
from engine.strategies.ai.readings import Reader
from engine.strategies.ai.setups import setup
from tests.unit.strategies import real
from tests.unit.strategies.ai.make import candle, reading

BELOW = {"lower": 101.0, "rsi": 20.0}
ABOVE = {"upper": 99.0, "rsi": 80.0}


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (BELOW, {}, Action.BUY),
        (BELOW | {"rsi": 35.0}, {}, Action.HOLD),
        (BELOW, {"lower": 100.5}, Action.HOLD),
        (ABOVE, {}, Action.SELL),
        (ABOVE | {"rsi": 65.0}, {}, Action.HOLD),
        ({"histogram": -1.0}, {"histogram": 1.0, "volume_ratio": 1.2}, Action.BUY),
        ({"histogram": -1.0}, {"histogram": 1.0, "volume_ratio": 1.1}, Action.HOLD),
        ({"histogram": -1.0}, {"histogram": 1.0, "volume_ratio": 2.0, "rsi": 70.0}, Action.HOLD),
        ({"histogram": 1.0}, {"histogram": -1.0, "volume_ratio": 2.0}, Action.SELL),
        ({"histogram": 1.0}, {"histogram": 2.0, "volume_ratio": 2.0}, Action.HOLD),
        ({}, {}, Action.HOLD),
    ],
)
def test_a_turn_is_a_setup(before, now, said):
    assert setup(reading(**now), reading(**before)) is said


def test_indicators_that_are_not_there_yet_are_no_setup():
    readings = Reader().read([candle(n, 100.0 + n) for n in range(5)])

    assert {setup(*pair) for pair in zip(readings[1:], readings, strict=False)} == {Action.HOLD}


def test_a_day_of_setups_of_two_symbols_fits_into_the_daily_calls():
    frame = real.history("spot/BTCUSDT-1m-20260323_20260422")
    readings = Reader().read(real.candles(frame)[:30_000])
    found = [setup(now, old) for old, now in pairwise(readings)]
    per_day = sum(each is not Action.HOLD for each in found) / len(found) * 1440

    assert 40 < per_day < 100
