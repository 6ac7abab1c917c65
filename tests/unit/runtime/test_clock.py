"""The market clock runs on steady time, at its rate, and follows the exchange."""

import asyncio
from datetime import UTC, datetime

import pytest

from engine.exchange.binance.clock import ExchangeClock
from engine.runtime.clock import Followed, MarketClock, wall_ms
from tests.fakes.clock import FrozenClock


class Steady:
    """Steady nanoseconds, moved by hand."""

    def __init__(self):
        self.ns = 5_000_000_000

    def __call__(self):
        return self.ns


def test_market_time_is_origin_plus_elapsed_times_rate():
    steady = Steady()
    clock = MarketClock(60.0, 1_000_000, steady=steady)

    steady.ns += 1_500_000_000

    assert clock.now_ms() == 1_000_000 + 90_000
    assert clock.now() == datetime(1970, 1, 1, 0, 18, 10, tzinfo=UTC)


def test_without_an_origin_it_starts_at_the_computers_time():
    before = wall_ms()

    assert before <= MarketClock().now_ms() <= wall_ms() + 5


def test_adjusting_moves_it_to_the_exchanges_time():
    steady = Steady()
    clock = MarketClock(1.0, 1_000_000, steady=steady)

    clock.adjust(-250)
    steady.ns += 1_000_000

    assert clock.now_ms() == 999_751


def test_real_time_runs_forward():
    clock = MarketClock(3600.0, 0)

    first = clock.now_ms()
    while clock.now_ms() == first:
        pass

    assert clock.now_ms() > first


async def test_sleeping_takes_market_time():
    clock = MarketClock(3600.0, 0)

    await clock.sleep(18)

    assert clock.now_ms() >= 18_000


@pytest.mark.parametrize("rate", [0, -1])
def test_a_clock_that_does_not_run_forward_is_refused(rate):
    with pytest.raises(ValueError, match="rate"):
        MarketClock(rate)


class Exchange:
    """An exchange's time, ``ahead`` ms of a clock's when that is measured."""

    ok = True

    def __init__(self, clock, at):
        self.clock, self.at, self.offset_ms, self.measured = clock, at, 0, 0

    async def measure(self):
        self.measured += 1
        self.offset_ms = self.at - self.clock.now_ms()


@pytest.mark.parametrize(("ahead", "after"), [(5_000, 0), (-5_000, 0), (99, 99), (-99, -99)])
async def test_measuring_brings_our_clock_to_the_exchanges(ahead, after):
    clock = MarketClock(1.0, 1_000_000, steady=Steady())
    followed = Followed(Exchange(clock, 1_000_000 + ahead), clock)

    await followed.measure()

    assert followed.offset_ms == after
    assert clock.now_ms() == 1_000_000 + ahead - after
    assert followed.ok


async def test_clocks_beside_are_moved_with_ours_and_need_not_answer():
    clock = MarketClock(1.0, 1_000_000, steady=Steady())
    asked = []

    async def futures_time():
        asked.append(clock.now_ms())
        return 1_007_000

    futures = ExchangeClock(clock, futures_time, "futures")
    await futures.measure()
    before, asked = futures.stamp(), []

    await Followed(Exchange(clock, 1_005_000), clock, (futures,)).measure()

    assert (clock.now_ms(), futures.offset_ms, futures.stamp()) == (1_005_000, 2_000, before)
    assert asked == []
    assert futures.stale


async def test_a_clock_that_ran_away_is_measured_anew_after_it_was_set():
    clock = MarketClock(1.0, 1_000_000, steady=Steady())
    theirs = [1_000_000]

    async def futures_time():
        return theirs[0]

    futures = ExchangeClock(clock, futures_time, "futures")
    await futures.measure()
    theirs[0] = 1_005_000
    await Followed(Exchange(clock, 1_005_000), clock, (futures,)).measure()
    await futures.refresh()
    assert (futures.offset_ms, futures.stale) == (0, False)


async def test_the_frozen_clock_wakes_sleepers_in_order_at_their_instant():
    clock = FrozenClock(0)
    woken = []

    async def sleeper(seconds):
        await clock.sleep(seconds)
        woken.append((seconds, clock.now_ms()))

    async with asyncio.TaskGroup() as group:
        for seconds in (3, 1, 2, 60):
            group.create_task(sleeper(seconds))
        await clock.settle()
        assert clock.sleepers == 4
        await clock.advance(10)
        assert woken == [(1, 1000), (2, 2000), (3, 3000)]
        await clock.advance(50)

    assert woken[-1] == (60, 60_000)
