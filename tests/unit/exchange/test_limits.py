"""The governor of request weight and the exchange's clock, without a wire."""

import asyncio

import pytest

from engine.core.errors import RateLimited, Unavailable
from engine.exchange.binance.clock import ExchangeClock
from engine.exchange.binance.governor import WEIGHT_HEADER, Governor
from tests.fakes.clock import NOON, FrozenClock


async def test_above_four_fifths_of_the_weight_only_urgent_requests_pass():
    governor = Governor(limit=1000)
    governor.heard(200, {WEIGHT_HEADER: "799"}, code=0, minute_left=30)
    governor.admit(urgent=False)
    governor.heard(200, {WEIGHT_HEADER: "800"}, code=0, minute_left=30)
    governor.admit(urgent=True)
    with pytest.raises(RateLimited) as held:
        governor.admit(urgent=False)
    assert 0 < held.value.retry_after <= 30


async def test_a_used_minute_that_is_over_holds_nobody():
    governor = Governor(limit=1000)
    governor.heard(200, {WEIGHT_HEADER: "999"}, code=0, minute_left=0)
    governor.admit(urgent=False)


@pytest.mark.parametrize("status", [418, 429])
async def test_told_to_be_silent_nobody_speaks(status):
    governor = Governor()
    governor.heard(status, {"Retry-After": "9"}, code=-1003, minute_left=1)
    with pytest.raises(RateLimited) as held:
        governor.admit(urgent=True)
    assert 0 < held.value.retry_after <= 9


async def test_too_many_orders_of_one_account_silence_no_other():
    governor = Governor()
    governor.heard(429, {"Retry-After": "9"}, code=-1015, minute_left=1)
    governor.admit(urgent=False)


async def test_a_shorter_silence_does_not_end_a_longer_one():
    governor = Governor()
    governor.heard(418, {"Retry-After": "100"}, code=-1003, minute_left=1)
    governor.heard(429, {"Retry-After": "1"}, code=-1003, minute_left=1)
    with pytest.raises(RateLimited) as held:
        governor.admit(urgent=True)
    assert held.value.retry_after > 90


class Wire:
    """An exchange ``ahead`` of us whose answers need a round trip of these ms each."""

    def __init__(self, clock, ahead, trips):
        self.clock = clock
        self.ahead = ahead
        self.trips = iter(trips)
        self.asked = 0

    async def ask(self):
        self.asked += 1
        trip = next(self.trips)
        if trip is None:
            raise Unavailable("no answer")
        await self.clock.advance(trip / 2000)
        told = self.clock.now_ms() + self.ahead
        await self.clock.advance(trip / 2000)
        return told


async def test_the_quickest_round_trip_tells_the_offset():
    clock = FrozenClock()
    wire = Wire(clock, 400, [300, 20, 100])
    theirs = ExchangeClock(clock, wire.ask)
    assert not theirs.ok
    await theirs.measure()
    assert (theirs.offset_ms, theirs.error_ms, theirs.ok) == (400, 10, True)
    assert theirs.stamp() == clock.now_ms() + 400
    assert theirs.stamp(NOON) == NOON + 400


async def test_a_clock_far_off_is_not_ok_unless_the_market_runs_fast():
    clock = FrozenClock()
    theirs = ExchangeClock(clock, Wire(clock, -900, [2] * 3).ask)
    await theirs.measure()
    assert not theirs.ok
    clock.rate = 60.0
    assert theirs.ok


async def test_concurrent_callers_share_one_measurement_and_a_fresh_one_is_kept():
    clock = FrozenClock()
    wire = Wire(clock, 5, [2] * 9)
    theirs = ExchangeClock(clock, wire.ask)
    await asyncio.gather(*(theirs.refresh() for _ in range(5)))
    assert wire.asked == 3
    await theirs.measure()
    assert wire.asked == 6


async def test_a_failed_measurement_keeps_the_last_one():
    clock = FrozenClock()
    theirs = ExchangeClock(clock, Wire(clock, 5, [2, 2, 2, None]).ask)
    await theirs.measure()
    with pytest.raises(Unavailable):
        await theirs.measure()
    assert theirs.offset_ms == 5
