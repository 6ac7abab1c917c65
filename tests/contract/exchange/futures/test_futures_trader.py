"""What every trader promises, kept on futures: regular and conditional orders under one face."""

from decimal import Decimal

import pytest

from engine.core.errors import (
    AlreadySent,
    NoFunds,
    NothingToReduce,
    OrderGone,
    Refused,
    WouldTrigger,
)
from engine.core.market import Side
from engine.core.order import Leg, OrderEvent, OrderKind, apply_report
from tests.contract.exchange.lab import SYMBOL


async def test_a_market_entry_is_filled_and_its_trades_are_read_with_their_commission(venue):
    order = await venue.enter()
    report = await venue.trader.look_up(order)
    assert report.event is OrderEvent.FILL
    assert report.filled_qty == Decimal("0.02")
    (fill,) = report.fills
    assert fill.price == Decimal("50000.01")
    assert (fill.commission_asset, fill.client_id) == ("USDT", order.client_id)
    assert fill.commission == Decimal("0.50000010")
    assert await venue.held() == Decimal("0.02")


async def test_the_answer_to_an_order_is_honest_about_what_it_does_not_tell(venue):
    await venue.books.prepare(SYMBOL, 5)
    order = venue.order()
    report = await venue.place(order)
    assert (report.client_id, report.event) == (order.client_id, OrderEvent.FILL)
    assert (report.filled_qty, report.fills) == (Decimal("0.02"), ())
    # No average price stands in it: none is made up.
    assert report.filled_quote == 0
    booked = apply_report(order, report)
    assert booked.filled_qty > booked.booked_qty


async def test_a_short_is_entered_and_closed_by_an_order_that_only_reduces(venue):
    await venue.enter(side=Side.SELL)
    assert await venue.held() == Decimal("-0.02")
    close = venue.order(Leg.CLOSE, Side.BUY)
    assert (await venue.place(close)).event is OrderEvent.FILL
    assert await venue.held() == 0
    with pytest.raises(NothingToReduce):
        await venue.place(venue.order(Leg.CLOSE, Side.BUY))


async def test_a_stop_and_a_target_rest_beside_each_other_under_our_ids(venue):
    await venue.enter()
    stop, target = venue.stop(), venue.target()
    assert (await venue.place(stop)).event is OrderEvent.ACCEPT
    assert (await venue.place(target)).event is OrderEvent.ACCEPT
    resting = await venue.trader.open_orders(SYMBOL)
    assert {r.client_id: r.event for r in resting} == {
        stop.client_id: OrderEvent.ACCEPT,
        target.client_id: OrderEvent.ACCEPT,
    }
    state = await venue.lab.control("state", "GET")
    sent = {raw["clientAlgoId"]: raw for raw in state["futures"]["algoOrders"]}
    assert sent[stop.client_id]["closePosition"] is True
    assert sent[target.client_id]["reduceOnly"] is True
    assert sent[target.client_id]["quantity"] == "0.02"
    assert {raw["workingType"] for raw in sent.values()} == {"CONTRACT_PRICE"}


@pytest.mark.parametrize("keeps", [True, False], ids=["keeps its id", "gets another id"])
async def test_a_triggered_stop_is_looked_up_with_the_trades_of_what_it_became(venue, keeps):
    await venue.lab.control(
        "accounts", key=venue.hand.API_KEY, secret=venue.hand.API_SECRET, keeps_algo_id=keeps
    )
    await venue.enter()
    stop = venue.stop()
    placed = await venue.place(stop)
    await venue.lab.price("48900")
    found = await venue.trader.look_up(stop)
    assert found.event is OrderEvent.FILL
    assert found.client_id == stop.client_id
    assert found.exchange_id == placed.exchange_id
    (fill,) = found.fills
    assert (fill.price, fill.quantity) == (Decimal(48_900), Decimal("0.02"))
    assert await venue.held() == 0


