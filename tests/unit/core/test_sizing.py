"""An entry never violates a filter, and what it bought can be sold at its stop."""

from dataclasses import replace
from decimal import localcontext

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.core.bot_config import Sizing
from engine.core.exits import stop_price, target_price
from engine.core.market import Market
from engine.core.money import floor_to_step
from engine.core.signal import Advice
from engine.core.sizing import (
    Size,
    TooSmall,
    size_entry,
    smallest_entry,
    stake_of,
    stop_percent,
    wanted_quote,
)
from tests.unit.core.build import D, config, decimals, rules, steps

FEE = D("0.001")
# Most random symbols are too coarse for most random sizes: those examples are passed over.
COARSE = settings(suppress_health_check=[HealthCheck.filter_too_much])


@st.composite
def symbols(draw):
    """Rules of a symbol and a price on its tick grid."""
    step, tick = draw(steps()), draw(steps())
    price = floor_to_step(draw(decimals("0.01", "100000", 2)), tick)
    assume(price > 0)
    made = rules(
        step_size=step,
        tick_size=tick,
        min_qty=step * draw(st.integers(1, 20)),
        max_qty=step * draw(st.integers(1_000, 10_000_000)),
        market_step_size=draw(st.sampled_from([D(0), step, step * 10])),
        market_min_qty=draw(st.sampled_from([D(0), step * 30])),
        market_max_qty=draw(st.sampled_from([D(0), step * 500])),
        min_notional=D(draw(st.sampled_from([0, 1, 5, 10, 100]))),
        max_notional=D(draw(st.sampled_from([0, 1_000, 9_000_000]))),
    )
    return made, price


BOTS = st.builds(
    config,
    sizing=st.just(Sizing.FIXED),
    size=decimals("0.01", "100000", 2),
    stop_loss=decimals("0.1", "50", 1),
    take_profit=decimals("0.1", "50", 1),
    max_position=decimals("0.1", "100", 1),
)
RISKY = st.builds(
    config,
    market=st.just(Market.FUTURES),
    leverage=st.integers(1, 50),
    sizing=st.just(Sizing.RISK),
    size=decimals("0.01", "10", 2),
    stop_loss=decimals("0.1", "50", 1),
    max_position=decimals("0.1", "100", 1),
)
ADVICE = st.none() | st.builds(
    Advice,
    stop_loss=st.none() | decimals("0.1", "10", 2),
    take_profit=st.none() | decimals("0.1", "10", 2),
    size_factor=decimals("0.01", "1", 2),
)


@COARSE
@given(symbols(), BOTS, decimals("1", "1000000", 2))
def test_a_size_meets_every_filter(symbol, bot, capital):
    known, price = symbol

    size = size_entry(bot, known, price, capital)

    assume(isinstance(size, Size))
    step = max(known.step_size, known.market_step_size)
    assert size.quantity % step == 0
    assert size.quantity >= max(known.min_qty, known.market_min_qty)
    assert size.quantity <= known.max_qty
    assert not known.market_max_qty or size.quantity <= known.market_max_qty
    assert size.notional == size.quantity * price >= known.min_notional
    assert not known.max_notional or size.notional <= known.max_notional


@COARSE
@given(symbols(), BOTS, decimals("1", "1000000", 2))
def test_a_size_never_exceeds_what_was_asked_for_or_the_cap(symbol, bot, capital):
    known, price = symbol

    size = size_entry(bot, known, price, capital)

    assume(isinstance(size, Size))
    assert size.notional <= bot.size
    assert size.notional <= capital * bot.max_position / 100


@COARSE
@given(symbols(), BOTS, decimals("1", "1000000", 2))
def test_what_was_bought_can_be_sold_at_its_stop(symbol, bot, capital):
    known, price = symbol
    size = size_entry(bot, known, price, capital)
    assume(isinstance(size, Size))

    step = max(known.step_size, known.market_step_size)
    left = floor_to_step(size.quantity * (1 - FEE), step)
    stop = stop_price(price, bot.stop_loss, known, long=True)

    assert left >= known.min_qty
    assert left * stop >= known.min_notional


