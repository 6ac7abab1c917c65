import asyncio

import pytest

from engine.core.errors import RateLimited, Refused, Unavailable
from engine.core.market import Market, StreamKey, StreamState, Timeframe
from tests.fakes.clock import NOON
from tests.fakes.market import FakeMarket, settle
from tests.unit.market.world import BTC, ETH, MINUTE


async def test_a_hole_in_the_stream_is_filled_before_what_follows(world):
    await world.started(BTC)
    world.market.open.clear()
    await world.minutes(1, say=False)
    await world.minutes(1)
    assert world.news() == []
    world.market.open.set()
    await settle()
    assert world.news() == [(0, False), (1, True)]


async def test_an_open_candle_betrays_that_the_closed_one_was_lost(world):
    await world.started(BTC)
    await world.clock.advance(61)
    world.market.say_candle(BTC, NOON + MINUTE, closed=False)
    await settle()
    assert world.news() == [(0, True)]


async def test_candles_in_the_wrong_order_are_put_right(world):
    await world.started(BTC)
    world.market.open.clear()
    await world.clock.advance(120)
    world.market.say_candle(BTC, NOON + MINUTE)
    world.market.say_candle(BTC, NOON)
    await settle()
    assert world.news() == [(0, False), (1, True)]


async def test_a_candle_that_is_late_is_fetched_and_its_late_arrival_ignored(world):
    await world.started(BTC)
    await world.clock.advance(62.5)
    assert world.news() == []
    await world.clock.advance(2)
    assert world.news() == [(0, True)]
    world.market.say_candle(BTC, NOON)
    await settle()
    assert world.news() == [(0, True)]


async def test_a_silent_stream_goes_stale_is_polled_and_lives_again_when_it_speaks(world):
    await world.started(BTC)
    await world.minutes(1)
    seen = []
    for _ in range(63):
        await world.clock.advance(1)
        seen.append(world.feed.state(BTC))
    assert seen[0] is StreamState.LIVE
    assert seen[-1] is StreamState.POLLING
    world.market.open.clear()
    await world.minutes(1)
    assert world.feed.state(BTC) is StreamState.LIVE


async def test_a_stale_stream_says_so_while_rest_is_down_too(world):
    await world.started(BTC)
    await world.minutes(1)
    world.market.open.clear()
    await world.clock.advance(62)
    assert world.feed.state(BTC) is StreamState.STALE
    assert world.feed.states() == {BTC: StreamState.STALE}


async def test_a_mute_connection_is_replaced_when_rest_knows_of_trades(world):
    await world.started(BTC)
    await world.minutes(1)
    await world.minutes(3, say=False)
    await world.clock.advance(5)
    assert world.market.connections == 2
    assert len(world.market.streams) == 1
    await world.minutes(1)
    assert world.whole()


async def test_after_a_lost_connection_the_gap_is_filled_and_the_stream_goes_on(world):
    await world.started(BTC)
    await world.minutes(1)
    world.market.connect_failures = [Unavailable("down")] * 3
    world.market.cut()
    await settle()
    assert world.feed.state(BTC) is StreamState.CONNECTING
    await world.clock.advance(180)
    await world.minutes(1)
    assert world.whole()
    assert world.news()[-1][1]
    assert world.feed.state(BTC) is StreamState.LIVE


@pytest.mark.parametrize("end", [FakeMarket.cut, FakeMarket.hang_up])
async def test_a_new_connection_subscribes_to_everything_again(world, end):
    await world.started(BTC, ETH)
    end(world.market)
    await settle()
    await world.clock.advance(1)
    assert [stream.candles for stream in world.market.streams] == [{BTC, ETH}]


async def test_the_pause_before_the_next_connection_grows_and_heeds_the_exchange(world):
    await world.started(BTC)
    world.market.connect_failures = [Unavailable("down"), RateLimited("banned", retry_after=120)]
    world.market.cut()
    await settle()
    await world.clock.advance(2)
    assert world.market.connections == 3
    await world.clock.advance(118)
    assert world.market.connections == 3
    await world.clock.advance(3)
    assert len(world.market.streams) == 1


async def test_the_warm_up_waits_through_an_outage_of_rest(world):
    world.market.failures = [Unavailable("down"), RateLimited("slow", retry_after=30)]
    ready = world.soon(world.feed.ensure(BTC, 200))
    await settle()
    await world.clock.advance(1)
    assert not ready.done()
    await world.clock.advance(30)
    await ready
    assert len(world.feed.candles(BTC)) == 200


async def test_an_unknown_symbol_is_refused_to_all_who_asked_and_then_forgotten(world):
    world.market.failures = [Refused("no such symbol")]
    asked = [world.feed.ensure(BTC, 200) for _ in range(3)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Refused] * 3
    assert world.feed.state(BTC) is None
    await world.started(BTC)
    assert world.whole()


async def test_a_refusal_later_on_leaves_the_stream_alone(world):
    await world.started(BTC)
    world.market.failures = [Refused("delisted")]
    await world.clock.advance(64)
    assert world.feed.state(BTC) is not None
    await world.clock.advance(60)
    assert world.whole()


async def test_candles_that_close_while_the_warm_up_is_read_are_not_lost(world):
    world.market.open.clear()
    ready = world.soon(world.feed.ensure(BTC, 200))
    await settle()
    await world.minutes(3)
    world.market.open.set()
    await ready
    await world.minutes(1)
    assert world.whole()
    assert world.news()[-1] == (3, True)


async def test_a_halt_of_the_exchange_is_no_hole_for_ever(world):
    await world.started(BTC)
    world.market.never_made = set(range(NOON, NOON + 10 * MINUTE, MINUTE))
    await world.minutes(10, say=False)
    asked = len(world.market.reads)
    assert asked < 25
    await world.minutes(2)
    assert world.whole()
    assert [n for n, _ in world.news()] == [10, 11]


async def test_a_market_that_hangs_keeps_nobody_of_the_other_waiting(world, monkeypatch):
    answered = world.market.candles

    async def hanging(key, **more):
        if key.market is Market.FUTURES:
            await asyncio.Event().wait()
        return await answered(key, **more)

    monkeypatch.setattr(world.market, "candles", hanging)
    hung = [StreamKey(Market.FUTURES, f"C{n}USDT", Timeframe.M1) for n in range(20)]
    waiting = [world.soon(world.feed.ensure(key, 200)) for key in hung]
    await settle()
    async with asyncio.timeout(5):
        await world.feed.ensure(BTC, 200)
    for one in waiting:
        one.cancel()
