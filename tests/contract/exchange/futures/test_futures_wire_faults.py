"""What the futures adapter makes of a wire that fails, against the local exchange."""

import asyncio
from decimal import Decimal

import pytest

from engine.core.errors import (
    AlreadySent,
    ClockOff,
    KeyRefused,
    NotSent,
    OrderGone,
    OutcomeUnknown,
    Overloaded,
    RateLimited,
    Refused,
    Unavailable,
)
from engine.core.market import Side
from engine.core.order import Leg, OrderEvent, apply_report
from engine.exchange.binance.client import RECV_WINDOW_MS
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.endpoints import local
from engine.exchange.binance.futures import FuturesTrader
from engine.exchange.binance.futures_stream import FuturesStreams
from tests.contract.exchange.lab import CREDENTIALS, SYMBOL

ORDER, ALGO = "/fapi/v1/order", "/fapi/v1/algoOrder"
BOTH = pytest.mark.parametrize("conditional", [False, True], ids=["regular", "conditional"])


async def an_order(venue, conditional):
    """An order that can be placed now, and its endpoint."""
    if not conditional:
        await venue.books.prepare(SYMBOL, 5)
        return venue.order(), ORDER
    await venue.enter()
    return venue.stop(), ALGO


async def posts(venue, path):
    return sum(entry["method"] == "POST" for entry in await venue.lab.requests(path))


@BOTH
async def test_an_order_cut_before_acceptance_is_unknown_and_then_gone(venue, conditional):
    order, path = await an_order(venue, conditional)
    await venue.lab.fault("drop_before", path, "POST")
    with pytest.raises(OutcomeUnknown):
        await venue.place(order)
    with pytest.raises(OrderGone):
        await venue.trader.look_up(order)
    assert order.client_id not in {r.client_id for r in await venue.trader.open_orders(SYMBOL)}


@BOTH
@pytest.mark.parametrize("what", ["drop_after", "half_answer"])
async def test_an_order_whose_answer_is_lost_is_unknown_sent_once_and_found(
    venue, conditional, what
):
    order, path = await an_order(venue, conditional)
    before = await posts(venue, path)
    await venue.lab.fault(what, path, "POST")
    with pytest.raises(OutcomeUnknown):
        await venue.place(order)
    found = await venue.trader.look_up(order)
    assert found.event is (OrderEvent.ACCEPT if conditional else OrderEvent.FILL)
    assert sum(fill.quantity for fill in found.fills) == (0 if conditional else order.quantity)
    assert await posts(venue, path) == before + 1


@BOTH
@pytest.mark.parametrize(
    ("status", "code", "message", "error"),
    [
        (500, -1000, "An unknown error occurred.", OutcomeUnknown),
        (503, -1000, "Unknown error, please check your request or try again later.",
         OutcomeUnknown),
        (503, -1000, "Service Unavailable.", Overloaded),
        (503, -1008, "Server is currently overloaded with other requests.", Overloaded),
        (408, -1007, "Timeout waiting for response from backend server.", OutcomeUnknown),
        (400, -1007, "Timeout waiting for response from backend server.", OutcomeUnknown),
        (403, 0, "", OutcomeUnknown),
        (401, -2015, "Invalid API-key, IP, or permissions for action.", KeyRefused),
        (400, -4116, "ClientOrderId is duplicated.", AlreadySent),
        (400, -4120, "Order type not supported for this endpoint.", Refused),
        (400, -4061, "Order's position side does not match user's setting.", Refused),
        (400, -5028, "Timestamp for this request is outside of the ME recvWindow.", ClockOff),
    ],
)  # fmt: skip
async def test_an_error_answer_to_an_order_has_its_class(
    venue, conditional, status, code, message, error
):
    order, path = await an_order(venue, conditional)
    body = f'{{"code": {code}, "msg": "{message}"}}' if code else "<html>"
    await venue.lab.fault("status", path, "POST", status=status, body=body)
    with pytest.raises(error) as raised:
        await venue.place(order)
    assert raised.value.code == code


@BOTH
async def test_a_success_that_cannot_be_read_is_unknown(venue, conditional):
    order, path = await an_order(venue, conditional)
    await venue.lab.fault(
        "status", path, "POST", status=200, body='{"symbol": "BTCUSDT"}', after=True
    )
    with pytest.raises(OutcomeUnknown):
        await venue.place(order)


async def test_an_answer_in_the_form_of_before_is_read_with_its_average(venue):
    await venue.books.prepare(SYMBOL, 5)
    order = venue.order()
    body = (
        f'{{"orderId": 1, "clientOrderId": "{order.client_id}", "status": "FILLED",'
        ' "executedQty": "0.02", "avgPrice": "50000.5", "updateTime": 1}'
    )
    await venue.lab.fault("status", ORDER, "POST", status=200, body=body)
    report = await venue.place(order)
    assert report.filled_quote == Decimal("1000.01")


async def test_a_read_that_fails_never_means_none(venue):
    await venue.enter()
    for path, call in (
        ("/fapi/v3/positionRisk", venue.books.positions()),
        ("/fapi/v3/balance", venue.trader.balances()),
        ("/fapi/v1/openOrders", venue.trader.open_orders(SYMBOL)),
        ("/fapi/v1/openAlgoOrders", venue.trader.open_orders(SYMBOL)),
        ("/fapi/v1/income", venue.books.funding(SYMBOL, 0)),
        ("/fapi/v1/userTrades", venue.books.foreign_orders(SYMBOL, venue.lab.clock.now_ms())),
    ):
        await venue.lab.fault("status", path, status=502, body="<html>Bad Gateway</html>")
        with pytest.raises(Unavailable):
            await call