@COARSE
@given(symbols(), RISKY, ADVICE, decimals("1", "1000000", 2), st.booleans())
def test_a_size_by_risk_loses_at_its_stop_at_most_the_risk_and_stays_under_its_cap(
    symbol, bot, advice, balance, long
):
    known, price = symbol
    known = replace(known, market=Market.FUTURES)

    size = size_entry(bot, known, price, balance, advice)

    assume(isinstance(size, Size))
    stop = stop_price(price, stop_percent(bot, advice), known, long=long)
    lost = size.quantity * abs(price - stop)
    factor = advice.size_factor if advice else D(1)
    exact = D("1e-18")  # of rounding in the last of 28 digits
    assert lost <= balance * bot.size / 100 * factor * (1 + exact)
    assert size.notional / bot.leverage <= balance * bot.max_position / 100 * factor * (1 + exact)


@pytest.mark.parametrize(
    ("leverage", "stop", "cap", "advice", "stake"),
    [
        (1, "1", "100", None, "1000"),  # 1 % of 1000 is 10: lost by 1 % of 1000
        (1, "2", "100", None, "500"),
        (10, "2", "100", None, "50"),  # the same position, on a tenth of the money
        (1, "1", "10", None, "100"),  # cut at the cap
        (1, "2", "100", Advice(stop_loss=D(4)), "250"),
        (1, "2", "100", Advice(size_factor=D("0.5")), "250"),
        (1, "1", "10", Advice(size_factor=D("0.5")), "50"),  # a cut entry is shrunk all the same
    ],
)
def test_sizes_by_risk_by_example(leverage, stop, cap, advice, stake):
    bot = config(
        market=Market.FUTURES,
        leverage=leverage,
        sizing=Sizing.RISK,
        size=D(1),
        stop_loss=D(stop),
        max_position=D(cap),
    )

    assert stake_of(bot, D(1000), advice) == D(stake)


@COARSE
@given(symbols(), BOTS, ADVICE, decimals("1", "1000000", 2))
def test_advice_never_makes_an_entry_larger(symbol, bot, advice, capital):
    known, price = symbol

    shrunk = size_entry(bot, known, price, capital, advice)

    assume(isinstance(shrunk, Size))
    factor = advice.size_factor if advice else D(1)
    assert shrunk.notional <= min(bot.size, capital * bot.max_position / 100) * factor


def test_the_fee_of_a_smallest_lot_is_thought_of():
    known = rules(step_size=D("0.001"), min_qty=D(100), min_notional=D(0))
    bot = config(size=D(1001), max_position=D(100))

    assert isinstance(size_entry(bot, known, D(10), D(2000)), TooSmall)


@COARSE
@given(symbols(), BOTS)
def test_the_smallest_entry_that_is_named_works(symbol, bot):
    known, price = symbol
    with localcontext() as context:
        context.prec = 40
        smallest = smallest_entry(known, price, bot.stop_loss)
    assume(not known.max_notional or smallest <= known.max_notional)
    assume(not known.market_max_qty or smallest <= known.market_max_qty * price)
    assume(smallest <= known.max_qty * price)
    bold = config(size=smallest, max_position=D(100), stop_loss=bot.stop_loss)

    assert isinstance(size_entry(bold, known, price, smallest), Size)


def test_too_small_says_what_was_wanted_and_what_would_do():
    answer = size_entry(config(size=D(4)), rules(), D(50_000), D(1000))

    assert isinstance(answer, TooSmall)
    assert answer.wanted == 4
    assert answer.smallest > 5


def test_percent_sizing_counts_from_the_initial_capital():
    bot = config(sizing=Sizing.PERCENT, size=D(5), initial_capital=D(2000))

    assert wanted_quote(bot, D(1)) == 100


@given(decimals("1", "100000", 2), decimals("0.1", "50", 1), steps(), st.booleans())
def test_stop_and_target_stand_on_the_tick_grid_and_on_their_sides(entry, percent, tick, long):
    known = rules(tick_size=tick)

    stop = stop_price(entry, percent, known, long=long)
    target = target_price(entry, percent, known, long=long)

    assert stop % tick == target % tick == 0
    risk, gain = abs(entry * percent / 100), abs(target - entry)
    assert gain >= risk
    assert (target > entry) is long
    assert (entry - stop if long else stop - entry) <= risk


@pytest.mark.parametrize(("long", "stop", "target"), [(True, "49500", "51000")])
def test_levels_by_example(long, stop, target):
    assert stop_price(D(50_000), D(1), rules(), long=long) == D(stop)
    assert target_price(D(50_000), D(2), rules(), long=long) == D(target)
