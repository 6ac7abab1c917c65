from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.market import Market, StreamEvent, StreamKey, StreamState, Timeframe
from engine.market.track import Track
from tests.fakes.clock import NOON
from tests.fakes.market import candle_at

KEY = StreamKey(Market.SPOT, "BTCUSDT", Timeframe.M1)
MINUTE = 60_000


def minutes(first, last):
    """Candles by their distance in minutes from noon."""
    return [candle_at(NOON + n * MINUTE) for n in range(first, last)]


def loaded(depth=200):
    track = Track(KEY, NOON)
    track.warmup = depth
    track.deepen(minutes(-depth, 0), depth)
    assert list(track.take(minutes(-depth, 0))) == minutes(-depth, 0)
    return track


@given(
    st.lists(st.integers(0, 30), max_size=120),
    st.integers(0, 31),
)
def test_whatever_arrives_each_candle_is_taken_once_in_order_without_holes(order, known):
    track = loaded()
    taken = [c for n in order for c in track.take(minutes(n, n + 1))]
    taken += track.take(minutes(0, known), complete_to=NOON + (known - 1) * MINUTE)
    assert taken == minutes(0, len(taken))
    assert len(taken) >= known
    assert list(track.window) == minutes(-200, len(taken))[-200:]
    assert track.next_open == NOON + len(taken) * MINUTE


def test_a_candle_is_in_the_window_when_it_is_given_out():
    track = loaded()
    for candle in track.take(minutes(0, 3)):
        assert track.window.last == candle


def test_candles_heard_before_the_warm_up_wait_for_it():
    track = Track(KEY, NOON)
    assert list(track.take(minutes(0, 1))) == []
    track.deepen(minutes(-200, 0), 200)
    assert list(track.take(minutes(-200, 0))) == minutes(-200, 1)


def test_a_hole_holds_back_what_follows_until_it_is_filled():
    track = loaded()
    assert list(track.take(minutes(1, 3))) == []
    assert track.holed
    assert list(track.take(minutes(0, 1))) == minutes(0, 3)
    assert not track.holed


def test_candles_that_the_exchange_never_made_are_no_hole():
    track = loaded()
    later = minutes(5, 8)
    assert list(track.take(later, complete_to=later[-1].open_time)) == later
    assert list(track.take(minutes(0, 5))) == []
    assert list(track.take(minutes(8, 9))) == minutes(8, 9)


def test_more_warm_up_puts_older_candles_in_front_and_gives_out_none_twice():
    track = loaded()
    list(track.take(minutes(0, 2)))
    track.deepen(minutes(-500, 3), 500)
    assert list(track.take(minutes(-500, 3))) == minutes(2, 3)
    assert list(track.window) == minutes(-497, 3)


def test_the_whole_warm_up_is_missing_until_it_was_loaded():
    track = Track(KEY, NOON + 30_000)
    assert track.missing_since(NOON + 30_000) == NOON - 200 * MINUTE
    assert loaded().missing_since(NOON + 90_000) == NOON
    deeper = loaded()
    deeper.warmup = 300
    assert deeper.missing_since(NOON + 90_000) == NOON - 299 * MINUTE


def test_weekly_candles_open_on_mondays():
    track = Track(KEY._replace(timeframe=Timeframe.W1), NOON)
    assert datetime.fromtimestamp(track.next_open / 1000, UTC).weekday() == 0
    assert 0 <= NOON - track.next_open < Timeframe.W1.ms


def test_a_stream_without_any_candle_yet_waits_for_its_first():
    track = Track(KEY, NOON)
    track.deepen([], 200)
    assert list(track.take(minutes(0, 1))) == minutes(0, 1)


def test_questions_without_an_answer_come_less_and_less_often():
    track = loaded()
    gaps = []
    for _ in range(30):
        track.asked(NOON, 1_000, answered=False)
        gaps.append(track.retry_at - NOON)
    assert gaps[:3] == [2_000, 4_000, 8_000]
    assert gaps[-1] == MINUTE
    track.asked(NOON, 1_000, answered=True)
    assert track.retry_at == 0


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ("HEARD", StreamState.LIVE),
        ("HEARD SILENT", StreamState.STALE),
        ("HEARD SILENT POLLED", StreamState.POLLING),
        ("HEARD SILENT POLLED HEARD", StreamState.LIVE),
        ("HEARD DROPPED", StreamState.CONNECTING),
    ],
)
def test_the_state_follows_the_table(events, state):
    track = loaded()
    for event in events.split():
        track.apply(StreamEvent[event])
    assert track.state is state
