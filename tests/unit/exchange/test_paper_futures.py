"""A paper futures account: margin, shorts, exits that only reduce, liquidation."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import NoFunds, NothingToReduce, OrderGone, Refused, WouldTrigger
from engine.core.market import Side
from engine.core.order import Leg, OrderEvent, OrderState
from engine.core.position import ExitReason
from engine.exchange.paper_futures import TERMS
from engine.ports.trader import ForeignEvent
from tests.contract.exchange.lab import SYMBOL, TICK
from tests.unit.exchange.desk import CAPITAL, FEE, Desk


async def test_an_entry_locks_its_share_and_pays_the_takers_fee():
    desk = Desk(leverage=10)

    report = await desk.place(desk.order())

    assert (report.event, report.fills[0].price) == (OrderEvent.FILL, Decimal("50000.01"))
    paid = report.fills[0].commission
    assert paid == (report.fills[0].quote * FEE).quantize(Decimal("1e-8"), "ROUND_DOWN")
    balance = await desk.free("USDT")
    assert balance.locked == report.fills[0].quote / 10
    assert balance.free == CAPITAL - balance.locked - paid
    assert await desk.held() == Decimal("0.01")


async def test_a_short_earns_when_the_price_falls():
    desk = Desk()
    entry = await desk.place(desk.order(side=Side.SELL))
    assert await desk.held() == Decimal("-0.01")
    desk.move(49_000)

    leave = await desk.place(desk.order(Leg.CLOSE, Side.BUY))

    fees = entry.fills[0].commission + leave.fills[0].commission
    assert leave.fills[0].price == Decimal("49000.01")
    assert await desk.money() == CAPITAL + Decimal("9.9999") - fees
    assert await desk.held() == 0
    assert (await desk.free("USDT")).locked == 0


async def test_an_entry_beyond_the_margin_is_refused():
    desk = Desk(leverage=10)

    with pytest.raises(NoFunds):
        await desk.place(desk.order(quantity="0.2"))
    with pytest.raises(Refused, match="NOTIONAL"):
        await desk.place(desk.order(quantity="0.001"))


@pytest.mark.parametrize(
    ("side", "stop", "target", "worse", "better"),
    [(Side.BUY, 49_000, 51_000, 48_500, 52_000), (Side.SELL, 51_000, 49_000, 51_500, 48_000)],
)
async def test_stop_and_target_act_alone_and_the_other_expires(side, stop, target, worse, better):
    for price, acting in ((worse, "stop"), (better, "target")):
        desk = Desk()
        await desk.place(desk.order(side=side))
        exits = {
            "stop": desk.stop(stop, side.opposite),
            "target": desk.target(target, side.opposite),
        }
        for order in exits.values():
            assert (await desk.place(order)).event is OrderEvent.ACCEPT

        told = await desk.heard(price)

        assert [report.event for report in told] == [OrderEvent.FILL, OrderEvent.EXPIRE]
        assert told[0].client_id == exits[acting].client_id
        market = Decimal(price) + (TICK if side is Side.SELL else 0)
        assert told[0].fills[0].price == market
        assert await desk.held() == 0
        assert await desk.trader.open_orders(SYMBOL) == []


async def test_a_whole_stop_closes_what_is_held_and_a_quantity_no_more_than_that():
    desk = Desk()
    await desk.place(desk.order())
    await desk.place(desk.stop(49_000, quantity="0.01"))
    await desk.place(desk.order(quantity="0.005"))
    told = await desk.heard(48_900)
    assert (told[0].event, told[0].filled_qty) == (OrderEvent.FILL, Decimal("0.015"))

    await desk.place(desk.order(quantity="0.005"))
    wide = desk.stop(48_000, whole=False, quantity="0.02")
    await desk.place(wide)
    told = await desk.heard(47_900)
    assert (told[0].event, told[0].filled_qty) == (OrderEvent.EXPIRE, Decimal("0.005"))
    assert await desk.held() == 0


async def test_what_has_nothing_to_reduce_is_refused():
    desk = Desk()
    for order in (desk.stop(49_000), desk.target(51_000), desk.order(Leg.CLOSE, Side.SELL)):
        with pytest.raises(NothingToReduce):
            await desk.place(order)
    await desk.place(desk.order())
    with pytest.raises(NothingToReduce):
        await desk.place(desk.order(Leg.CLOSE, Side.BUY))


async def test_one_whole_stop_per_direction_and_the_next_carries_its_quantity():
    desk = Desk()
    await desk.place(desk.order())
    first = desk.stop(49_000)
    await desk.place(first)

    with pytest.raises(Refused) as refused:
        await desk.place(desk.stop(49_500))
    assert refused.value.code == -4130
    assert (await desk.place(desk.stop(49_500, whole=False))).event is OrderEvent.ACCEPT
    assert [r.event for r in await desk.trader.cancel(first)] == [OrderEvent.CANCEL]


@pytest.mark.parametrize("what", ["stop", "target"])
async def test_an_exit_that_would_trigger_at_once_is_refused(what):
    desk = Desk()
    await desk.place(desk.order())
    order = desk.stop(50_500) if what == "stop" else desk.target(49_500)

    with pytest.raises(WouldTrigger):
        await desk.place(order)


async def test_a_small_rest_may_still_be_reduced():
    desk = Desk()
    await desk.place(desk.order())

    await desk.place(desk.order(Leg.CLOSE, Side.SELL, quantity="0.009"))
    await desk.place(desk.order(Leg.CLOSE, Side.SELL, quantity="0.001"))

    assert await desk.held() == 0


@pytest.mark.parametrize(("side", "fine", "over"), [
    (Side.BUY, 45_500, 45_400), (Side.SELL, 54_400, 54_500),
])  # fmt: skip
async def test_a_position_is_liquidated_where_its_margin_ends(side, fine, over):
    desk = Desk(leverage=10)
    await desk.place(desk.order(side=side))
    level = (await desk.trader.positions())[SYMBOL].liquidation_price
    assert min(fine, over) < level < max(fine, over)

    assert await desk.heard(fine) == []
    told = await desk.heard(over)

    assert told == [ForeignEvent(SYMBOL)]
    (order,) = await desk.trader.foreign_orders(SYMBOL, 0)
    assert (order.reason, order.side) == (ExitReason.LIQUIDATION, side.opposite)
    assert int(order.exchange_id) > 0
    assert order.fills[0].quantity == Decimal("0.01")
    assert await desk.held() == 0
    assert await desk.trader.foreign_orders(SYMBOL, desk.clock.now_ms() + 1) == []


async def test_after_a_gap_no_more_than_the_margin_and_the_fees_are_lost():
    desk = Desk(leverage=10)
    entry = await desk.place(desk.order())
    await desk.place(desk.stop(48_000))

    told = await desk.heard(20_000)

    assert isinstance(told[0], ForeignEvent)
    assert [report.event for report in told[1:]] == [OrderEvent.EXPIRE]
    (order,) = await desk.trader.foreign_orders(SYMBOL, 0)
    fees = entry.fills[0].commission + order.fills[0].commission
    assert CAPITAL - await desk.money() <= entry.fills[0].quote / 10 + fees


async def test_leverage_is_bounded_and_not_lowered_while_something_is_held():
    desk = Desk(leverage=10)
    with pytest.raises(Refused):
        await desk.trader.prepare(SYMBOL, TERMS.max_leverage + 1)
    await desk.trader.prepare(SYMBOL, 20)
    await desk.place(desk.order())
    with pytest.raises(Refused):
        await desk.trader.prepare(SYMBOL, 5)
    assert (await desk.free("USDT")).locked == Decimal("25.000005")
    assert await desk.trader.terms(SYMBOL) == TERMS
    assert await desk.trader.funding(SYMBOL, 0) == []
    with pytest.raises(Refused):
        await desk.trader.prepare("ETHUSDT", 1)
    assert desk.trader.futures is desk.trader


async def test_an_account_rebuilt_from_rows_goes_on_where_it_was():
    paid = Decimal(500)
    before = Desk()
    stop = replace(before.stop(51_000, Side.BUY), state=OrderState.OPEN)
    desk = Desk(
        leverage=5,
        totals={"BTC": Decimal("-0.01"), "USDT": CAPITAL + paid},
        resting=[stop],
        entry=50_000,
    )
    assert await desk.money() == CAPITAL
    assert (await desk.free("USDT")).locked == 100
    assert desk.prices.interest == 1

    told = await desk.heard(51_000)

    assert told[0].event is OrderEvent.FILL
    assert desk.prices.interest == 0
    assert await desk.money() == CAPITAL - Decimal("10.0001") - told[0].fills[0].commission


async def test_an_open_position_is_watched_even_without_orders():
    desk = Desk()
    await desk.place(desk.order())
    assert desk.prices.interest == 1
    await desk.place(desk.order(Leg.CLOSE, Side.SELL))
    assert desk.prices.interest == 0


moves = st.lists(
    st.tuples(
        st.sampled_from(["long", "short", "close", "stop", "target", "price"]),
        st.integers(2, 40),
        st.integers(40_000, 60_000),
    ),
    max_size=25,
)


async def _act(desk, what, size, price):
    held = await desk.held()
    side = Side.SELL if held > 0 else Side.BUY
    quantity = str(size * Decimal("0.001"))
    orders = {
        "long": lambda: desk.order(side=Side.BUY, quantity=quantity),
        "short": lambda: desk.order(side=Side.SELL, quantity=quantity),
        "close": lambda: desk.order(Leg.CLOSE, side, quantity=quantity),
        "stop": lambda: desk.stop(price, side),
        "target": lambda: desk.target(price, side, quantity),
    }
    if what == "price":
        desk.move(price)
    else:
        await desk.place(orders[what]())


@given(st.sampled_from([1, 3, 20]), moves)
async def test_money_is_what_was_paid_and_received_and_never_locked_twice(leverage, steps):
    desk = Desk(leverage=leverage)
    for step in steps:
        try:
            await _act(desk, *step)
        except (Refused, OrderGone):
            continue
        net = desk.trader._net
        cash = desk.trader._totals["USDT"]
        assert abs(await desk.money() - (cash + net.quantity * net.entry)) < Decimal("1e-9")
        assert desk.trader._totals["BTC"] == net.quantity
        balance = (await desk.trader.balances()).get("USDT")
        assert balance is None or balance.locked >= 0
        if not net.quantity:
            assert not [o for o in desk.trader._resting.values() if o.leg.exit]
