"""The exchange's clock and the connections it allows, without a wire."""

import asyncio
import contextlib

import pytest

from engine.core.errors import Unavailable
from engine.exchange.binance import clock as clocks
from engine.exchange.binance.clock import ExchangeClock
from engine.exchange.binance.dialing import MOST, WITHIN, Dialing
from tests.fakes.clock import NOON, FrozenClock
from tests.unit.exchange.swift import swiftly


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


@pytest.mark.parametrize("by", [60_000, -60_000])
async def test_a_clock_that_is_set_while_it_is_measured_spoils_nothing(by):
    clock = FrozenClock()
    wire = Wire(clock, 400, [20] * 3)

    async def ask():
        told = await wire.ask()
        if wire.asked == 2:
            clock._at += by
            theirs.moved(by)
        return told if wire.asked < 3 else told - by

    theirs = ExchangeClock(clock, ask)
    await theirs.measure()
    assert (theirs.offset_ms, theirs.error_ms) == (400 - by, 10)


async def test_many_that_find_the_clock_wrong_at_once_measure_it_twice_at_most():
    clock = FrozenClock()
    wire = Wire(clock, 5, [2] * 300)
    theirs = ExchangeClock(clock, wire.ask)
    await asyncio.gather(*(theirs.measure() for _ in range(100)))
    assert wire.asked <= 6


async def test_a_failed_measurement_keeps_the_last_one():
    clock = FrozenClock()
    theirs = ExchangeClock(clock, Wire(clock, 5, [2, 2, 2, None]).ask)
    await theirs.measure()
    with pytest.raises(Unavailable):
        await theirs.measure()
    assert theirs.offset_ms == 5


@pytest.mark.parametrize("known", [False, True])
async def test_an_exchange_that_keeps_its_time_back_holds_nobody_up_twice(known, monkeypatch):
    clock = FrozenClock()
    wire = Wire(clock, 5, [2] * 3 * known + [None] * 100)

    async def ask():
        await asyncio.sleep(0)
        return await wire.ask()

    theirs = ExchangeClock(clock, ask)
    if known:
        await theirs.measure()
        monkeypatch.setattr(clocks, "_STALE_AFTER", 0.0)
    before = wire.asked
    told = await asyncio.gather(*(theirs.refresh() for _ in range(50)), return_exceptions=True)
    assert all(isinstance(one, Unavailable) for one in told)
    assert wire.asked - before == 1
    with contextlib.suppress(Unavailable):
        await theirs.refresh()
    # What is known is used meanwhile; what was never measured is asked for again.
    assert wire.asked - before == (1 if known else 2)


async def test_windows_and_bans_end_by_the_exchange_s_clock_in_real_seconds():
    clock = FrozenClock()
    theirs = ExchangeClock(clock, Wire(clock, 5_000, [40] * 3).ask)
    await theirs.measure()
    into = theirs.stamp() % 60_000
    assert theirs.left(60_000) == pytest.approx((60_000 - into + theirs.error_ms) / 1000)
    assert theirs.until(theirs.stamp() + 3_000) == 3.0
    clock.rate = 60.0
    assert theirs.left(60_000) == pytest.approx((60_000 - into + theirs.error_ms) / 60_000)
    assert theirs.until(theirs.stamp() + 3_000) == 0.05


def test_a_connection_may_be_opened_again_when_the_first_is_long_enough_ago():
    async def work():
        dialing = Dialing()
        for _ in range(MOST):
            dialing.dial()
        with pytest.raises(Unavailable) as refused:
            dialing.dial()
        assert refused.value.retry_after == WITHIN
        await asyncio.sleep(WITHIN)
        dialing.dial()

    swiftly(work())
