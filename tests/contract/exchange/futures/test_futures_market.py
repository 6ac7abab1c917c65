"""Futures market data over REST and streams: two addresses that are heard as one."""

import asyncio
from decimal import Decimal

import pytest

from engine.core.errors import Unavailable
from engine.core.market import Market, StreamKey, StreamState, Timeframe
from engine.market.catalogue import CachedCatalogue
from engine.market.feed import Feed
from engine.market.prices import LivePrices
from engine.ports.market import BookEvent, CandleEvent
from engine.runtime.nursery import Nursery
from tests.contract.exchange.lab import SOON, SYMBOL
from tests.fakes.clock import FrozenClock

MINUTE = StreamKey(Market.FUTURES, SYMBOL, Timeframe.M1)


class PatientClock(FrozenClock):
    """Market time stands still, and nobody spins while waiting."""

    async def sleep_real(self, seconds):
        await asyncio.sleep(min(seconds, 0.02))


async def heard(stream, wanted):
    async with asyncio.timeout(SOON):
        async for event in stream:
            if wanted(event):
                return event
    raise AssertionError("the stream ended")


async def test_rules_of_perpetuals_have_the_futures_filters(venue):
    rules = venue.rules
    assert (rules.market, rules.base, rules.quote) == (Market.FUTURES, "BTC", "USDT")
    assert (rules.trading, rules.oco_allowed) == (True, False)
    assert rules.tick_size > 0
    assert rules.step_size > 0
    assert rules.market_max_qty > 0
    assert rules.min_notional > 0
    assert rules.percent_down < 1 < rules.percent_up
    assert "STOP_MARKET" in rules.order_types


async def test_only_closed_candles_are_told_and_they_page_beyond_a_thousand(venue):
    lab = venue.lab
    start = lab.clock.now_ms() // 60_000 * 60_000
    await lab.control("advance", ms=1_300 * 60_000)
    await lab.clock.advance(1_300 * 60)
    candles = await lab.market.candles(MINUTE, limit=1_200, start_ms=start)
    opens = [candle.open_time for candle in candles]
    assert opens == list(range(start, start + 1_200 * 60_000, 60_000))
    newest = await lab.market.candles(MINUTE, limit=3)
    assert newest[-1].open_time + 60_000 <= lab.exchange.clock.now()


async def test_book_and_tickers_are_told_and_the_catalogue_knows_both_markets(venue):
    market = venue.lab.market
    book = await market.book(Market.FUTURES, SYMBOL)
    assert (book.bid, book.ask) == (Decimal(50_000), Decimal("50000.01"))
    catalogue = CachedCatalogue(market)
    await catalogue.refresh(Market.FUTURES)
    await catalogue.refresh(Market.SPOT)
    assert catalogue.rules(Market.FUTURES, SYMBOL) == venue.rules
    assert catalogue.rules(Market.SPOT, SYMBOL).oco_allowed
    assert [r.market for r in catalogue.top(Market.FUTURES, quote="USDT", limit=1)] == [
        Market.FUTURES
    ]


async def test_candles_and_books_arrive_through_one_stream(venue):
    async with venue.lab.market.stream(Market.FUTURES) as stream:
        await stream.subscribe([MINUTE], [SYMBOL])
        await venue.lab.price("50100")
        book = await heard(stream, lambda e: isinstance(e, BookEvent))
        assert (book.market, book.symbol) == (Market.FUTURES, SYMBOL)
        assert book.book.bid == Decimal(50_100)
        await venue.lab.control("advance", ms=120_000)
        candle = await heard(stream, lambda e: isinstance(e, CandleEvent) and e.closed)
        assert candle.key == MINUTE


async def test_nothing_is_heard_any_more_after_unsubscribing(venue):
    async with venue.lab.market.stream(Market.FUTURES) as stream:
        await stream.subscribe([MINUTE], [SYMBOL])
        await stream.unsubscribe([MINUTE], [])
        await venue.lab.control("advance", ms=120_000)
        await venue.lab.price("50200")
        event = await heard(
            stream,
            lambda e: (
                isinstance(e, CandleEvent)
                or (isinstance(e, BookEvent) and e.book.bid == Decimal(50_200))
            ),
        )
        assert isinstance(event, BookEvent)


@pytest.mark.parametrize("part", ["/market/", "/public/"])
async def test_losing_either_address_loses_the_stream(venue, part):
    async with venue.lab.market.stream(Market.FUTURES) as stream:
        await stream.subscribe([MINUTE], [SYMBOL])
        await venue.lab.control("disconnect", path=part)
        with pytest.raises(Unavailable):
            await heard(stream, lambda e: False)


async def test_feed_and_prices_work_for_futures_as_they_are(venue):
    lab = venue.lab
    await lab.control("advance", ms=600_000)
    await lab.clock.advance(600)
    nursery, clock = Nursery(), PatientClock(lab.clock.now_ms())
    feed = Feed(lab.market, clock, nursery)
    prices = LivePrices(lab.market, clock, nursery)
    told = asyncio.Event()
    feed.listen(lambda key, candle, live: told.set())
    try:
        await feed.ensure(MINUTE, 5)
        prices.watch(Market.FUTURES, SYMBOL)
        await until(lambda: prices.book(Market.FUTURES, SYMBOL) is not None, lab)
        told.clear()
        await lab.control("advance", ms=120_000)
        async with asyncio.timeout(SOON):
            await told.wait()
        assert feed.state(MINUTE) is StreamState.LIVE
    finally:
        await nursery.close()


async def until(holds, lab):
    async with asyncio.timeout(SOON):
        price = 50_300
        while not holds():
            price += 1
            await lab.price(price)
            await asyncio.sleep(0.05)
