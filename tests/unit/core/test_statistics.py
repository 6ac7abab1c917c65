"""Statistics of closed trades, computed by hand."""

from datetime import date

import pytest

from engine.core.position import ExitReason
from engine.core.statistics.curve import daily_returns, equity_curve, max_drawdown
from engine.core.statistics.periods import Period, by_period, filled
from engine.core.statistics.summary import summarise
from engine.core.statistics.tally import Tally
from tests.unit.core.closed import CAPITAL, DAY, HOUR, MONDAY, D, chain, closed

SUNDAY = MONDAY + 7 * DAY - 1
TP, SL = ExitReason.TAKE_PROFIT, ExitReason.STOP_LOSS


def week(trades, **changes):
    return summarise(trades, **{"capital": CAPITAL, "since": MONDAY, "until": SUNDAY} | changes)


def test_a_week_of_trades_comes_to_these_figures():
    trades = [
        closed(30, 2, 0, reason=TP, gross=D(32), fees={"USDT": D(2)}),
        closed(-10, 30, 28, reason=SL, gross=D(-9), fees={"USDT": D(1), "BNB": D("0.1")}),
        closed(-20, 54, 53, reason=SL, gross=D(-18), funding=D(-2)),
        closed(0, 78, 77),
        closed(40, 126, 120, reason=TP, gross=D(41), fees={"BNB": D("0.2")}, funding=D(-1)),
    ]

    made = week(trades)

    assert made.total == Tally(5, 2, 2, D(40))
    assert (made.gross, made.funding, made.commission) == (D(46), D(-3), D(3))
    assert made.fees == {"BNB": D("0.3"), "USDT": D(3)}
    assert made.percent == 4
    assert made.total.win_rate == 0.4
    assert made.profit_factor == pytest.approx(70 / 30)
    assert (made.expectancy, made.expectancy_ratio) == (D(8), pytest.approx(8 / 15))
    assert (made.average_win, made.average_loss) == (D(35), D(-15))
    assert (made.best, made.worst) == (D(40), D(-20))
    assert (made.winning_streak, made.losing_streak) == (1, 2)
    assert made.average_ms == 12 * HOUR // 5
    assert made.exposure == pytest.approx(12 / (7 * 24))
    assert made.reasons == {
        SL: Tally(2, 0, 2, D(-30)),
        TP: Tally(2, 2, 0, D(70)),
        ExitReason.SIGNAL: Tally(1, 0, 0, D(0)),
    }
    assert [equity for _, equity in made.curve] == [1000, 1030, 1020, 1000, 1000, 1040]
    assert made.drawdown.amount == 30
    assert made.drawdown.percent == pytest.approx(D(3000) / 1030)


def test_the_most_frequent_reason_stands_first():
    trades = [closed(1, 1, reason=TP), closed(1, 2, reason=SL), closed(1, 3, reason=SL)]
    assert list(week(trades).reasons) == [SL, TP]


def test_without_a_trade_nothing_is_claimed():
    made = week([])
    assert made.total == Tally()
    assert (made.total.net, made.percent, made.exposure) == (0, 0, 0)
    undefined = (
        *(made.total.win_rate, made.profit_factor, made.expectancy, made.expectancy_ratio),
        *(made.average_win, made.average_loss, made.best, made.worst, made.average_ms),
        *(made.drawdown, made.sharpe, made.sortino, made.calmar),
    )
    assert undefined == (None,) * len(undefined)
    assert made.days == 7


@pytest.mark.parametrize(
    ("nets", "profit_factor", "expectancy_ratio", "sortino", "calmar"),
    [
        ([5, 5], None, None, None, None),
        ([0], None, None, None, None),
        ([-5], 0.0, -1.0, "some", "some"),
    ],
)
def test_what_is_not_defined_is_none(nets, profit_factor, expectancy_ratio, sortino, calmar):
    made = week(chain(nets))
    assert made.profit_factor == profit_factor
    assert made.expectancy_ratio == expectancy_ratio
    assert (made.sortino is None, made.calmar is None) == (sortino is None, calmar is None)


