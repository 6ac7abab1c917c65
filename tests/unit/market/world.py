"""A feed on a fake market."""

import asyncio

from engine.core.market import Market, StreamKey, Timeframe
from engine.market.feed import Feed
from engine.runtime.nursery import Nursery
from tests.fakes.clock import NOON, FrozenClock
from tests.fakes.market import FakeMarket, settle

MINUTE = 60_000
BTC = StreamKey(Market.SPOT, "BTCUSDT", Timeframe.M1)
ETH = StreamKey(Market.SPOT, "ETHUSDT", Timeframe.M1)
PERP = StreamKey(Market.FUTURES, "BTCUSDT", Timeframe.M5)


class FeedWorld:
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
