"""What our client makes of a wire that fails, against the local exchange."""

import asyncio
import logging
import traceback
from decimal import Decimal

import pytest

from engine.core.account import Credentials
from engine.core.bot_config import Environment
from engine.core.errors import (
    ClockOff,
    ExchangeError,
    KeyRefused,
    NotSent,
    OrderGone,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
)
from engine.core.order import Leg, OrderEvent, OrderKind
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.endpoints import local
from engine.exchange.binance.rights import check_key
from engine.exchange.binance.spot import SpotTrader
from tests.contract.exchange.lab import CREDENTIALS, KEY, SECRET, Venue, reports
from tests.contract.exchange.script import scripted

ORDER = "/api/v3/order"


async def test_an_order_cut_before_acceptance_is_unknown_and_then_gone(lab):
    venue = await lab.venue()
    order = venue.order()
    await lab.fault("drop_before", ORDER, "POST")
    with pytest.raises(OutcomeUnknown):
        await venue.place(order)
    with pytest.raises(OrderGone):
        await lab.trader.look_up(order)


@pytest.mark.parametrize("what", ["drop_after", "half_answer"])
async def test_an_order_whose_answer_is_lost_is_unknown_sent_once_and_found(lab, what):
    venue = await lab.venue()
    order = venue.order()
    await lab.fault(what, ORDER, "POST")
    with pytest.raises(OutcomeUnknown):
        await venue.place(order)
    found = await lab.trader.look_up(order)
    assert found.event is OrderEvent.FILL
    assert sum(fill.quantity for fill in found.fills) == order.quantity
    posted = [entry for entry in await lab.requests(ORDER) if entry["method"] == "POST"]
    assert len(posted) == 1


@pytest.mark.parametrize("what", ["drop_before", "drop_after"])
async def test_a_cancel_whose_answer_is_lost_is_not_repeated_behind_our_back(lab, what):
    venue = await lab.venue()
    order = venue.order(kind=OrderKind.LIMIT, price=Decimal(49_000))
    await venue.place(order)
    await lab.fault(what, ORDER, "DELETE")
    with pytest.raises(OutcomeUnknown):
        await lab.trader.cancel(order)
    assert [entry["method"] for entry in await lab.requests(ORDER)] == ["POST", "DELETE"]


async def test_an_order_is_never_sent_on_to_another_address():
    async with scripted() as (script, connection, client):
        trader = SpotTrader(connection, client)
        venue = Venue("moved", trader, None, connection.clock, None)
        with pytest.raises(OutcomeUnknown):
            await venue.place(venue.order())
        assert script.moved == ["/api/v3/order"]


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (500, -1000, OutcomeUnknown),
        (503, -1008, OutcomeUnknown),
        (400, -1007, OutcomeUnknown),
        (403, 0, OutcomeUnknown),
        (400, -2015, KeyRefused),
    ],
)
async def test_an_error_answer_to_an_order_has_its_class(lab, status, code, error):
    venue = await lab.venue()
    await lab.fault("status", ORDER, "POST", status=status, code=code)
    with pytest.raises(error):
        await venue.place(venue.order())


async def test_a_success_that_cannot_be_read_is_unknown(lab):
    venue = await lab.venue()
    await lab.fault("status", ORDER, "POST", status=200, body='{"symbol": "BTCUSDT"}', after=True)
    with pytest.raises(OutcomeUnknown):
        await venue.place(venue.order())


async def test_after_a_429_nothing_leaves_until_the_time_named(lab):
    venue = await lab.venue()
    await lab.fault("status", ORDER, "POST", status=429, code=-1003, retry_after=7)
    with pytest.raises(RateLimited) as limited:
        await venue.place(venue.order())
    assert limited.value.retry_after == 7
    count = len((await lab.control("state", "GET"))["requests"])
    with pytest.raises(RateLimited) as held:
        await lab.trader.balances()
    with pytest.raises(RateLimited):
        await venue.place(venue.order(Leg.CLOSE))
    assert 0 < held.value.retry_after <= 7
    assert len((await lab.control("state", "GET"))["requests"]) == count


