import asyncio

import pytest

from engine.core.errors import NotFound
from engine.core.market import StreamState
from tests.fakes.clock import NOON
from tests.fakes.market import settle
from tests.unit.market.world import BTC, ETH, MINUTE, PERP


async def test_the_warm_up_is_history_told_in_order_and_held(world):
    await world.started(BTC, warmup=210)
    assert len(world.heard) == 210
    assert world.whole()
    assert not any(live for _, _, live in world.heard)
    assert world.feed.candles(BTC) == world.market.truth(BTC, NOON - 210 * MINUTE)
    assert world.feed.candles(BTC, 2) == world.market.truth(BTC, NOON - 2 * MINUTE)


async def test_a_long_warm_up_is_read_page_by_page(world):
    world.market.page = 900
    await world.started(BTC, warmup=2_500)
    assert len(world.feed.candles(BTC)) == 2_500
    assert world.whole()
    assert max(limit for _, limit, _ in world.market.reads) <= 1_000


async def test_a_closed_candle_of_the_stream_is_told_at_once_as_live(world):
    await world.started(BTC)
    reads = len(world.market.reads)
    await world.minutes(3)
    assert world.news() == [(0, True), (1, True), (2, True)]
    assert world.feed.state(BTC) is StreamState.LIVE
    assert len(world.market.reads) == reads


async def test_repeated_old_and_open_candles_are_not_told(world):
    await world.started(BTC)
    await world.minutes(2)
    for open_time in (NOON, NOON + MINUTE, NOON - 5 * MINUTE):
        world.market.say_candle(BTC, open_time)
    world.market.say_candle(BTC, NOON + 2 * MINUTE, closed=False)
    await settle()
    assert world.news() == [(0, True), (1, True)]


async def test_many_bots_share_one_stream_and_one_reading(world):
    await asyncio.gather(*(world.feed.ensure(BTC, 200 + n % 3) for n in range(50)))
    await settle()
    assert world.market.connections == 1
    assert len(world.market.reads) <= 2
    assert len(world.feed.candles(BTC)) == 202
    await world.minutes(1)
    assert world.news() == [(0, True)]


async def test_streams_of_one_market_share_a_connection_and_markets_do_not(world):
    await world.started(BTC, ETH, PERP)
    spot, futures = sorted(world.market.streams, key=lambda s: s.market, reverse=True)
    assert (spot.candles, futures.candles) == ({BTC, ETH}, {PERP})


async def test_who_waits_for_a_stream_that_is_dropped_is_told(world):
    world.market.open.clear()
    ready = world.soon(world.feed.ensure(BTC, 200))
    await settle()
    world.feed.drop(BTC)
    with pytest.raises(NotFound):
        await ready


async def test_a_dropped_stream_is_unsubscribed_and_forgotten(world):
    await world.started(BTC, ETH)
    world.feed.drop(BTC)
    world.feed.drop(BTC)
    await world.minutes(1)
    assert world.market.streams[0].candles == {ETH}
    assert (world.news(), world.feed.candles(BTC), world.feed.state(BTC)) == ([], [], None)


async def test_more_warm_up_is_loaded_in_front_and_told_to_nobody(world):
    await world.started(BTC)
    await world.minutes(2)
    told = len(world.heard)
    await world.feed.ensure(BTC, 500)
    assert len(world.heard) == told
    assert world.feed.candles(BTC) == world.market.truth(BTC, NOON - 498 * MINUTE)
    await world.minutes(1)
    assert world.whole()
    assert len(world.feed.candles(BTC)) == 500


async def test_a_new_symbol_with_less_history_than_asked_for_is_ready_with_what_there_is(world):
    world.market.listed_at = NOON - 7 * MINUTE
    await world.started(BTC)
    assert len(world.feed.candles(BTC)) == 7
    await world.minutes(1)
    assert world.whole()


async def test_a_reading_asks_for_no_more_candles_than_can_be_missing(world):
    await world.started(BTC)
    await world.clock.advance(64)
    assert world.market.reads[-1] == (BTC, 2, NOON)


async def test_a_listener_that_fails_costs_the_others_nothing(world):
    world.feed.listen(lambda key, candle, live: 1 / 0 if live else None)
    after = []
    stop = world.feed.listen(lambda key, candle, live: after.append(candle))
    await world.started(BTC)
    await world.minutes(1)
    assert len(after) == 201
    stop()
    await world.minutes(1)
    assert len(after) == 201
    assert world.whole()


async def test_real_limits_are_stretched_to_the_pace_of_a_demo_clock(world):
    world.clock.rate = 30.0
    await world.started(BTC)
    await world.clock.advance(140)
    assert world.news() == []
    await world.clock.advance(15)
    assert [n for n, _ in world.news()] == [0, 1]
