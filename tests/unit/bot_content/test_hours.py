"""Trading hours, zones and durations as people type them."""

from datetime import time
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.texts import Texts
from bot.views.problems import words
from bot.wizard import hours
from bot.wizard.typed import minutes
from bot.wizard.zones import zone
from engine.core.errors import InvalidValue
from engine.core.hours import TradingHours, written

TEXTS = Texts()
ALL = tuple(range(7))
MINUTES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
HOURS = st.builds(
    TradingHours,
    start=MINUTES,
    end=MINUTES,
    weekdays=st.sets(st.integers(0, 6), min_size=1).map(tuple),
    zone=st.sampled_from(sorted(available_timezones())),
)


def window(start, end, days=ALL, place="Asia/Tokyo"):
    def at(text):
        return time.fromisoformat(text)

    return TradingHours(start=at(start), end=at(end), weekdays=days, zone=place)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("09:00-17:30 mon-fri Europe/Berlin",
         window("09:00", "17:30", (0, 1, 2, 3, 4), "Europe/Berlin")),
        ("9-17", window("09:00", "17:00")),
        ("9:30 to 17", window("09:30", "17:00")),
        ("from 9.30 until 17.15 on weekdays", window("09:30", "17:15", (0, 1, 2, 3, 4))),
        ("9am-5pm berlin", window("09:00", "17:00", ALL, "Europe/Berlin")),
        ("12am-12pm", window("00:00", "12:00")),
        ("MON,Wed and fri 8–9", window("08:00", "09:00", (0, 2, 4))),
        ("fri-mon 22:00-6", window("22:00", "06:00", (0, 4, 5, 6))),
        ("mo-fr 9-17", window("09:00", "17:00", (0, 1, 2, 3, 4))),
        ("weekends", window("00:00", "00:00", (5, 6))),
        ("not on weekends", window("00:00", "00:00", (0, 1, 2, 3, 4))),
        ("office", window("09:00", "17:00", (0, 1, 2, 3, 4))),
        ("18 - 24:00 new york", window("18:00", "00:00", ALL, "America/New_York")),
        ("Mondays 9-17 etc/gmt-3", window("09:00", "17:00", (0,), "Etc/GMT-3")),
        ("utc 0-12", window("00:00", "12:00", ALL, "UTC")),
    ],
)  # fmt: skip
def test_hours_are_read_however_they_are_written(typed, read):
    assert hours.read(typed, "Asia/Tokyo") == read


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("25-26", "25-26 is no time of day"),
        ("9", "9 is no time of day"),
        ("9-17-18", "9-17-18 is no time of day"),
        ("9:60-10", "9:60-10 is no time of day"),
        ("13pm-14pm", "13pm-14pm is no time of day"),
        ("8-9 10-11", "10-11 is a second time"),
        ("9-17 Europe/Berln", "Europe/Berlin"),
        ("9-17 someday", "someday is neither a day"),
        ("9-17 m-f", "m-f is neither a day"),
        ("Europe/Berlin", "neither a time like 09:00-17:30 nor days"),
        ("", "nothing readable"),
        ("9-17 " * 30, "At most 80"),
    ],
)
def test_what_are_no_hours_is_given_back_with_what_is_wrong(typed, told):
    with pytest.raises(InvalidValue) as refused:
        hours.read(typed, "UTC")
    assert told in words(refused.value, TEXTS)


@given(HOURS)
def test_hours_that_were_written_are_read_again(kept):
    assert hours.read(written(kept), "UTC") == kept


@given(st.text(max_size=90))
def test_any_text_are_hours_or_a_problem_in_words(typed):
    try:
        read = hours.read(typed, "UTC")
    except InvalidValue as invalid:
        told = words(invalid, TEXTS)
    else:
        told = written(read)
    assert told


@pytest.mark.parametrize(
    ("typed", "name"),
    [("europe/berlin", "Europe/Berlin"), ("Berlin", "Europe/Berlin"), ("utc", "UTC"),
     (" new  york ", "America/New_York"), ("Asia/Kolkata", "Asia/Kolkata")],
)  # fmt: skip
def test_a_zone_is_known_by_its_city(typed, name):
    assert zone("zone", typed) == name


def test_every_zone_is_known_by_its_name():
    assert all(zone("zone", name) == name for name in available_timezones())


@pytest.mark.parametrize("typed", ["Moon/Crater", "", "x" * 5000, "../../etc/passwd", "Berln"])
def test_an_unknown_zone_is_answered_with_others(typed):
    with pytest.raises(InvalidValue) as refused:
        zone("zone", typed)
    assert refused.value.params["suggestions"]
    assert ("Europe/Berlin" in str(refused.value.params["suggestions"])) is (typed == "Berln")


@pytest.mark.parametrize(
    ("typed", "read"),
    [("90", 90), ("90m", 90), ("2h", 120), ("2 hours", 120), ("1h30", 90), ("1h 30 min", 90),
     ("1.5 h", 90), ("1,5h", 90), ("1d", 1440), ("1 day 12h", 2160), ("30d", 43200)],
)  # fmt: skip
def test_a_duration_is_read_however_it_is_written(typed, read):
    assert minutes("holding", typed, 1, 43_200) == read


@pytest.mark.parametrize(
    ("typed", "problem"),
    [("", "not_a_duration"), ("1,5", "not_a_duration"), ("h", "not_a_duration"),
     ("-5", "not_a_duration"), ("1h1d", "not_a_duration"), ("²", "not_a_duration"),
     ("0.001h", "not_a_duration"), ("0", "range"), ("31d", "range"), ("43201", "range")],
)  # fmt: skip
def test_what_is_no_duration_is_refused(typed, problem):
    with pytest.raises(InvalidValue) as refused:
        minutes("holding", typed, 1, 43_200)
    assert refused.value.problem == problem
    assert "1 to 43200 min" in words(refused.value, TEXTS)
