"""Statistics whatever the trades are: the parts add up, and an independent library agrees."""

import math
import random
import warnings
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.core.statistics import ratios
from engine.core.statistics.curve import daily_returns
from engine.core.statistics.periods import Period, by_period, dates_of, filled
from engine.core.statistics.summary import summarise
from engine.core.statistics.tally import Tally, in_order
from tests.unit.core.closed import CAPITAL, DAY, MONDAY, TRADES, ZONES, D

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import empyrical

UNTIL = MONDAY + 75 * DAY
RETURNS = st.lists(st.floats(-0.5, 0.9).map(lambda each: round(each, 6)), min_size=2, max_size=400)


def whole(trades, zone="UTC", capital=CAPITAL):
    return summarise(trades, capital=capital, since=MONDAY, until=UNTIL, zone=zone)


def total(tallies):
    return sum(tallies, Tally())


@given(TRADES, ZONES)
def test_reasons_and_periods_add_up_to_the_whole(trades, zone):
    made = whole(trades, zone)
    assert total(made.reasons.values()) == made.total
    for period in Period:
        tallies = by_period(in_order(trades), period, zone)
        assert total(tallies.values()) == made.total
        days = [begins for begins, _ in tallies.items()]
        buckets = filled(tallies, period, days[0], days[-1]) if days else ()
        assert total(bucket.tally for bucket in buckets) == made.total


@given(TRADES)
def test_money_adds_up_exactly(trades):
    made = whole(trades)
    assert made.total.net == made.won + made.lost == sum((t.net for t in trades), D(0))
    assert made.gross + made.funding - made.commission == made.total.net
    assert made.curve[-1][1] - made.curve[0][1] == made.total.net
    assert sum(made.fees.values()) == sum((sum(t.fees.values()) for t in trades), D(0))


@given(TRADES, st.randoms(use_true_random=False), ZONES)
def test_the_order_in_which_trades_are_given_changes_nothing(trades, order: random.Random, zone):
    shuffled = list(trades)
    order.shuffle(shuffled)
    assert whole(shuffled, zone) == whole(trades, zone)


@given(TRADES)
def test_figures_stay_within_their_bounds(trades):
    made = whole(trades)
    assert 0 <= made.exposure <= 1
    assert made.total.wins + made.total.losses <= made.total.count
    assert made.winning_streak <= made.total.wins
    assert made.losing_streak <= made.total.losses
    if made.drawdown is not None:
        found = made.drawdown
        assert made.curve[0][0] <= found.peak_at <= found.trough_at <= found.ended_at <= UNTIL
        assert found.amount > 0
    for ratio in (made.sharpe, made.sortino, made.calmar, made.profit_factor):
        assert ratio is None or math.isfinite(ratio)


@given(TRADES)
def test_expectancy_ratio_is_what_win_rate_and_average_trades_say(trades):
    made = whole([trade for trade in trades if trade.net])
    assume(made.total.losses and made.total.wins)
    reward = float(made.average_win / -made.average_loss)
    expected = made.total.win_rate * (1 + reward) - 1
    assert made.expectancy_ratio == pytest.approx(expected, abs=1e-9)


@given(TRADES, st.integers(0, 70))
def test_two_ranges_after_each_other_end_where_the_whole_ends(trades, day):
    cut = MONDAY + day * DAY
    early = [trade for trade in trades if trade.closed_at < cut]
    late = [trade for trade in trades if trade.closed_at >= cut]
    first = summarise(early, capital=CAPITAL, since=MONDAY, until=cut)
    second = summarise(late, capital=first.curve[-1][1], since=cut, until=UNTIL)
    assert second.curve[-1][1] == whole(trades).curve[-1][1]
    assert first.total + second.total == whole(trades).total


@given(st.lists(st.integers(0, 400 * DAY), max_size=50), ZONES)
def test_each_instant_gets_the_day_that_its_calendar_shows(offsets, zone):
    instants = sorted(MONDAY + offset for offset in offsets)
    assert dates_of(instants, zone) == [dates_of([at], zone)[0] for at in instants]


@given(TRADES, ZONES)
def test_daily_returns_multiply_to_the_whole_return(trades, zone):
    made = whole(trades, zone, capital=D(5000))
    returns = daily_returns(made.curve, UNTIL, zone)
    first, last = dates_of([MONDAY, UNTIL], zone)
    assert len(returns) == made.days == (last - first) // timedelta(days=1) + 1
    grown = math.prod(1 + each for each in returns)
    assert grown == pytest.approx(float(made.curve[-1][1] / 5000))


@given(RETURNS)
def test_ratios_are_those_of_an_independent_library(returns):
    daily = np.array(returns)
    sharpe = ratios.sharpe(returns)
    sortino, calmar = ratios.sortino(returns), ratios.calmar(returns)
    with np.errstate(all="ignore"):
        if sharpe is not None:
            theirs = empyrical.sharpe_ratio(daily, annualization=365)
            assert sharpe == pytest.approx(theirs, rel=1e-6, abs=1e-9)
        if sortino is not None:
            theirs = empyrical.sortino_ratio(daily, annualization=365)
            assert sortino == pytest.approx(theirs, rel=1e-6, abs=1e-9)
        if calmar is not None:
            theirs = empyrical.calmar_ratio(daily, annualization=365)
            assert calmar == pytest.approx(theirs, rel=1e-6)
    assert (sortino is None) == (min(returns) >= 0)
    if calmar is None:
        assert min(returns) >= 0 or math.prod(1 + each for each in returns) > 1
    assert (sharpe is None) == (len(set(returns)) == 1)


@given(TRADES)
def test_the_drawdown_is_that_of_an_independent_library(trades):
    made = whole(trades, capital=D(5000))
    equity = [float(value) for _, value in made.curve]
    steps = np.array([now / before - 1 for before, now in pairwise(equity)])
    theirs = -empyrical.max_drawdown(steps) * 100 if len(steps) else 0.0
    ours = float(made.drawdown.percent) if made.drawdown else 0.0
    assert ours == pytest.approx(theirs, abs=1e-9)
