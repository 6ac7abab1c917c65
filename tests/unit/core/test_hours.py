"""Trading hours and days by the wall clock of a zone."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.core.hours import TradingHours, day_of, day_starts, next_day

MINUTE = 60_000
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]
)


def at(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-05-29T08:59:59", False),
        ("2026-05-29T09:00", True),
        ("2026-05-29T16:59:59", True),
        ("2026-05-29T17:00", False),
        ("2026-05-30T12:00", False),  # a Saturday
    ],
)
def test_a_window_holds_its_start_and_not_its_end_on_its_weekdays(moment, is_open):
    hours = TradingHours(start=time(9), end=time(17), weekdays=(0, 1, 2, 3, 4))
    assert hours.open_at(at(moment)) is is_open


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-05-29T22:00", True),  # Friday
        ("2026-05-30T05:59", True),
        ("2026-05-30T06:00", False),
        ("2026-05-30T22:00", False),  # begins on no Saturday
        ("2026-05-29T05:00", False),  # Thursday's window does not exist
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins(moment, is_open):
    hours = TradingHours(start=time(22), end=time(6), weekdays=(4,))
    assert hours.open_at(at(moment)) is is_open


def test_equal_times_mean_the_whole_day():
    hours = TradingHours(weekdays=(5, 6))
    assert hours.open_at(at("2026-05-30T00:00"))
    assert hours.open_at(at("2026-05-31T23:59:59"))
    assert not hours.open_at(at("2026-06-01T00:00"))


@pytest.mark.parametrize(
    ("opens", "day"), [("08:00", "2026-03-27"), ("07:00", "2026-03-30"), ("08:00", "2026-10-26")]
)
def test_the_window_follows_the_wall_clock_through_both_changes(opens, day):
    hours = TradingHours(start=time(9), end=time(17), zone="Europe/Berlin")
    first = at(f"{day}T{opens}")
    assert hours.open_at(first)
    assert not hours.open_at(first - 1)


def test_a_start_that_the_change_leaves_out_is_the_instant_of_the_change():
    hours = TradingHours(start=time(2, 30), end=time(4), zone="Europe/Berlin")
    assert hours.opens_at(at("2026-03-29T00:30")) == at("2026-03-29T01:00")


def test_a_week_whose_only_window_the_change_leaves_out_is_passed_over():
    hours = TradingHours(start=time(2, 15), end=time(2, 45), weekdays=(6,), zone="Europe/Berlin")
    assert hours.opens_at(at("2026-03-23T12:00")) == at("2026-04-05T00:15")


def test_an_end_that_comes_twice_ends_at_the_first():
    hours = TradingHours(start=time(1), end=time(2, 30), zone="Europe/Berlin")
    assert hours.open_at(at("2026-10-25T00:29"))
    assert not hours.open_at(at("2026-10-25T00:30"))
    assert not hours.open_at(at("2026-10-25T01:15"))


def test_a_day_is_as_long_as_its_zone_makes_it():
    hour = 60 * MINUTE
    for day, hours in (("2026-03-29", 23), ("2026-03-30", 24), ("2026-10-25", 25)):
        starts = day_starts(day, "Europe/Berlin")
        assert next_day(starts, "Europe/Berlin") - starts == hours * hour


@pytest.mark.parametrize(
    "wrong", [{"zone": "Mars/Base"}, {"weekdays": ()}, {"weekdays": (7,)}, {"start": "25:00"}]
)
def test_nonsense_is_refused(wrong):
    with pytest.raises(ValidationError):
        TradingHours(**wrong)


_TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0))
_INSTANTS = st.integers(at("2026-01-01T00:00"), at("2027-12-31T00:00"))


@given(_TIMES, _TIMES, st.sets(st.integers(0, 6), min_size=1), ZONES, _INSTANTS)
def test_what_opens_next_is_open_then_and_never_before(start, end, days, zone, moment):
    hours = TradingHours(start=start, end=end, weekdays=tuple(days), zone=zone)
    opens = hours.opens_at(moment)
    assert opens >= moment
    assert hours.open_at(opens)
    if opens > moment:
        assert not hours.open_at(moment)
        assert not hours.open_at(opens - 1)


@given(_INSTANTS, ZONES)
def test_every_instant_lies_in_its_day(moment, zone):
    day = day_of(moment, zone)
    assert day_starts(day, zone) <= moment < next_day(moment, zone)
    assert day_of(next_day(moment, zone) - 1, zone) == day
    assert (
        datetime.fromtimestamp(moment / 1000, tz=UTC).astimezone(ZoneInfo(zone)).date().isoformat()
        == day
    )