async def test_a_waiting_stop_is_cancelled_and_looked_up_as_such(venue):
    await venue.enter()
    stop = venue.stop()
    await venue.place(stop)
    (ended,) = await venue.trader.cancel(stop)
    assert (ended.client_id, ended.event) == (stop.client_id, OrderEvent.CANCEL)
    assert (await venue.trader.look_up(stop)).event is OrderEvent.CANCEL
    assert await venue.trader.open_orders(SYMBOL) == []
    with pytest.raises(OrderGone):
        await venue.trader.cancel(stop)


async def test_a_triggered_stop_limit_is_cancelled_through_what_it_became(venue):
    await venue.enter()
    stop = venue.order(
        Leg.STOP,
        Side.SELL,
        OrderKind.STOP_LIMIT,
        stop_price=Decimal(49_000),
        price=Decimal(49_500),
    )
    await venue.place(stop)
    await venue.lab.price("48900")
    assert (await venue.trader.look_up(stop)).event is OrderEvent.ACCEPT
    assert [r.client_id for r in await venue.trader.open_orders(SYMBOL)] == [stop.client_id]
    (ended,) = await venue.trader.cancel(stop)
    assert (ended.client_id, ended.event) == (stop.client_id, OrderEvent.CANCEL)
    assert (await venue.trader.look_up(stop)).event is OrderEvent.CANCEL


async def test_a_stop_that_was_refused_when_it_triggered_says_so(venue):
    await venue.enter()
    target = venue.target()
    await venue.place(target)
    await venue.lab.control("faults", what="refuse_trigger", reason="Margin is insufficient.")
    await venue.lab.price("51100")
    assert (await venue.trader.look_up(target)).event is OrderEvent.REFUSE
    assert await venue.held() == Decimal("0.02")


async def test_a_second_exit_that_outlives_the_position_is_seen_and_can_be_cancelled(venue):
    await venue.enter()
    stop, target = venue.stop(), venue.target()
    await venue.place(stop)
    await venue.place(target)
    await venue.lab.price("51100")
    assert (await venue.trader.look_up(target)).event is OrderEvent.FILL
    assert [r.client_id for r in await venue.trader.open_orders(SYMBOL)] == [stop.client_id]
    assert (await venue.trader.cancel(stop))[0].event is OrderEvent.CANCEL


async def test_a_limit_order_rests_and_is_cancelled(venue):
    await venue.books.prepare(SYMBOL, 5)
    order = venue.order(kind=OrderKind.LIMIT, price=Decimal(49_000))
    assert (await venue.place(order)).event is OrderEvent.ACCEPT
    (ended,) = await venue.trader.cancel(order)
    assert ended.event is OrderEvent.CANCEL


async def test_an_unknown_order_is_gone(venue):
    for order in (venue.order(), venue.stop()):
        with pytest.raises(OrderGone):
            await venue.trader.look_up(order)
        with pytest.raises(OrderGone):
            await venue.trader.cancel(order)


async def test_the_same_id_twice_is_already_sent(venue):
    await venue.enter()
    stop = venue.target()
    await venue.place(stop)
    with pytest.raises(AlreadySent):
        await venue.place(stop)


async def test_refusals_have_their_class(venue):
    await venue.books.prepare(SYMBOL, 5)
    with pytest.raises(NoFunds):
        await venue.place(venue.order(quantity="5"))
    with pytest.raises(WouldTrigger):
        await venue.place(venue.stop("50500"))
    with pytest.raises(Refused):
        await venue.place(venue.order(quantity="0.00001"))
    with pytest.raises(Refused):
        await venue.trader.place_oco(venue.target(), venue.stop(), venue.rules)


async def test_the_margin_that_is_bound_is_not_free(venue):
    before = (await venue.trader.balances())["USDT"]
    assert (before.free, before.locked) == (Decimal(10_000), 0)
    await venue.enter()
    after = (await venue.trader.balances())["USDT"]
    assert Decimal(9_790) < after.free < Decimal(9_801)
    assert Decimal(190) < after.locked < Decimal(210)