@pytest.mark.parametrize(
    ("nets", "won", "lost"),
    [
        ([], 0, 0),
        ([1, 1, -1, 1], 2, 1),
        ([-1, -1, -1], 0, 3),
        ([1, 0, 1], 1, 0),
        ([-1, 0, -1, -1, 1, 1, 1], 3, 2),
    ],
)
def test_streaks_end_at_the_other_outcome_and_at_an_even_trade(nets, won, lost):
    made = week(chain(nets))
    assert (made.winning_streak, made.losing_streak) == (won, lost)


@pytest.mark.parametrize(
    ("nets", "amount", "percent", "peak", "trough", "ended", "recovered"),
    [
        # 1000 1100 1045 1100: fell by 5 %, back two hours after the peak
        ([100, -55, 55], 55, 5, 1, 2, 3, True),
        # 1000 990 980: from the beginning, and not back
        ([-10, -10], 20, 2, 0, 2, None, False),
        # 1000 2000 1900 3000 2880: 5 % of 2000 is deeper than 4 % of 3000, though less money
        ([1000, -100, 1100, -120], 100, 5, 1, 2, 3, True),
        # 1000 900 1000 900: equally deep falls, the first counts
        ([-100, 100, -100], 100, 10, 0, 1, 2, True),
        # 1000 1000 900: a peak ends where equity last stood there
        ([0, -100], 100, 10, 1, 2, None, False),
        # 1000 1010 990 1005: came back, but not to the peak
        ([10, -20, 15], 20, D(2000) / 1010, 1, 2, None, False),
        # 1000 -500: more than everything
        ([-1500], 1500, 150, 0, 1, None, False),
    ],
)
def test_the_greatest_drawdown(nets, amount, percent, peak, trough, ended, recovered):
    found = week(chain(nets)).drawdown
    assert (found.amount, found.percent, found.recovered) == (amount, percent, recovered)
    hours = (found.peak_at - MONDAY, found.trough_at - MONDAY)
    assert hours == (peak * HOUR, trough * HOUR)
    assert found.ended_at == (SUNDAY if ended is None else MONDAY + ended * HOUR)
    assert found.length_ms == found.ended_at - found.peak_at


def test_where_equity_begins_at_nothing_the_greatest_amount_counts():
    found = week(chain([5, -1, 100, -2]), capital=D(-10)).drawdown
    assert (found.amount, found.percent) == (2, None)
    found = week(chain([-8, 100, -2]), capital=D(-10)).drawdown
    assert (found.amount, found.peak_at) == (8, MONDAY)
    assert week(chain([-8]), capital=D(0)).drawdown.percent is None
    made = week(chain([5, -1]), capital=D(0))
    assert (made.percent, made.sharpe, made.calmar, made.days) == (None, None, None, 0)


def test_trades_that_end_at_one_instant_are_one_step_of_the_curve():
    made = week([closed(-50, 3), closed(60, 3), closed(5, 4)])
    assert made.curve == (
        (MONDAY, D(1000)),
        (MONDAY + 3 * HOUR, D(1010)),
        (MONDAY + 4 * HOUR, D(1015)),
    )
    assert made.drawdown is None


def test_overlapping_positions_are_in_the_market_once():
    trades = [closed(1, 10, 0), closed(1, 4, 2), closed(1, 12, 8), closed(1, 21, 20)]
    made = week(trades, until=MONDAY + 26 * HOUR)
    assert made.exposure == pytest.approx(13 / 26)


def test_of_a_position_that_began_before_the_range_the_part_within_counts():
    made = week([closed(1, 2, -100)], until=MONDAY + 4 * HOUR)
    assert made.exposure == pytest.approx(0.5)
    assert made.average_ms == 102 * HOUR


@pytest.mark.parametrize("hour", [-1, 7 * 24])
def test_a_trade_outside_of_the_range_is_refused(hour):
    with pytest.raises(ValueError, match="within the range"):
        week([closed(1, hour)])


def test_daily_returns_are_on_the_equity_of_the_days_beginning():
    trades = [closed(100, 2), closed(-10, 3), closed(109, 3 * 24), closed(0, 5 * 24)]
    curve = equity_curve(trades, CAPITAL, MONDAY)
    returns = daily_returns(curve, SUNDAY)
    assert returns == pytest.approx((0.09, 0, 0, 0.1, 0, 0, 0))


