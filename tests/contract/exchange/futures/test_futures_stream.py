"""A futures account's own events, over the wire."""

import asyncio
from contextlib import AsyncExitStack
from decimal import Decimal

import pytest

from engine.core.account import Credentials
from engine.core.bot_config import Environment
from engine.core.errors import KeyRefused, Unavailable
from engine.core.market import Side
from engine.core.order import OrderEvent, OrderReport, OrderState, apply_report, move
from engine.exchange.binance.client import Client
from engine.exchange.binance.futures import FuturesTrader
from engine.exchange.binance.futures_stream import EXTEND_MS, PrivateSocket
from engine.exchange.binance.sockets import MarketSocket
from engine.ports.trader import UNREAD, BalanceEvent, ForeignEvent
from tests.contract.exchange.futures.lab import heard, spied, tells
from tests.contract.exchange.lab import KEY, SOON, SYMBOL

KEEPALIVE = "/fapi/v1/listenKey"
LIST = "LIST_SUBSCRIPTIONS"


async def test_an_order_of_ours_is_told_with_its_trade_and_what_it_left_free(venue):
    await venue.books.prepare(SYMBOL, 5)
    order = venue.order()
    async with venue.trader.events() as events:
        await venue.place(order)
        money = await heard(events, lambda event: isinstance(event, BalanceEvent))
        report = await heard(events, tells(order, OrderEvent.FILL))
    (fill,) = report.fills
    assert (fill.price, fill.quantity) == (Decimal("50000.01"), Decimal("0.02"))
    assert (fill.commission, fill.commission_asset) == (Decimal("0.50000010"), "USDT")
    assert report.filled_quote == Decimal("1000.0002")
    exact = (await venue.trader.balances())["USDT"]
    assert abs(money.balances["USDT"].free - exact.free) < 1


@pytest.mark.parametrize("keeps", [True, False], ids=["keeps its id", "gets another id"])
async def test_the_fill_of_a_triggered_stop_is_told_under_the_stops_own_id(venue, keeps):
    await venue.lab.control("accounts", key=KEY, secret=venue.hand.API_SECRET, keeps_algo_id=keeps)
    await venue.enter()
    stop = venue.stop()
    async with venue.trader.events() as events:
        await venue.place(stop)
        await venue.lab.price("48900")
        report = await heard(events, tells(stop, OrderEvent.FILL))
    assert [fill.quantity for fill in report.fills] == [Decimal("0.02")]
    assert report.fills[0].client_id == stop.client_id


async def test_a_stop_that_ends_otherwise_is_told_with_the_reason(venue):
    await venue.enter()
    cancelled, refused = venue.stop(), venue.target()
    async with venue.trader.events() as events:
        await venue.place(cancelled)
        await venue.place(refused)
        await venue.trader.cancel(cancelled)
        assert (await heard(events, tells(cancelled, OrderEvent.CANCEL))).fills == ()
        await venue.lab.control("faults", what="refuse_trigger", reason="Margin is insufficient.")
        await venue.lab.price("51100")
        report = await heard(events, tells(refused, OrderEvent.REFUSE))
    assert report.note == "Margin is insufficient."


async def test_what_nobody_of_ours_did_is_told_as_foreign(venue):
    await venue.enter()
    async with venue.trader.events() as events:
        await venue.by_hand("BUY", "0.01")
        assert await heard(events, lambda e: isinstance(e, ForeignEvent)) == ForeignEvent(SYMBOL)
        await venue.act("liquidate", symbol=SYMBOL)
        assert await heard(events, lambda e: isinstance(e, ForeignEvent)) == ForeignEvent(SYMBOL)


async def test_funding_of_a_position_is_told(venue):
    await venue.enter()
    async with venue.trader.events() as events:
        await venue.act("funding", symbol=SYMBOL, rate="0.001")
        assert await heard(events, lambda e: isinstance(e, ForeignEvent)) == ForeignEvent(SYMBOL)


async def test_a_listen_key_that_expires_ends_the_stream_and_the_next_one_works(venue):
    await venue.books.prepare(SYMBOL, 5)
    async with venue.trader.events() as events:
        await venue.act("expire_key")
        with pytest.raises(Unavailable, match="expired"):
            async with asyncio.timeout(SOON):
                await anext(events)
    order = venue.order()
    async with venue.trader.events() as events:
        await venue.place(order)
        await heard(events, tells(order, OrderEvent.FILL))


