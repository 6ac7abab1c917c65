import asyncio
from decimal import Decimal

import pytest

from engine.core.errors import Unavailable
from engine.core.market import Market
from engine.market.prices import LivePrices
from engine.runtime.nursery import Nursery
from tests.fakes.clock import NOON, FrozenClock
from tests.fakes.market import FakeMarket, settle

SPOT = Market.SPOT


class World:
    """Prices on a fake market, and what their listener heard."""

    def __init__(self):
        self.clock = FrozenClock()
        self.market = FakeMarket(self.clock)
        self.nursery = Nursery()
        self.prices = LivePrices(self.market, self.clock, self.nursery)
        self.heard = []
        self.stop = self.prices.listen(lambda _, symbol, book: self.heard.append((symbol, book)))

    async def say(self, bid, symbol="BTCUSDT", at=None):
        self.market.say_book(SPOT, symbol, bid, at)
        await settle()


@pytest.fixture
async def world():
    made = World()
    yield made
    await made.nursery.close()


async def test_a_watched_book_is_held_aged_and_told(world):
    world.prices.watch(SPOT, "BTCUSDT")
    await settle()
    assert world.prices.book(SPOT, "BTCUSDT") is None
    assert world.prices.age_ms(SPOT, "BTCUSDT") is None
    await world.say(50_000)
    await world.clock.advance(2)
    assert world.prices.book(SPOT, "BTCUSDT").bid == 50_000
    assert world.prices.age_ms(SPOT, "BTCUSDT") == 2_000
    assert [symbol for symbol, _ in world.heard] == ["BTCUSDT"]
    world.stop()
    await world.say(50_001)
    assert len(world.heard) == 1


async def test_the_first_interest_subscribes_and_the_last_one_given_back_unsubscribes(world):
    for symbol in ("BTCUSDT", "BTCUSDT", "ETHUSDT"):
        world.prices.watch(SPOT, symbol)
    await settle()
    (stream,) = world.market.streams
    await world.say(50_000)
    world.prices.unwatch(SPOT, "BTCUSDT")
    await settle()
    assert stream.books == {"BTCUSDT", "ETHUSDT"}
    world.prices.unwatch(SPOT, "BTCUSDT")
    await settle()
    assert stream.books == {"ETHUSDT"}
    assert world.prices.book(SPOT, "BTCUSDT") is None
    with pytest.raises(ValueError, match="nobody watches"):
        world.prices.unwatch(SPOT, "BTCUSDT")


async def test_each_market_has_its_own_prices(world):
    world.prices.watch(SPOT, "BTCUSDT")
    world.prices.watch(Market.FUTURES, "BTCUSDT")
    await settle()
    world.market.say_book(Market.FUTURES, "BTCUSDT", 49_990)
    await settle()
    assert world.prices.book(SPOT, "BTCUSDT") is None
    assert world.prices.book(Market.FUTURES, "BTCUSDT").bid == 49_990


async def test_an_older_book_does_not_replace_a_newer_one(world):
    world.prices.watch(SPOT, "BTCUSDT")
    await settle()
    await world.say(50_000)
    await world.say(40_000, at=NOON - 1)
    assert world.prices.book(SPOT, "BTCUSDT").bid == 50_000
    assert len(world.heard) == 1


async def test_a_recent_book_is_fresh_without_asking(world):
    world.prices.watch(SPOT, "BTCUSDT")
    await settle()
    await world.say(50_000)
    await world.clock.advance(5)
    assert (await world.prices.fresh(SPOT, "BTCUSDT")).bid == 50_000
    assert not world.market.calls


async def test_an_old_book_is_read_again_and_told(world):
    world.prices.watch(SPOT, "BTCUSDT")
    await settle()
    await world.say(50_000)
    await world.clock.advance(5.001)
    world.market.books["BTCUSDT"] = Decimal(51_000)
    assert (await world.prices.fresh(SPOT, "BTCUSDT")).bid == 51_000
    assert world.prices.book(SPOT, "BTCUSDT").bid == 51_000
    assert len(world.heard) == 2


async def test_a_book_that_nobody_watches_is_read_once_for_all_who_ask_and_told_to_nobody(world):
    books = await asyncio.gather(*(world.prices.fresh(SPOT, "BTCUSDT") for _ in range(20)))
    assert {book.bid for book in books} == {100}
    assert world.market.calls["book"] == 1
    assert (world.heard, world.prices.book(SPOT, "BTCUSDT")) == ([], None)


async def test_no_price_is_said_to_be_unavailable_and_asked_for_again_next_time(world):
    world.market.failures = [Unavailable("down")]
    asked = [world.prices.fresh(SPOT, "BTCUSDT") for _ in range(3)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable] * 3
    assert world.market.calls["book"] == 1
    assert (await world.prices.fresh(SPOT, "BTCUSDT")).bid == 100


async def test_books_are_heard_again_after_a_lost_connection(world):
    world.prices.watch(SPOT, "BTCUSDT")
    await settle()
    world.market.cut()
    await settle()
    await world.clock.advance(1)
    await world.say(50_000)
    assert world.prices.book(SPOT, "BTCUSDT").bid == 50_000


async def test_a_demo_clock_stretches_what_counts_as_recent(world):
    world.clock.rate = 60.0
    world.prices.watch(SPOT, "BTCUSDT")
    await settle()
    await world.say(50_000)
    await world.clock.advance(299)
    assert (await world.prices.fresh(SPOT, "BTCUSDT")).bid == 50_000


async def test_a_book_that_is_silent_for_long_is_read_and_told(world):
    world.prices.watch(SPOT, "BTCUSDT")
    await settle()
    await world.say(50_000)
    world.market.books["BTCUSDT"] = Decimal(49_000)
    await world.clock.advance(59)
    await settle()
    assert world.market.calls["book"] == 0
    await world.clock.advance(10)
    await settle()
    assert [str(book.bid) for _, book in world.heard] == ["50000", "49000"]


async def test_a_connection_that_kept_a_change_to_itself_is_renewed(world):
    world.prices.watch(SPOT, "BTCUSDT")
    await settle()
    await world.say(50_000)
    for bid in (49_000, 48_000):
        world.market.books["BTCUSDT"] = Decimal(bid)
        await world.clock.advance(70)
        await settle()
    await world.clock.advance(5)
    await settle()
    assert world.market.connections > 1
    await world.say(47_000)
    assert world.prices.book(SPOT, "BTCUSDT").bid == 47_000


async def test_a_quiet_market_and_one_quiet_symbol_among_others_renew_nothing(world):
    for symbol in ("BTCUSDT", "DOGEUSDT"):
        world.prices.watch(SPOT, symbol)
        await settle()
        await world.say(50_000, symbol)
    world.market.books["BTCUSDT"] = Decimal(50_000)
    for price in range(10):
        world.market.books["DOGEUSDT"] = Decimal(price + 1)
        for _ in range(7):
            await world.clock.advance(10)
            await world.say(50_000 + price)
    assert world.market.connections == 1
    assert world.market.calls["book"] <= 11
