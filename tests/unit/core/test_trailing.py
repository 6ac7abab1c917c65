"""A trailing stop follows the best price of closed candles, and never loosens."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.market import Candle
from engine.core.position import PositionSide, PositionState
from engine.core.trailing import trail
from tests.unit.core.build import NOW, D, config, position, rules

MINUTE = 60_000
OPENED = NOW // MINUTE * MINUTE
TRAILING = config(trailing_stop=D(1))
PRICES = st.floats(40_000, 60_000, allow_nan=False).map(lambda price: round(price, 2))
CANDLES = st.lists(st.tuples(PRICES, PRICES), max_size=12)


def candle(high, low, number=0):
    """The candle of the entry, or one that many minutes later."""
    return Candle(OPENED + number * MINUTE, low, high, low, high, 1.0)


def short(**changes):
    levels = {"stop_price": D(50_500), "target_price": D(49_000)}
    return position(side=PositionSide.SHORT, **levels | changes)


def test_the_stop_follows_the_highest_price_of_a_long():
    moved = trail(position(), TRAILING, rules(), [candle(50_600, 49_900)])

    assert (moved.best_price, moved.stop_price) == (D(50_600), D(50_094))


def test_the_stop_follows_the_lowest_price_of_a_short():
    moved = trail(short(), TRAILING, rules(), [candle(50_100, 49_400)])

    assert (moved.best_price, moved.stop_price) == (D(49_400), D(49_894))


def test_it_waits_for_its_activation():
    later = config(trailing_stop=D("0.5"), trailing_activation=D(2))

    assert trail(position(), later, rules(), [candle(50_999, 50_000)]) is None
    assert trail(position(), later, rules(), [candle(51_000, 50_000)]).stop_price == D(50_745)


def test_candles_before_the_entry_do_not_count():
    assert trail(position(), TRAILING, rules(), [candle(59_000, 50_000, -1)]) is None


def test_a_step_smaller_than_a_tick_moves_nothing():
    held = replace(position(), stop_price=D("50094.00"), best_price=D(50_600))

    assert trail(held, TRAILING, rules(tick_size=D(10)), [candle(50_601, 50_000)]).stop_price == (
        D(50_100)
    )
    assert trail(held, TRAILING, rules(tick_size=D(100)), [candle(50_000, 50_000)]).stop_price == (
        D(50_100)
    )
    assert trail(held, TRAILING, rules(), [candle(50_600.004, 50_000)]) is not None
    assert trail(held, TRAILING, rules(), [candle(50_600, 50_000)]) is None


@pytest.mark.parametrize(
    "changes",
    [{"state": PositionState.CLOSING}, {"guarded": False}, {"entry_qty": D(0)}],
    ids=["closing", "kept without orders", "nothing held yet"],
)
def test_only_an_open_guarded_position_trails(changes):
    assert trail(position(**changes), TRAILING, rules(), [candle(59_000, 50_000)]) is None


@given(st.sampled_from(PositionSide), CANDLES)
def test_it_never_loosens_whatever_comes(side, moves):
    held = position() if side is PositionSide.LONG else short()
    for number, (one, other) in enumerate(moves):
        moved = trail(held, TRAILING, rules(), [candle(max(one, other), min(one, other), number)])
        if moved is None:
            continue
        sign = 1 if side is PositionSide.LONG else -1
        assert (moved.stop_price - held.stop_price) * sign > 0
        held = moved


@given(st.sampled_from(PositionSide), CANDLES)
def test_seen_one_by_one_or_all_at_once_the_stop_ends_in_the_same_place(side, moves):
    start = position() if side is PositionSide.LONG else short()
    candles = [candle(max(pair), min(pair), n) for n, pair in enumerate(moves)]

    stepwise = start
    for each in candles:
        stepwise = trail(stepwise, TRAILING, rules(), [each]) or stepwise
    at_once = trail(start, TRAILING, rules(), candles) or start

    assert stepwise.stop_price == at_once.stop_price
