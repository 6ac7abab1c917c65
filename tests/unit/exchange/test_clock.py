"""The exchange's clock, without a wire."""

import asyncio

import pytest

from engine.core.errors import Unavailable
from engine.exchange.binance.clock import ExchangeClock
from tests.fakes.clock import NOON, FrozenClock


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