async def test_a_clock_that_drifted_is_measured_again_and_the_next_order_passes(lab):
    venue = await lab.venue()
    await lab.trader.balances()
    await lab.control("advance", ms=60_000)
    with pytest.raises(ClockOff):
        await venue.place(venue.order())
    assert lab.connection.exchange_clock.offset_ms >= 60_000
    assert not lab.connection.exchange_clock.ok
    assert (await venue.place(venue.order())).event is OrderEvent.FILL


async def test_an_order_signed_long_ago_dies_at_the_gate(lab):
    venue = await lab.venue()
    order = venue.order()
    await lab.control("advance", ms=6_000)
    await lab.clock.advance(6)
    with pytest.raises(ClockOff):
        await venue.place(order)


async def test_a_delayed_order_dies_at_the_gate_too(lab):
    venue = await lab.venue()
    order = venue.order()
    await lab.trader.balances()
    await lab.fault("delay", ORDER, "POST", ms=300)
    sending = asyncio.gather(venue.place(order), return_exceptions=True)
    await lab.control("advance", ms=6_000)
    (error,) = await sending
    assert isinstance(error, ClockOff)


async def test_nothing_listening_means_not_sent_and_reads_are_unavailable(lab):
    connection = Connection(local("http://127.0.0.1:9"), lab.clock)
    trader = SpotTrader(connection, connection.client(CREDENTIALS))
    venue = await lab.venue()
    try:
        with pytest.raises(NotSent):
            await trader.place(venue.order(), venue.rules)
        with pytest.raises(Unavailable):
            await trader.balances()
        with pytest.raises(Unavailable):
            async with trader.events():
                pass
    finally:
        await trader.close()
        await connection.close()


async def test_a_read_that_fails_is_unavailable_never_empty(lab):
    for what in ("drop_before", "half_answer"):
        # The client may repeat a read once by itself on a connection that was kept alive.
        await lab.fault(what, "/api/v3/openOrders", "GET", times=2)
        with pytest.raises(Unavailable):
            await lab.trader.open_orders("BTCUSDT")
        await lab.control("faults", "DELETE")


@pytest.mark.parametrize(("key", "secret"), [("B" * 64, SECRET), (KEY, "x" * 64)])
async def test_a_wrong_key_or_secret_is_refused_everywhere(lab, key, secret):
    wrong = Credentials(key, secret, Environment.LOCAL)
    trader = SpotTrader(lab.connection, lab.connection.client(wrong))
    try:
        with pytest.raises(KeyRefused):
            await check_key(lab.connection, wrong)
        with pytest.raises(KeyRefused):
            await trader.balances()
        with pytest.raises(KeyRefused):
            async with trader.events():
                pass
    finally:
        await trader.close()


async def test_a_closed_account_sends_nothing(lab):
    venue = await lab.venue()
    await lab.trader.close()
    with pytest.raises(NotSent):
        await venue.place(venue.order())
    with pytest.raises(Unavailable):
        await lab.trader.balances()


async def test_the_rights_of_a_key_are_told(lab):
    rights = await check_key(lab.connection, CREDENTIALS)
    assert rights.can_read
    assert rights.can_trade_spot
    assert not rights.can_withdraw
    assert rights.balances["USDT"] == 100_000


async def test_a_cut_user_stream_is_unavailable_and_a_new_one_hears_again(lab):
    venue = await lab.venue()
    async with lab.trader.events() as events:
        await lab.fault("disconnect", stream="user")
        await venue.place(venue.order())
        with pytest.raises(Unavailable):
            await reports(events, 99)
    again = venue.order()
    async with lab.trader.events() as events:
        await venue.place(again)
        told = await reports(events, 1)
    assert told[again.client_id].fills


async def test_the_secret_is_in_no_error_log_or_repr(lab, caplog):
    venue = await lab.venue()
    caplog.set_level(logging.DEBUG)
    texts = [repr(lab.trader), repr(vars(lab.trader)), repr(CREDENTIALS)]
    for what, more in (("drop_before", {}), ("status", {"status": 500}), ("half_answer", {})):
        await lab.fault(what, ORDER, "POST", **more)
        try:
            await venue.place(venue.order())
        except ExchangeError as error:
            texts += traceback.format_exception(error)
    async with lab.trader.events():
        pass
    told = "\n".join(texts) + caplog.text
    assert SECRET not in told
    assert KEY not in told
    assert "signature" not in told