async def test_a_half_read_look_up_is_no_answer(venue):
    order = await venue.enter()
    await venue.lab.fault("status", "/fapi/v1/userTrades", status=500, code=-1000)
    with pytest.raises(Unavailable):
        await venue.trader.look_up(order)


async def test_a_triggered_stop_whose_order_is_not_to_be_read_yet_is_no_answer(venue):
    await venue.enter()
    stop = venue.stop()
    await venue.place(stop)
    await venue.lab.price("48900")
    await venue.lab.fault("status", ORDER, "GET", status=400, code=-2013)
    with pytest.raises(Unavailable):
        await venue.trader.look_up(stop)
    assert (await venue.trader.look_up(stop)).event is OrderEvent.FILL


async def test_a_stop_that_was_taken_is_not_gone_because_its_store_is_late(venue):
    await venue.enter()
    stop = venue.stop()
    taken = apply_report(stop, await venue.place(stop))
    await venue.lab.fault("status", ALGO, "GET", status=400, code=-2013, times=None)
    restarted = venue.another()
    for trader in (venue.trader, restarted):
        with pytest.raises(Unavailable):
            await trader.look_up(taken)
        with pytest.raises(OrderGone):
            await trader.look_up(stop)
    assert [r.client_id for r in await restarted.open_orders(SYMBOL)] == [stop.client_id]
    await venue.lab.clock.advance(600)
    await venue.lab.control("advance", ms=600_000)
    with pytest.raises(OrderGone):
        await restarted.look_up(taken)
    await restarted.close()


async def test_what_a_finished_stop_traded_is_not_nothing_because_its_order_is_not_named(venue):
    await venue.enter()
    stop = venue.stop()
    await venue.place(stop)
    await venue.lab.price("48900")
    changes = {"algoStatus": "FINISHED", "actualOrderId": ""}
    await venue.lab.control(
        "faults", what="edit", path=ALGO, method="GET", changes=changes, times=1
    )
    with pytest.raises(Unavailable):
        await venue.trader.look_up(stop)
    found = await venue.trader.look_up(stop)
    assert sum(fill.quantity for fill in found.fills) == Decimal("0.02")


async def test_a_cancel_that_does_not_say_that_it_was_done_is_in_doubt(venue):
    await venue.enter()
    stop = venue.stop()
    await venue.place(stop)
    await venue.lab.control(
        "faults", what="edit", path=ALGO, method="DELETE", changes={"code": "500"}
    )
    with pytest.raises(OutcomeUnknown):
        await venue.trader.cancel(stop)


async def test_a_triggered_stop_is_found_though_its_store_is_late(venue):
    await venue.enter()
    stop = venue.stop()
    await venue.place(stop)
    await venue.lab.price("48900")
    await venue.lab.fault("status", ALGO, "GET", status=400, code=-2013, times=2)
    found = await venue.trader.look_up(stop)
    assert found.event is OrderEvent.FILL
    assert sum(fill.quantity for fill in found.fills) == Decimal("0.02")


async def test_limits_of_futures_silence_futures_alone(venue):
    await venue.books.prepare(SYMBOL, 5)
    await venue.lab.fault("status", ORDER, "POST", status=429, code=-1003, retry_after=7)
    with pytest.raises(RateLimited):
        await venue.place(venue.order())
    with pytest.raises(RateLimited):
        await venue.trader.balances()
    assert await venue.lab.trader.balances()


async def test_an_order_signed_long_ago_dies_at_the_gate(venue):
    await venue.books.prepare(SYMBOL, 5)
    order = venue.order()
    await venue.lab.control("advance", ms=RECV_WINDOW_MS + 1000)
    await venue.lab.clock.advance(RECV_WINDOW_MS / 1000 + 1)
    with pytest.raises(ClockOff):
        await venue.place(order)
    assert await venue.held() == 0


async def test_a_clock_that_drifted_is_measured_again_and_the_next_order_passes(venue):
    await venue.books.prepare(SYMBOL, 5)
    await venue.lab.control("advance", ms=60_000)
    with pytest.raises(ClockOff):
        await venue.place(venue.order())
    assert (await venue.place(venue.order())).event is OrderEvent.FILL


async def test_a_server_that_is_not_there_provably_got_nothing(venue):
    connection = Connection(local("http://127.0.0.1:9"), venue.lab.clock)
    trader = FuturesTrader(connection, connection.client(CREDENTIALS), FuturesStreams(connection))
    with pytest.raises(NotSent):
        await trader.place(venue.order(), venue.rules)
    with pytest.raises(Unavailable):
        async with trader.events():
            pass
    await trader.close()
    await connection.close()


async def test_a_cancel_that_comes_too_late_leaves_the_stop_to_its_fill(venue):
    await venue.enter()
    stop = venue.stop()
    await venue.place(stop)
    await venue.lab.price("48900")
    with pytest.raises(OrderGone):
        await venue.trader.cancel(stop)
    assert (await venue.trader.look_up(stop)).event is OrderEvent.FILL


async def test_many_entries_and_exits_at_once_end_flat(venue):
    await venue.books.prepare(SYMBOL, 5)
    entries = [venue.order(quantity="0.002") for _ in range(8)]
    await asyncio.gather(*(venue.place(order) for order in entries))
    exits = [venue.order(Leg.CLOSE, Side.SELL, quantity="0.002") for _ in range(8)]
    await asyncio.gather(*(venue.place(order) for order in exits))
    assert await venue.held() == 0
