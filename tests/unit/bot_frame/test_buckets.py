"""Rates keep their promise whatever the pattern of asking."""

from hypothesis import given
from hypothesis import strategies as st

from bot.buckets import Bucket, Rate, Seen, Throttle

RATES = st.builds(Rate, st.floats(0.01, 50), st.integers(1, 30).map(float))
GAPS = st.lists(st.floats(0, 20), max_size=60)


@given(RATES, GAPS)
def test_no_more_pass_than_burst_and_flow_allow(rate, gaps):
    throttle, now, passed = Throttle(rate), 0.0, 0

    for gap in gaps:
        now += gap
        passed += throttle.allows("ann", now)

    assert passed <= rate.burst + rate.per_second * now + 1e-6


@given(RATES, GAPS)
def test_whoever_waits_as_told_always_passes(rate, gaps):
    bucket, now = Bucket(rate, 0.0), 0.0

    for _ in gaps:
        now += bucket.wait(now) + 1e-6
        assert bucket.wait(now) < 1e-3
        bucket.take(now)


def test_each_person_has_a_rate_of_their_own():
    throttle = Throttle(Rate(1.0, 1.0))

    assert throttle.allows("ann", 0.0)
    assert throttle.allows("bob", 0.0)
    assert not throttle.allows("ann", 0.5)
    assert throttle.allows("ann", 1.0)


def test_memory_is_bounded_and_keeps_the_latest():
    throttle = Throttle(Rate(0.001, 1.0), most=3)
    for person in "abcd":
        throttle.allows(person, 0.0)

    assert not throttle.allows("d", 0.0)
    assert throttle.allows("a", 0.0)


def test_a_thing_is_new_once_until_it_is_forgotten():
    seen = Seen(most=2)

    assert seen.first("a")
    assert not seen.first("a")
    seen.forget("a")
    assert seen.first("a")
    assert seen.first("b")
    assert seen.first("c")
    assert seen.first("a")
