"""Traps of python-binance 1.0.37, each with the test that fails when our own handling is gone.

======================================  ====================================================
trap                                    test
======================================  ====================================================
a full queue ends the reader, mutely    test_shared_streams: an account whose reader falls
                                        behind…; test_streams_scripted: a reader that falls
                                        behind…
user data is not subscribed again       a lost user stream is told at once…
five reconnects of its own              a lost connection is not mended by the library…
a silent stall is never noticed         test_streams_scripted: a silent user stream…;
                                        test_shared_streams: a connection that does not answer…
the clock's offset is measured once     the clock is measured again…; test_clocks
one offset for spot and futures         test_clocks: spot and futures have clocks of their own
recvWindow is overwritten               what is sent…
ids with the broker's prefix            what is sent…
scientific notation                     what is sent…
an error without JSON has code 0        an error page is classed by its status…
an empty success is an empty answer     an empty success is unreadable…
one response for all requests           each answer is heard with its own headers…
closing hangs for ten seconds           closing after a stream is quick…
numbers are checked for nothing         test_parse
keys are logged at DEBUG                test_wire_faults: the secret is in no error…
======================================  ====================================================
"""

import asyncio
from decimal import Decimal

import pytest
from binance.ws.reconnecting_websocket import ReconnectingWebsocket

from engine.core.errors import NoFunds, OutcomeUnknown, Overloaded, RateLimited, Unavailable
from engine.core.market import Side
from engine.core.order import Leg, OrderKind
from engine.exchange.binance import clock as clocks
from engine.exchange.binance.ask import Ask, Priority, Product
from tests.contract.exchange.lab import SOON
from tests.contract.exchange.script import SUBSCRIBE, scripted

ORDER, ACCOUNT = "/api/v3/order", "/api/v3/account"


async def test_a_lost_user_stream_is_told_at_once_and_the_next_one_subscribes_anew():
    async with scripted() as (script, connection, client):
        for _ in range(2):
            async with connection.user_streams.events(client) as events:
                await script.cut()
                with pytest.raises(Unavailable):
                    async with asyncio.timeout(SOON):
                        await anext(events)
        assert script.asked == [SUBSCRIBE, SUBSCRIBE]


async def test_a_lost_connection_is_not_mended_by_the_library_behind_our_back(monkeypatch):
    monkeypatch.setattr(ReconnectingWebsocket, "_get_reconnect_wait", lambda *_: 0)
    async with scripted() as (script, connection, client):
        async with connection.user_streams.events(client) as events:
            await script.cut()
            with pytest.raises(Unavailable):
                async with asyncio.timeout(SOON):
                    await anext(events)
            readers = [t for t in asyncio.all_tasks() if "_read_loop" in repr(t.get_coro())]
            async with asyncio.timeout(SOON):
                await asyncio.gather(*readers)
        assert script.connections == 1


async def test_the_clock_is_measured_again_when_it_is_old(lab, monkeypatch):
    await lab.trader.balances()
    await lab.trader.balances()
    assert len(await lab.requests("/api/v3/time")) == 3
    monkeypatch.setattr(clocks, "_STALE_AFTER", 0.0)
    await lab.trader.balances()
    assert len(await lab.requests("/api/v3/time")) == 6


async def test_what_is_sent_has_our_id_our_window_and_plain_numbers(lab):
    venue = await lab.venue()
    order = venue.order(
        Leg.STOP, Side.SELL, OrderKind.STOP_LIMIT, quantity="1E1",
        price=Decimal("4.9E4"), stop_price=Decimal("49.1E3"),
    )  # fmt: skip
    with pytest.raises(NoFunds):
        await venue.place(order)
    (entry,) = [entry for entry in await lab.requests(ORDER) if entry["method"] == "POST"]
    sent = entry["params"]
    assert sent["newClientOrderId"] == order.client_id
    assert sent["recvWindow"] == "5000"
    assert (sent["quantity"], sent["price"], sent["stopPrice"]) == ("10", "49000", "49100")


@pytest.mark.parametrize("status", [502, 503, 504, 400])
async def test_an_error_page_is_classed_by_its_status_and_tells_nothing_of_itself(lab, status):
    venue = await lab.venue()
    page = "<html><body>Bad gateway</body></html>"
    await lab.fault("status", ORDER, "POST", status=status, body=page)
    with pytest.raises(OutcomeUnknown) as unknown:
        await venue.place(venue.order())
    assert (unknown.value.code, unknown.value.detail) == (0, f"HTTP {status}")


async def test_a_plain_sentence_of_the_futures_exchange_is_read(lab):
    await lab.fault("status", "/fapi/v1/time", status=503, body="Service Unavailable.")
    ask = Ask(Product.FUTURES, Priority.ENTRY)
    with pytest.raises(Overloaded, match="Service Unavailable"):
        await lab.connection._carry_out(lab.connection.public.futures_time, ask, sending=True)


async def test_an_empty_success_is_unreadable_and_so_in_doubt(lab):
    venue = await lab.venue()
    await lab.fault("status", ORDER, "POST", status=200, body="", after=True)
    with pytest.raises(OutcomeUnknown):
        await venue.place(venue.order())


async def test_each_answer_is_heard_with_its_own_headers_when_many_are_under_way(lab):
    venue = await lab.venue()
    await lab.trader.balances()
    await lab.fault("delay", ACCOUNT, "GET", ms=50, times=None, after=True)
    await lab.fault("status", ORDER, "POST", status=429, code=-1015, retry_after=7)
    reads = [lab.trader.balances() for _ in range(5)]
    *answers, limited = await asyncio.gather(
        *reads, venue.place(venue.order()), return_exceptions=True
    )
    assert all(answer["BTC"].free == 1 for answer in answers)
    assert isinstance(limited, RateLimited)
    assert limited.retry_after == 7
    assert await lab.trader.balances()


async def test_closing_after_a_stream_is_quick(lab):
    loop = asyncio.get_running_loop()
    async with lab.trader.events():
        began = loop.time()
    await lab.trader.close()
    await lab.connection.close()
    assert loop.time() - began < 1.5
