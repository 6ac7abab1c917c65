"""What every trader promises, on paper and on the local exchange over the wire."""

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.core.errors import AlreadySent, OrderGone, Refused
from engine.core.market import Side
from engine.core.order import Leg, OrderEvent, OrderKind
from tests.contract.exchange.lab import reports


async def test_a_market_buy_fills_at_the_ask_and_pays_its_fee_in_the_coin_bought(venue):
    order = venue.order(quantity="0.01")
    report = await venue.place(order)
    assert (report.client_id, report.event) == (order.client_id, OrderEvent.FILL)
    assert report.filled_qty == Decimal("0.01")
    assert report.filled_quote == Decimal("500.0001")
    (fill,) = report.fills
    assert fill.price == Decimal("50000.01")
    assert (fill.commission, fill.commission_asset) == (Decimal("0.00001"), "BTC")
    assert (await venue.free("BTC")).free == Decimal("1.00999")
    assert (await venue.free("USDT")).free == Decimal("99499.9999")


async def test_a_market_sell_fills_at_the_bid_and_pays_its_fee_in_quote(venue):
    order = venue.order(Leg.CLOSE, Side.SELL)
    report = await venue.place(order)
    (fill,) = report.fills
    assert fill.price == Decimal(50_000)
    assert (fill.commission, fill.commission_asset) == (Decimal("0.5"), "USDT")
    assert (await venue.free("USDT")).free == Decimal("100499.5")


async def test_a_filled_market_order_locks_nothing(venue):
    await venue.place(venue.order())
    assert all(held.locked == 0 for held in (await venue.trader.balances()).values())


async def test_both_legs_of_an_oco_rest_and_lock_the_coins_once(venue):
    target, stop = venue.oco()
    first, second = await venue.place_oco(target, stop)
    assert (first.client_id, first.event) == (target.client_id, OrderEvent.ACCEPT)
    assert (second.client_id, second.event) == (stop.client_id, OrderEvent.ACCEPT)
    assert (await venue.free("BTC")).locked == Decimal("0.01")
    resting = await venue.trader.open_orders(target.symbol)
    assert {report.client_id for report in resting} == {target.client_id, stop.client_id}


@pytest.mark.parametrize(("price", "wins"), [("51200", 0), ("48500", 1)])
async def test_the_leg_that_the_price_reaches_fills_and_its_sister_expires(venue, price, wins):
    legs = venue.oco()
    async with venue.trader.events() as events:
        await venue.place_oco(*legs)
        await venue.move(price)
        told = await reports(events, 2)
    winner, loser = legs[wins], legs[1 - wins]
    assert told[winner.client_id].event is OrderEvent.FILL
    assert told[loser.client_id].event is OrderEvent.EXPIRE
    (fill,) = told[winner.client_id].fills
    at_target = Decimal(51_000) if venue.name == "paper" else fill.price
    assert fill.price == (at_target if wins == 0 else Decimal(price))
    assert fill.commission_asset == "USDT"
    assert (await venue.free("BTC")).locked == 0


async def test_a_stop_limit_rests_at_its_limit_once_its_trigger_was_passed(venue):
    legs = venue.oco(stop="49000", limit="48990")
    async with venue.trader.events() as events:
        await venue.place_oco(*legs)
        await venue.move("48000")
        told = await reports(events, 1)
        assert told[legs[0].client_id].event is OrderEvent.EXPIRE
        await venue.move("48995")
        told = await reports(events, 1)
    assert told[legs[1].client_id].event is OrderEvent.FILL


async def test_cancelling_one_leg_ends_the_list_and_frees_the_coins(venue):
    target, stop = venue.oco()
    await venue.place_oco(target, stop)
    ended = await venue.trader.cancel(stop)
    assert {r.client_id: r.event for r in ended} == {
        target.client_id: OrderEvent.CANCEL,
        stop.client_id: OrderEvent.CANCEL,
    }
    assert (await venue.free("BTC")).locked == 0
    assert await venue.trader.open_orders(target.symbol) == []
    with pytest.raises(OrderGone):
        await venue.trader.cancel(target)


async def test_a_single_resting_order_can_be_cancelled_and_looked_up(venue):
    order = venue.order(Leg.STOP, Side.SELL, OrderKind.STOP, stop_price=Decimal(49_000))
    assert (await venue.place(order)).event is OrderEvent.ACCEPT
    assert (await venue.trader.look_up(order)).event is OrderEvent.ACCEPT
    (ended,) = await venue.trader.cancel(order)
    assert (ended.client_id, ended.event) == (order.client_id, OrderEvent.CANCEL)
    assert (await venue.trader.look_up(order)).event is OrderEvent.CANCEL


async def test_a_look_up_tells_a_filled_order_with_its_fills(venue):
    order = venue.order()
    placed = await venue.place(order)
    found = await venue.trader.look_up(order)
    assert found.event is OrderEvent.FILL
    assert {f.trade_id for f in found.fills} == {f.trade_id for f in placed.fills}
    assert sum(f.quantity for f in found.fills) == order.quantity


async def test_an_unknown_order_is_gone(venue):
    order = venue.order()
    with pytest.raises(OrderGone):
        await venue.trader.look_up(order)
    with pytest.raises(OrderGone):
        await venue.trader.cancel(order)


async def test_the_same_id_twice_is_already_sent(venue):
    legs = venue.oco()
    await venue.place_oco(*legs)
    with pytest.raises(AlreadySent):
        await venue.place_oco(*legs)


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": Decimal("0.00001")},
        {"quantity": Decimal("0.0100001")},
        {"quantity": Decimal(200)},
        {"quantity": Decimal(3)},
    ],
    ids=["below the least value", "off the step", "beyond the market lot", "beyond the balance"],
)
async def test_an_order_that_breaks_a_rule_is_refused_and_changes_nothing(venue, change):
    before = await venue.trader.balances()
    with pytest.raises(Refused) as refused:
        await venue.place(replace(venue.order(), **change))
    assert refused.value.code in {-1013, -1111, -2010}
    assert await venue.trader.balances() == before


async def test_too_little_money_is_said_in_the_words_of_the_exchange(venue):
    with pytest.raises(Refused, match="insufficient balance"):
        await venue.place(venue.order(Leg.CLOSE, Side.SELL, quantity="1.5"))
    with pytest.raises(Refused, match="insufficient balance"):
        await venue.place_oco(*venue.oco(quantity="1.5"))


@pytest.mark.parametrize(("target", "stop"), [("49500", "49000"), ("51000", "50500")])
async def test_an_oco_on_the_wrong_side_of_the_market_is_refused(venue, target, stop):
    with pytest.raises(Refused):
        await venue.place_oco(*venue.oco(target, stop))
    assert (await venue.free("BTC")).locked == 0


async def test_a_stop_that_would_fire_at_once_is_refused(venue):
    order = venue.order(Leg.STOP, Side.SELL, OrderKind.STOP, stop_price=Decimal(50_500))
    with pytest.raises(Refused, match="trigger immediately"):
        await venue.place(order)
