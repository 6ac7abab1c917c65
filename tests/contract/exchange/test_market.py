"""Market data over REST and streams against the local exchange."""

import asyncio
from decimal import Decimal

import pytest

from engine.core.errors import Refused, Unavailable
from engine.core.market import Market, StreamKey, Timeframe
from engine.ports.market import BookEvent, CandleEvent
from tests.contract.exchange.lab import SOON, SYMBOL

MINUTE = StreamKey(Market.SPOT, SYMBOL, Timeframe.M1)


async def heard(stream, wanted):
    async with asyncio.timeout(SOON):
        iterator = aiter(stream)
        while True:
            event = await anext(iterator)
            if wanted(event):
                return event


async def test_rules_are_read_with_their_filters(lab):
    rules = (await lab.market.rules(Market.SPOT))[SYMBOL]
    assert (rules.base, rules.quote, rules.trading, rules.oco_allowed) == (
        "BTC", "USDT", True, True,
    )  # fmt: skip
    assert rules.tick_size == Decimal("0.01")
    assert rules.step_size == Decimal("0.00001")
    assert rules.min_notional == 5


async def test_only_closed_candles_are_told_oldest_first(lab):
    await lab.control("advance", ms=150_000)
    await lab.clock.advance(150)
    candles = await lab.market.candles(MINUTE, limit=10)
    opens = [candle.open_time for candle in candles]
    assert opens == sorted(opens)
    assert opens[-1] + 60_000 <= lab.exchange.clock.now() < opens[-1] + 120_000


async def test_candles_come_from_a_start_on_and_page_beyond_a_thousand(lab):
    start = lab.clock.now_ms() // 60_000 * 60_000
    await lab.control("advance", ms=1_300 * 60_000)
    await lab.clock.advance(1_300 * 60)
    newest = await lab.market.candles(MINUTE, limit=1_200)
    from_start = await lab.market.candles(MINUTE, limit=1_200, start_ms=start)
    assert len(newest) == len(from_start) == 1_200
    for candles in (newest, from_start):
        opens = [candle.open_time for candle in candles]
        assert opens == list(range(opens[0], opens[0] + 1_200 * 60_000, 60_000))
    assert from_start[0].open_time == start
    assert newest[-1].open_time + 60_000 <= lab.exchange.clock.now()


async def test_book_and_tickers_and_time_are_told(lab):
    book = await lab.market.book(Market.SPOT, SYMBOL)
    assert (book.bid, book.ask) == (Decimal(50_000), Decimal("50000.01"))
    (ticker,) = await lab.market.tickers(Market.SPOT)
    assert (ticker.symbol, ticker.last) == (SYMBOL, Decimal(50_000))
    assert await lab.market.server_time_ms() == lab.exchange.clock.now()


async def test_an_unknown_symbol_is_refused_on_each_market(lab):
    for market in Market:
        with pytest.raises(Refused):
            await lab.market.book(market, "NOSUCH")


async def test_a_failing_server_is_unavailable(lab):
    await lab.fault("status", "/api/v3/klines", status=502, body="<html>Bad Gateway</html>")
    with pytest.raises(Unavailable):
        await lab.market.candles(MINUTE, limit=5)


async def test_one_connection_hears_all_streams_subscribed_live(lab):
    async with lab.market.stream(Market.SPOT) as stream:
        await stream.subscribe([], [SYMBOL])
        await lab.price(50_500)
        book = await heard(stream, lambda e: isinstance(e, BookEvent))
        assert book.book.bid == Decimal(50_500)
        await stream.subscribe([MINUTE], [SYMBOL])
        await lab.control("advance", ms=61_000)
        closed = await heard(stream, lambda e: isinstance(e, CandleEvent) and e.closed)
        assert closed.key == MINUTE
        assert closed.candle.low <= 50_000.0


async def test_an_unsubscribed_stream_falls_silent(lab):
    async with lab.market.stream(Market.SPOT) as stream:
        await stream.subscribe([MINUTE], [SYMBOL])
        await stream.unsubscribe([], [SYMBOL])
        await lab.price(50_700)
        await lab.control("advance", ms=61_000)
        first = await heard(stream, lambda _: True)
        assert isinstance(first, CandleEvent)


async def test_a_cut_stream_is_unavailable(lab):
    async with lab.market.stream(Market.SPOT) as stream:
        await stream.subscribe([], [SYMBOL])
        await lab.fault("disconnect", stream="bookTicker")
        await lab.price(50_800)
        with pytest.raises(Unavailable):
            await heard(stream, lambda _: False)
        with pytest.raises(Unavailable):
            await stream.subscribe([MINUTE], [])


async def test_a_stream_is_closed_within_a_moment(lab):
    began = asyncio.get_running_loop().time()
    async with lab.market.stream(Market.SPOT) as stream:
        await stream.subscribe([MINUTE], [])
    async with lab.trader.events():
        pass
    assert asyncio.get_running_loop().time() - began < 2.5
