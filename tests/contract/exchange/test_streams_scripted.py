"""Streams against a server that says exactly what a test wants, and what no exchange should."""

import asyncio

import pytest

from engine.core.errors import Unavailable
from engine.core.market import Market, StreamKey, Timeframe
from engine.core.order import OrderReport
from engine.exchange.binance import sockets
from engine.exchange.binance.market import BinanceMarket
from engine.ports.market import BookEvent, CandleEvent
from engine.ports.trader import UNREAD
from tests.contract.exchange.lab import SOON
from tests.contract.exchange.script import LISTED, SUBSCRIBE, scripted

MINUTE = StreamKey(Market.SPOT, "BTCUSDT", Timeframe.M1)
NEW = {
    "e": "executionReport", "E": 1, "s": "BTCUSDT", "c": "sk1-1-1-e0", "S": "BUY", "o": "MARKET",
    "C": "", "x": "NEW", "X": "NEW", "r": "NONE", "i": 1, "l": "0", "z": "0", "L": "0", "n": "0",
    "N": None, "T": 1, "t": -1, "Z": "0",
}  # fmt: skip


@pytest.mark.parametrize(
    "last",
    [
        {"subscriptionId": 0, "event": {"e": "eventStreamTerminated", "E": 1}},
        {"event": {"e": "serverShutdown", "E": 1}},
        {"id": None, "status": 401, "error": {"code": -2015, "msg": "Invalid API-key."}},
    ],
    ids=["terminated", "shutdown", "revoked"],
)
async def test_a_user_stream_that_is_ended_is_unavailable_after_what_came_before(last):
    async with scripted() as (script, connection, client):
        script.lines = [{"subscriptionId": 0, "event": NEW}, last]
        async with connection.user_streams.events(client) as events, asyncio.timeout(SOON):
            script.keys.clear()
            assert isinstance(await anext(events), OrderReport)
            with pytest.raises(Unavailable):
                await anext(events)
        assert script.connections == 1


async def test_a_silent_user_stream_without_its_subscription_is_unavailable():
    async with (
        scripted() as (script, connection, client),
        connection.user_streams.events(client, silence=0.05) as events,
    ):
        script.keys.clear()
        with pytest.raises(Unavailable, match="no longer subscribed"):
            async with asyncio.timeout(SOON):
                await anext(events)
        assert script.asked == [SUBSCRIBE, LISTED]


async def test_an_event_of_an_unknown_form_asks_for_a_reading_and_an_unknown_kind_is_skipped():
    async with scripted() as (script, connection, client):
        odd = [{"e": "listStatus"}, NEW | {"X": "STRANGE"}, {"e": "news"}, NEW | {"z": None}]
        script.lines = [{"subscriptionId": 0, "event": event} for event in (*odd, NEW)]
        async with connection.user_streams.events(client) as events, asyncio.timeout(SOON):
            assert await anext(events) == UNREAD
            assert await anext(events) == UNREAD
            assert (await anext(events)).client_id == "sk1-1-1-e0"


def kline(at, close, closed=False):
    k = {"t": at, "s": "BTCUSDT", "i": "1m", "o": "1", "h": "2", "l": "0.5", "c": close, "v": "3",
         "x": closed}  # fmt: skip
    return {"stream": "btcusdt@kline_1m", "data": {"e": "kline", "k": k}}


def quotes(bid):
    data = {"u": 1, "s": "BTCUSDT", "b": bid, "B": "1", "a": "9", "A": "1"}
    return {"stream": "btcusdt@bookTicker", "data": data}


async def test_open_candles_and_unchanged_quotes_are_life_signs_once_a_second():
    async with scripted() as (script, connection, _):
        script.lines = [kline(0, "1"), kline(0, "1.1"), quotes("7"), quotes("7"), quotes("8"),
                        kline(0, "1.2", closed=True), kline(60_000, "1.3")]  # fmt: skip
        async with BinanceMarket(connection).stream(Market.SPOT) as stream:
            await stream.subscribe([MINUTE], ["BTCUSDT"])
            async with asyncio.timeout(SOON):
                iterator = aiter(stream)
                events = [await anext(iterator) for _ in range(5)]
        first, seven, eight, closed, following = events
        assert (first.closed, first.candle.close) == (False, 1.0)
        assert [str(e.book.bid) for e in (seven, eight)] == ["7", "8"]
        assert (closed.closed, closed.candle.close) == (True, 1.2)
        assert (following.closed, following.candle.open_time) == (False, 60_000)


async def test_unreadable_market_events_are_skipped():
    async with scripted() as (script, connection, _):
        odd = quotes("0"), {"stream": "btcusdt@kline_1m", "data": {"k": {"t": None}}}
        script.lines = [*odd, quotes("8")]
        async with BinanceMarket(connection).stream(Market.SPOT) as stream:
            await stream.subscribe([], ["BTCUSDT"])
            async with asyncio.timeout(SOON):
                event = await anext(aiter(stream))
        assert isinstance(event, BookEvent)


async def test_a_refused_subscription_and_a_shutdown_are_unavailable():
    async with scripted() as (script, connection, _):
        script.answer = lambda asked: {"id": asked["id"], "error": {"code": 2, "msg": "no"}}
        script.lines = [{"stream": "!serverShutdown", "data": {"e": "serverShutdown", "E": 1}}]
        async with BinanceMarket(connection).stream(Market.SPOT) as stream:
            with pytest.raises(Unavailable, match="refused"):
                await stream.subscribe([MINUTE], [])
            with pytest.raises(Unavailable, match="serverShutdown"):
                async with asyncio.timeout(SOON):
                    await anext(aiter(stream))


async def test_a_reader_that_falls_behind_loses_the_stream_not_events_in_silence(monkeypatch):
    monkeypatch.setattr(sockets, "MAX_QUEUE", 3)
    async with scripted() as (script, connection, _):
        script.lines = [kline(60_000 * n, "1", closed=True) for n in range(6)]
        async with BinanceMarket(connection).stream(Market.SPOT) as stream:
            await stream.subscribe([MINUTE], [])
            with pytest.raises(Unavailable, match="lost"):
                await stream.subscribe([], ["BTCUSDT"])
            async with asyncio.timeout(SOON):
                iterator = aiter(stream)
                kept = [await anext(iterator) for _ in range(3)]
                assert all(isinstance(event, CandleEvent) for event in kept)
                with pytest.raises(Unavailable, match="Overflow"):
                    await anext(iterator)