async def test_a_listen_key_is_extended_in_time_and_never_deleted(venue, monkeypatch):
    extended = spied(monkeypatch, Client, "futures_stream_keepalive")
    async with venue.trader.events() as events, asyncio.TaskGroup() as group:
        reader = group.create_task(anext(events))
        await venue.lab.clock.advance(EXTEND_MS / 1000)
        async with asyncio.timeout(SOON):
            await extended.wait()
        reader.cancel()
    methods = {entry["method"] for entry in await venue.lab.requests(KEEPALIVE)}
    assert methods == {"POST", "PUT"}


async def test_a_key_that_cannot_be_extended_for_a_while_is_tried_again(venue, monkeypatch):
    extended = spied(monkeypatch, Client, "futures_stream_keepalive")
    await venue.lab.fault("status", KEEPALIVE, "PUT", status=500, code=-1000)
    async with venue.trader.events() as events, asyncio.TaskGroup() as group:
        reader = group.create_task(anext(events))
        await venue.lab.clock.advance(EXTEND_MS / 1000)
        async with asyncio.timeout(SOON):
            while not extended.is_set():
                await venue.lab.clock.advance(30)
                await asyncio.wait([reader], timeout=0.05)
        reader.cancel()


async def test_a_listen_key_that_somebody_deleted_ends_the_stream(venue):
    async with venue.trader.events() as events:
        await venue.hand.futures_stream_close("any")
        await venue.lab.clock.advance(EXTEND_MS / 1000)
        with pytest.raises(Unavailable):
            async with asyncio.timeout(SOON):
                await anext(events)


async def test_a_listen_key_that_another_program_replaced_ends_the_stream_for_a_new_one(venue):
    await venue.books.prepare(SYMBOL, 5)
    async with venue.trader.events() as events:
        await venue.hand.futures_stream_close("any")
        await venue.hand.futures_stream_get_listen_key()
        await venue.lab.control("advance", ms=EXTEND_MS)
        await venue.lab.clock.advance(EXTEND_MS / 1000)
        with pytest.raises(Unavailable, match="replaced"):
            async with asyncio.timeout(SOON):
                await anext(events)
    order = venue.order()
    async with venue.trader.events() as events:
        await venue.place(order)
        await heard(events, tells(order, OrderEvent.FILL))


async def test_a_key_that_is_revoked_ends_the_stream_as_refused(venue):
    async with venue.trader.events() as events:
        await venue.lab.control("accounts", key=KEY, revoked=True)
        await venue.lab.clock.advance(EXTEND_MS / 1000)
        with pytest.raises(KeyRefused):
            async with asyncio.timeout(SOON):
                await anext(events)


async def test_a_shutdown_that_is_announced_moves_all_accounts_at_once(venue):
    async with AsyncExitStack() as opened:
        streams = []
        for number in range(3):
            trader = await with_key(venue, opened, number)
            streams.append(await opened.enter_async_context(trader.events()))
        await venue.lab.control("disconnect", path="/private/", notice=True)
        for events in streams:
            with pytest.raises(Unavailable, match="serverShutdown"):
                async with asyncio.timeout(SOON):
                    await anext(events)
        again = await opened.enter_async_context(trader.events())
        await trader.futures.prepare(SYMBOL, 5)
        order = venue.order(quantity="0.002")
        await trader.place(order, venue.rules)
        await heard(again, tells(order, OrderEvent.FILL))


async def test_a_silent_but_living_stream_is_asked_about_and_kept(venue, monkeypatch):
    listed = spied(monkeypatch, PrivateSocket, "ask", lambda number, method, names: method == LIST)
    await venue.books.prepare(SYMBOL, 5)
    async with venue.trader.events() as events, asyncio.TaskGroup() as group:
        reader = group.create_task(anext(events))
        async with asyncio.timeout(SOON):
            await listed.wait()
            assert not reader.done()
            await venue.place(venue.order())
            await reader


async def test_a_stream_that_the_exchange_no_longer_lists_is_lost(venue, monkeypatch):
    async with venue.trader.events() as events:
        (socket,) = venue.streams._sockets
        key = next(iter(socket._listeners))
        await socket.ask(99, "UNSUBSCRIBE", [key])
        with pytest.raises(Unavailable, match="no longer subscribed"):
            async with asyncio.timeout(SOON):
                await anext(events)


