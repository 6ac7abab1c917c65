"""Many futures accounts on one connection: nobody pays for what concerns another."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from binance.ws.reconnecting_websocket import ReconnectingWebsocket

from engine.core.account import Credentials
from engine.core.bot_config import Environment
from engine.core.errors import Unavailable
from engine.exchange.binance.futures import FuturesTrader
from engine.exchange.binance.futures_stream import FuturesStreams
from engine.ports.trader import ForeignEvent
from tests.contract.exchange.lab import SECRET, SOON
from tests.contract.exchange.script import scripted

SUBSCRIBE, UNSUBSCRIBE, LIST = "SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS"


@asynccontextmanager
async def traders(count, **options):
    async with scripted() as (script, connection, _), AsyncExitStack() as stack:
        streams = FuturesStreams(connection, **options)
        made = []
        for number in range(count):
            key = Credentials(f"key{number}." * 9, SECRET, Environment.LOCAL)
            trader = FuturesTrader(connection, connection.client(key), streams)
            stack.push_async_callback(trader.close)
            made.append(trader)
        yield script, connection, made


@asynccontextmanager
async def listening(made):
    """All streams opened at once, as after a lost connection, and left at once; or why not."""
    contexts = [one.events() for one in made]
    opened = await asyncio.gather(*(c.__aenter__() for c in contexts), return_exceptions=True)
    try:
        yield opened
    finally:
        pairs = zip(contexts, opened, strict=True)
        await asyncio.gather(*(c.__aexit__(None, None, None) for c, told in pairs if opens(told)))


def opens(told):
    return not isinstance(told, BaseException)


def traded(number):
    """A trade of somebody else on the account of that number."""
    order = {"i": 7, "c": "web", "s": "BTCUSDT", "l": "1"}
    return {"stream": f"L{f'key{number}.' * 9}", "data": {"e": "ORDER_TRADE_UPDATE", "o": order}}


async def heard(events):
    async with asyncio.timeout(SOON):
        return await anext(events)


def refusing(script, *refused):
    """Answers as an exchange does that does not take these keys."""
    taken, answer = [], script.answer

    def answered(request):
        names = set(request.get("params", ()))
        if request["method"] == SUBSCRIBE and names & set(refused):
            return {"id": request["id"], "error": {"code": 2, "msg": f"Invalid: {names}"}}
        if request["method"] == SUBSCRIBE:
            taken.extend(names)
        return answer(request)

    script.answer = answered
    return taken


async def test_a_listen_key_that_is_not_taken_costs_no_other_account_its_stream():
    async with traders(4) as (script, _, made):
        taken = refusing(script, traded(3)["stream"])
        async with listening(made[:2]) as before:
            with pytest.raises(Unavailable, match="refused") as told:
                async with made[3].events():
                    pass
            assert traded(3)["stream"] not in str(told.value)
            for number, events in enumerate(before):
                await script.say(traded(number))
                assert await heard(events) == ForeignEvent("BTCUSDT")
        async with listening(made) as opened:
            assert [opens(one) for one in opened] == [True, True, True, False]
        assert {traded(number)["stream"] for number in range(3)} <= set(taken)


async def test_two_hundred_accounts_are_subscribed_by_a_few_messages():
    async with traders(200) as (script, connection, made):
        pauses = []

        async def noted(seconds):
            pauses.append(seconds)

        connection.clock.sleep_real = noted
        async with listening(made) as streams:
            assert script.asked.count(SUBSCRIBE) < 20
            for number in (0, 99, 199):
                await script.say(traded(number))
                assert await heard(streams[number]) == ForeignEvent("BTCUSDT")
        assert script.connections == 1
        assert script.asked.count(UNSUBSCRIBE) < 20
        assert len(pauses) < 40


async def test_who_gave_up_while_subscribing_does_not_leave_another_of_its_key_unheard():
    async with traders(1) as (script, _, (trader,)):
        script.mute = {SUBSCRIBE}
        given_up = asyncio.get_running_loop().create_task(trader.events().__aenter__())
        async with asyncio.timeout(SOON):
            await script.muted.wait()
        script.mute = set()
        again = trader.events()
        twin = asyncio.get_running_loop().create_task(again.__aenter__())
        async with asyncio.timeout(SOON):
            while not twin_waits(trader):
                await asyncio.wait([twin], timeout=0.01)
        given_up.cancel()
        await asyncio.wait([given_up])
        async with asyncio.timeout(SOON):
            events = await twin
        assert script.asked.count(SUBSCRIBE) == 2
        await script.say(traded(0))
        assert await heard(events) == ForeignEvent("BTCUSDT")
        await again.__aexit__(None, None, None)


def twin_waits(trader):
    (socket,) = trader._streams._sockets
    return any(len(listeners) == 2 for listeners in socket._listeners.values())


async def test_accounts_that_wait_for_one_connection_dial_once_and_fail_together(monkeypatch):
    dialled = []

    async def refused(self):
        dialled.append(1)
        await asyncio.sleep(0)
        raise ConnectionRefusedError

    monkeypatch.setattr(ReconnectingWebsocket, "connect", refused)
    async with traders(50) as (_, _, made), listening(made) as opened:
        assert all(isinstance(one, Unavailable) for one in opened)
    assert len(dialled) < 10
