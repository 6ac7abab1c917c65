import asyncio

import pytest

from engine.core.errors import NotFound, RateLimited, Refused, Unavailable
from engine.core.market import Market, StreamKey, StreamState, Timeframe
from engine.market.feed import Feed
from engine.runtime.nursery import Nursery
from tests.fakes.clock import NOON, FrozenClock
from tests.fakes.market import FakeMarket, settle

MINUTE = 60_000
BTC = StreamKey(Market.SPOT, "BTCUSDT", Timeframe.M1)
ETH = StreamKey(Market.SPOT, "ETHUSDT", Timeframe.M1)
PERP = StreamKey(Market.FUTURES, "BTCUSDT", Timeframe.M5)


class World:
    """A feed on a fake market, and what its listener heard."""

    def __init__(self):
        self.clock = FrozenClock()
        self.market = FakeMarket(self.clock)
        self.nursery = Nursery()
        self.feed = Feed(self.market, self.clock, self.nursery)
        self.heard = []
        self.feed.listen(lambda key, candle, live: self.heard.append((key, candle, live)))

    async def started(self, *keys, warmup=200):
        for key in keys:
            await self.feed.ensure(key, warmup)
        await settle()
        return self

    def soon(self, work):
        """Start something that the test awaits later."""
        return asyncio.get_running_loop().create_task(work)

    async def minutes(self, count, *, say=True):
        """Let minutes pass; the stream says each candle as it closes unless it is mute."""
        for _ in range(count):
            closing = self.clock.now_ms() // MINUTE * MINUTE
            await self.clock.advance(60)
            if say:
                self.market.say_candle(BTC, closing)
            await settle()

    def news(self, key=BTC):
        """What was heard after the warm-up."""
        opens = [(c.open_time, live) for k, c, live in self.heard if k == key]
        return [((t - NOON) // MINUTE, live) for t, live in opens if t >= NOON]

    def whole(self, key=BTC):
        """Whether everything up to now was heard once, in order, without holes."""
        heard = [candle for k, candle, _ in self.heard if k == key]
        return heard == self.market.truth(key, heard[0].open_time)


@pytest.fixture
async def world():
    made = World()
    yield made
    await made.nursery.close()


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
