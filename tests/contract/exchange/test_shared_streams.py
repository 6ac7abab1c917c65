"""Many accounts on few connections: each hears its own, and loses only what is its own to lose."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from engine.core.account import Credentials
from engine.core.bot_config import Environment
from engine.core.errors import KeyRefused, RateLimited, Unavailable
from engine.exchange.binance import api_socket, dialing, user_stream
from engine.exchange.binance.spot import SpotTrader
from engine.exchange.simulator.server import DemoAccount
from tests.contract.exchange.lab import MONEY, SECRET, SOON, Venue, reports, running
from tests.contract.exchange.script import LISTED, SUBSCRIBE, UNSUBSCRIBE, scripted
from tests.contract.exchange.test_streams_scripted import NEW

KEYS = [f"key{n}" * 12 for n in range(3)]


def credentials(key):
    return Credentials(key, SECRET, Environment.LOCAL)


@asynccontextmanager
async def clients(connection, keys=KEYS):
    made = [connection.client(credentials(key)) for key in keys]
    try:
        yield made
    finally:
        for client in made:
            await client.close()


@asynccontextmanager
async def listening(connection, made, **options):
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(connection.user_streams.events(client, **options))
            for client in made
        ]


async def heard(events):
    async with asyncio.timeout(SOON):
        return await anext(events)


async def test_accounts_share_a_connection_and_each_hears_its_own_orders():
    accounts = tuple(DemoAccount(key, SECRET, MONEY) for key in KEYS)
    async with running(accounts=accounts) as lab, clients(lab.connection) as made:
        rules = (await lab.venue()).rules
        traders = [SpotTrader(lab.connection, client) for client in made]
        async with listening(lab.connection, made) as streams:
            for trader, events in zip(traders, streams, strict=True):
                venue = Venue("shared", trader, rules, lab.clock, lab.price)
                order = venue.order()
                await venue.place(order)
                assert order.client_id in await reports(events, 1)
        asked = (await lab.control("state", "GET"))["requests"]
        assert sum(entry["path"] == SUBSCRIBE for entry in asked) == 3
        assert sum(entry["path"] == UNSUBSCRIBE for entry in asked) == 2


async def test_a_revoked_key_ends_its_own_stream_and_no_other():
    accounts = tuple(DemoAccount(key, SECRET, MONEY) for key in KEYS)
    async with running(accounts=accounts) as lab, clients(lab.connection) as made:
        rules = (await lab.venue()).rules
        async with listening(lab.connection, made) as (first, second, _):
            await lab.control("accounts", key=KEYS[0], revoked=True)
            with pytest.raises(Unavailable):
                await heard(first)
            trader = SpotTrader(lab.connection, made[1])
            venue = Venue("left", trader, rules, lab.clock, lab.price)
            order = venue.order()
            await venue.place(order)
            assert order.client_id in await reports(second, 1)
            with pytest.raises(KeyRefused):
                async with lab.connection.user_streams.events(made[0]):
                    pass


async def test_an_unnamed_refusal_is_traced_to_the_account_it_ended():
    async with scripted() as (script, connection, _), clients(connection) as made:
        async with listening(connection, made) as (first, second, _):
            del script.keys[1][0]
            await script.say({"id": None, "status": 401, "error": {"code": -2015, "msg": "no"}})
            with pytest.raises(Unavailable, match="no longer subscribed"):
                await heard(first)
            await script.say({"subscriptionId": 1, "event": NEW})
            assert (await heard(second)).client_id == NEW["c"]
        assert script.connections == 1


async def test_a_lost_connection_is_lost_by_all_and_one_new_one_carries_them_after_a_moment():
    async with scripted() as (script, connection, _), clients(connection) as made:
        pauses = []

        async def noted(seconds):
            pauses.append(seconds)

        connection.clock.sleep_real = noted
        async with listening(connection, made) as streams:
            assert pauses == []
            await script.cut()
            for events in streams:
                with pytest.raises(Unavailable):
                    await heard(events)
        async with listening(connection, made) as streams:
            await script.say({"subscriptionId": 2, "event": NEW})
            assert (await heard(streams[2])).client_id == NEW["c"]
        assert script.connections == 2
        assert len(pauses) == 1


async def test_a_shutdown_told_by_the_server_moves_everybody():
    async with scripted() as (script, connection, _), clients(connection) as made:
        async with listening(connection, made) as streams:
            await script.say({"event": {"e": "serverShutdown", "E": 1}})
            for events in streams:
                with pytest.raises(Unavailable, match="serverShutdown"):
                    await heard(events)
            async with listening(connection, made) as streams:
                await script.say({"subscriptionId": 0, "event": NEW})
                assert await heard(streams[0])
        assert script.connections == 2


async def test_a_full_connection_is_followed_by_another(monkeypatch):
    monkeypatch.setattr(user_stream, "MOST_ACCOUNTS", 2)
    async with scripted() as (script, connection, _), clients(connection) as made:
        streams = listening(connection, made)
        async with streams:
            assert script.connections == 2


async def test_one_proof_of_life_serves_all_accounts_of_a_connection():
    async with scripted() as (script, connection, _), clients(connection) as made:
        async with listening(connection, made, silence=0.2) as streams:
            waiting = [asyncio.get_running_loop().create_task(heard(one)) for one in streams]
            async with asyncio.timeout(SOON):
                await script.listed.wait()
            for number in range(3):
                await script.say({"subscriptionId": number, "event": NEW})
            await asyncio.gather(*waiting)
        assert script.asked.count(LISTED) == 1


async def test_a_connection_that_does_not_answer_is_lost_by_all(monkeypatch):
    monkeypatch.setattr(api_socket, "ANSWER_WITHIN", 0.05)
    async with scripted() as (script, connection, _), clients(connection) as made:
        script.mute = {LISTED}
        asking = connection.user_streams.events(made[0], silence=0.05)
        async with asking as first, listening(connection, made[1:]) as others:
            for events in (first, *others):
                with pytest.raises(Unavailable):
                    await heard(events)


async def test_an_account_whose_reader_falls_behind_loses_its_stream_and_no_other(monkeypatch):
    monkeypatch.setattr(api_socket, "MAX_WAITING", 3)
    async with scripted() as (script, connection, _), clients(connection) as made:
        streams = listening(connection, made)
        async with streams as (first, second, _):
            for _ in range(5):
                await script.say({"subscriptionId": 0, "event": NEW})
            await script.say({"subscriptionId": 1, "event": NEW})
            assert await heard(second)
            for _ in range(3):
                await heard(first)
            with pytest.raises(Unavailable, match="fell behind"):
                await heard(first)


async def test_what_comes_after_an_event_was_dropped_does_not_hide_the_loss(monkeypatch):
    monkeypatch.setattr(api_socket, "MAX_WAITING", 3)
    async with scripted() as (script, connection, _), clients(connection) as made:
        streams = listening(connection, made)
        async with streams as (first, second, _):
            for _ in range(4):
                await script.say({"subscriptionId": 0, "event": NEW})
            await script.say({"subscriptionId": 1, "event": NEW})
            await heard(second)
            for _ in range(2):
                await heard(first)
            await script.say({"subscriptionId": 0, "event": NEW})
            await script.say({"subscriptionId": 1, "event": NEW})
            await heard(second)
            await heard(first)
            with pytest.raises(Unavailable, match="fell behind"):
                await heard(first)


async def test_a_doubt_is_not_settled_by_a_proof_from_before_it():
    async with scripted() as (script, connection, _), clients(connection) as made:
        prover = connection.user_streams.events(made[2], silence=0.01)
        async with listening(connection, made[:2]) as (first, second), prover as third:
            waiting, proving = (
                asyncio.get_running_loop().create_task(heard(one)) for one in (first, third)
            )
            async with asyncio.timeout(SOON):
                await script.listed.wait()
            await script.say({"subscriptionId": 2, "event": NEW})
            await proving
            del script.keys[1][0]
            await script.say({"id": None, "status": 401, "error": {"code": -2015, "msg": "no"}})
            with pytest.raises(Unavailable, match="no longer subscribed"):
                await waiting
            await script.say({"subscriptionId": 1, "event": NEW})
            assert await heard(second)


async def test_who_gave_up_while_subscribing_comes_back_on_another_connection():
    async with scripted() as (script, connection, _), clients(connection) as (one, other, _):
        staying = connection.user_streams.events(one)
        async with staying:
            script.mute = {SUBSCRIBE}
            given_up = asyncio.get_running_loop().create_task(
                connection.user_streams.events(other).__aenter__()
            )
            async with asyncio.timeout(SOON):
                await script.muted.wait()
            given_up.cancel()
            await asyncio.wait([given_up])
            script.mute = set()
            # It may stand: here the exchange would refuse a second one of the account (-2035).
            async with connection.user_streams.events(other):
                assert script.connections == 2


async def test_who_left_may_come_back_on_the_same_connection():
    accounts = tuple(DemoAccount(key, SECRET, MONEY) for key in KEYS)
    async with running(accounts=accounts) as lab, clients(lab.connection) as (one, other, _):
        staying = lab.connection.user_streams.events(one)
        async with staying:
            for _ in range(2):
                async with lab.connection.user_streams.events(other):
                    pass


async def test_connections_are_opened_within_the_budget_of_the_address(monkeypatch):
    monkeypatch.setattr(dialing, "MOST", 2)
    async with scripted() as (script, connection, client):
        for _ in range(2):
            async with connection.user_streams.events(client):
                pass
        with pytest.raises(Unavailable, match="too many connections"):
            async with connection.user_streams.events(client):
                pass
        assert script.connections == 2


async def test_requests_over_the_socket_count_against_the_weight_of_the_address():
    async with scripted() as (script, connection, client):
        script.answer = lambda asked: {
            "id": asked["id"], "status": 429,
            "error": {"code": -1003, "msg": "Too much request weight used.",
                      "data": {"retryAfter": connection.clock.now_ms() + 90_000}},
        }  # fmt: skip
        for _ in range(2):
            with pytest.raises(RateLimited):
                async with connection.user_streams.events(client):
                    pass
        assert script.asked == [SUBSCRIBE]