async def test_accounts_share_one_connection_and_lose_it_together(venue):
    async with AsyncExitStack() as opened:
        streams = []
        for number in range(5):
            trader = await with_key(venue, opened, number)
            streams.append(await opened.enter_async_context(trader.events()))
        cut = await venue.lab.control("disconnect", path="/private/")
        assert cut["sockets"] == 1
        for events in streams:
            with pytest.raises(Unavailable):
                async with asyncio.timeout(SOON):
                    await anext(events)


async def test_a_connection_that_does_not_answer_is_lost_by_all(venue, monkeypatch):
    async with AsyncExitStack() as opened:
        streams = []
        for number in range(3):
            trader = await with_key(venue, opened, number)
            streams.append(await opened.enter_async_context(trader.events()))

        async def mute(self, number, method, names):
            raise Unavailable("TimeoutError")

        monkeypatch.setattr(MarketSocket, "ask", mute)
        for events in streams:
            with pytest.raises(Unavailable):
                async with asyncio.timeout(SOON):
                    await anext(events)
        monkeypatch.undo()
        again = await opened.enter_async_context(trader.events())
        await trader.futures.prepare(SYMBOL, 5)
        order = venue.order(quantity="0.002")
        await trader.place(order, venue.rules)
        await heard(again, tells(order, OrderEvent.FILL))


async def test_events_told_twice_or_late_are_reports_like_any_other(venue):
    await venue.books.prepare(SYMBOL, 5)
    order = venue.order()
    told = move(order, OrderEvent.SEND, at=venue.lab.clock.now_ms())
    await venue.lab.control("faults", what="duplicate", stream="user@ORDER_TRADE_UPDATE", times=2)
    async with venue.trader.events() as events:
        await venue.place(order)
        async with asyncio.timeout(SOON):
            while told.filled_qty < order.quantity:
                event = await anext(events)
                if isinstance(event, OrderReport):
                    told = apply_report(apply_report(told, event), event)
    assert (told.filled_qty, told.state) == (order.quantity, OrderState.FILLED)


@pytest.mark.parametrize("changes", [{"o.X": "STRANGE"}, {"o.ap": None}, {"o.i": "7"}])
async def test_a_trade_that_cannot_be_read_asks_for_a_reading(venue, changes):
    await venue.books.prepare(SYMBOL, 5)
    await venue.lab.control(
        "faults", what="edit", stream="user@ORDER_TRADE_UPDATE", changes=changes, times=None
    )
    async with venue.trader.events() as events:
        await venue.place(venue.order())
        assert await heard(events, lambda event: isinstance(event, ForeignEvent)) == UNREAD


async def test_events_reach_their_own_account_alone(venue):
    async with AsyncExitStack() as opened:
        other = await with_key(venue, opened, 7)
        theirs = await opened.enter_async_context(other.events())
        mine = await opened.enter_async_context(venue.trader.events())
        await venue.books.prepare(SYMBOL, 5)
        order = venue.order(side=Side.SELL)
        await venue.place(order)
        await heard(mine, tells(order, OrderEvent.FILL))
        await other.futures.prepare(SYMBOL, 5)
        theirs_alone = venue.order(quantity="0.002")
        await other.place(theirs_alone, venue.rules)
        async with asyncio.timeout(SOON):
            first = await anext(
                event async for event in theirs if not isinstance(event, BalanceEvent)
            )
        assert first.client_id == theirs_alone.client_id


@pytest.mark.parametrize("body", ["{}", "[]", '{"listenKey": null}', '{"listenKey": ""}'])
async def test_a_listen_key_that_cannot_be_read_opens_no_stream(venue, body):
    await venue.lab.fault("status", KEEPALIVE, "POST", status=200, body=body)
    with pytest.raises(Unavailable, match="listen key"):
        async with venue.trader.events():
            pass


async def test_a_key_that_the_exchange_refuses_opens_no_stream(venue):
    await venue.lab.fault("status", KEEPALIVE, "POST", status=401, code=-2015)
    with pytest.raises(KeyRefused):
        async with venue.trader.events():
            pass


async def with_key(venue, opened, number):
    key, secret = f"K{number}" * 32, f"S{number}" * 32
    await venue.lab.control("accounts", key=key, secret=secret, futures={"USDT": "1000"})
    connection = venue.lab.connection
    client = connection.client(Credentials(key, secret, Environment.LOCAL))
    trader = FuturesTrader(connection, client, venue.streams)
    opened.push_async_callback(trader.close)
    return trader