def test_days_are_those_of_the_zone():
    curve = equity_curve([closed(100, 23), closed(110, 25)], CAPITAL, MONDAY)
    assert daily_returns(curve, MONDAY + 26 * HOUR) == pytest.approx((0.1, 0.1))
    berlin = daily_returns(curve, MONDAY + 26 * HOUR, "Europe/Berlin")
    assert berlin == pytest.approx((0, 0.21))


def test_two_days_by_hand():
    made = week([closed(20, 1), closed("-10.2", 25)], until=MONDAY + 2 * DAY - 1)
    assert made.days == 2
    # returns +2 % and -1 %: mean 0.5 %, deviation 1.5 % x sqrt(2), downside 1 % / sqrt(2)
    assert made.sharpe == pytest.approx(0.5 / (1.5 * 2**0.5) * 365**0.5)
    assert made.sortino == pytest.approx(0.5 / (1 / 2**0.5) * 365**0.5)
    assert made.calmar == pytest.approx(((1.02 * 0.99) ** 182.5 - 1) / 0.01)


def test_equal_returns_have_no_sharpe_ratio():
    trades = [closed(D(1000) * D("1.01") ** day / 100, 24 * day + 1) for day in range(7)]
    assert week(trades).sharpe is None


def test_growth_beyond_all_bounds_has_no_calmar_ratio():
    trades = [closed(10**6, 1), closed(-1, 25)]
    assert week(trades, until=MONDAY + 26 * HOUR).calmar is None


def test_periods_are_named_by_their_first_day():
    trades = [closed(1, 1), closed(2, 25), closed(-4, 24 * 7), closed(8, 24 * 40)]
    days = by_period(trades, Period.DAY)
    assert [day.isoformat() for day in days] == [
        *("2026-05-25", "2026-05-26", "2026-06-01", "2026-07-04"),
    ]
    weeks = by_period(trades, Period.WEEK)
    assert weeks == {
        date(2026, 5, 25): Tally(2, 2, 0, D(3)),
        date(2026, 6, 1): Tally(1, 0, 1, D(-4)),
        date(2026, 6, 29): Tally(1, 1, 0, D(8)),
    }
    months = by_period(trades, Period.MONTH)
    assert [(month.month, tally.net) for month, tally in months.items()] == [
        *((5, 3), (6, -4), (7, 8)),
    ]


def test_midnight_begins_the_day():
    days = by_period([closed(1, 23), closed(1, 24), closed(1, 47.9)], Period.DAY)
    assert [tally.count for tally in days.values()] == [1, 2]


def test_a_change_of_summer_time_makes_a_day_of_23_hours():
    # In Berlin 2026-03-29 lasts from 23:00 UTC to 22:00 UTC.
    night = 1_774_737_000_000 - MONDAY  # 2026-03-28 22:30 UTC
    hours = [night / HOUR, night / HOUR + 1, night / HOUR + 23, night / HOUR + 24]
    trades = [closed(1, hour) for hour in hours]
    berlin = by_period(trades, Period.DAY, "Europe/Berlin")
    assert [(day.day, tally.count) for day, tally in berlin.items()] == [(28, 1), (29, 2), (30, 1)]


@pytest.mark.parametrize(
    ("period", "begins"),
    [
        (Period.DAY, ["2026-01-30", "2026-01-31", "2026-02-01"]),
        (Period.WEEK, ["2026-01-26"]),
        (Period.MONTH, ["2026-01-01", "2026-02-01"]),
    ],
)
def test_empty_periods_are_filled_in(period, begins):
    buckets = filled({}, period, date(2026, 1, 30), date(2026, 2, 1))
    assert [bucket.begins.isoformat() for bucket in buckets] == begins
    assert {bucket.tally for bucket in buckets} == {Tally()}


def test_before_and_after_go_through_the_calendar():
    assert Period.MONTH.after(date(2026, 1, 1)) == date(2026, 2, 1)
    assert Period.MONTH.before(date(2026, 1, 1)) == date(2025, 12, 1)
    assert Period.WEEK.before(date(2026, 1, 5)) == date(2025, 12, 29)
    assert Period.DAY.after(date(2026, 2, 28)) == date(2026, 3, 1)


def test_a_flat_curve_has_no_drawdown():
    assert max_drawdown([(MONDAY, CAPITAL), (SUNDAY, CAPITAL)], SUNDAY) is None
