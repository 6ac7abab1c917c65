import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import RateLimited, Unavailable
from tests.fakes.clock import NOON
from tests.fakes.market import settle
from tests.unit.market.world import BTC, MINUTE, FeedWorld

MISHAPS = st.sampled_from(
    ["", "", "", "lost", "twice", "swapped", "old", "cut", "rest fails", "rest is slow", "halt"]
)


async def _live_through(mishaps):
    world = FeedWorld()
    await world.started(BTC)
    for minute, mishap in enumerate(mishaps):
        opened = NOON + minute * MINUTE
        if mishap == "halt":
            world.market.never_made.add(opened)
        if mishap == "rest fails":
            world.market.failures = [Unavailable("down"), RateLimited("slow", retry_after=2)]
        if mishap == "rest is slow":
            world.market.open.clear()
        await world.clock.advance(60)
        if mishap == "cut":
            world.market.cut()
            await settle()
        if mishap == "swapped":
            world.market.say_candle(BTC, opened)
            world.market.say_candle(BTC, opened - MINUTE)
        if mishap in {"", "twice", "rest fails", "rest is slow"}:
            world.market.say_candle(BTC, opened)
        if mishap == "twice":
            world.market.say_candle(BTC, opened)
        if mishap == "old":
            world.market.say_candle(BTC, opened - 9 * MINUTE)
        await settle()
        world.market.open.set()
    # 200 quiet seconds: more than any pause between questions to REST.
    await world.clock.advance(200)
    await world.nursery.close()
    return world


@settings(max_examples=60, deadline=None)
@given(st.lists(MISHAPS, min_size=1, max_size=12))
def test_whatever_goes_wrong_each_candle_is_told_once_in_order_without_holes(mishaps):
    world = asyncio.run(_live_through(mishaps))
    assert world.whole()
    assert world.feed.candles(BTC) == [candle for _, candle, _ in world.heard][-200:]
