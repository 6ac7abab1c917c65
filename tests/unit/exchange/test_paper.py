"""What a paper account adds to the traders' contract: rows, watching, accounting."""

import asyncio
import contextlib
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import AlreadySent, NotSent, OrderGone, Refused, Unavailable
from engine.core.market import Market, Side
from engine.core.order import Leg, OrderEvent, OrderKind, OrderState
from tests.contract.exchange.lab import MONEY, paper_venue, reports

STEP = Decimal("0.00001")


async def test_resting_orders_rebuilt_from_rows_lock_their_coins_and_fill():
    legs = paper_venue().oco()
    open_legs = [replace(leg, state=OrderState.OPEN) for leg in legs]
    venue = paper_venue(resting=open_legs)
    assert (await venue.free("BTC")).locked == Decimal("0.01")
    async with venue.trader.events() as events:
        await venue.move("48000")
        told = await reports(events, 2)
    assert told[legs[1].client_id].fills[0].price == 48_000
    assert told[legs[1].client_id].fills[0].trade_id == f"{legs[1].client_id}.1"


async def test_a_stop_wins_when_both_legs_are_touched():
    venue = paper_venue()
    target, stop = venue.oco()
    await venue.place_oco(target, stop)
    venue.trader._resting[target.client_id] = replace(target, price=Decimal(100))
    async with venue.trader.events() as events:
        await venue.move("48000")
        told = await reports(events, 2)
    assert told[stop.client_id].event is OrderEvent.FILL
    assert told[target.client_id].event is OrderEvent.EXPIRE


async def test_the_book_is_watched_exactly_while_something_rests():
    venue = paper_venue()
    legs = venue.oco()
    await venue.place(venue.order())
    assert venue.prices.interest == 0
    await venue.place_oco(*legs)
    assert venue.prices.interest == 1
    await venue.trader.cancel(legs[0])
    assert venue.prices.interest == 0
    await venue.place_oco(*venue.oco())
    await venue.move("48000")
    assert venue.prices.interest == 0


async def test_a_closed_account_listens_no_more():
    venue = paper_venue()
    await venue.place_oco(*venue.oco())
    venue.trader.close()
    assert (venue.prices.interest, venue.prices._listeners) == (0, [])


async def test_without_a_price_an_order_was_not_sent():
    venue = paper_venue()
    venue.prices.failure = Unavailable("no book")
    with pytest.raises(NotSent):
        await venue.place(venue.order())


async def test_an_id_is_never_used_twice_not_even_after_its_fill():
    venue = paper_venue()
    order = venue.order()
    await venue.place(order)
    with pytest.raises(AlreadySent):
        await venue.place(order)


async def test_two_requests_with_one_id_fill_once():
    venue = paper_venue()
    order = venue.order()
    answers = await asyncio.gather(venue.place(order), venue.place(order), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadySent", "OrderReport"]


async def test_a_market_that_is_closed_and_a_foreign_symbol_are_refused():
    venue = paper_venue()
    with pytest.raises(Refused, match="closed"):
        await venue.trader.place(venue.order(), replace(venue.rules, status="BREAK"))
    with pytest.raises(Refused):
        await venue.place(venue.order(symbol="ETHUSDT"))
    with pytest.raises(Refused):
        await venue.place(venue.order(market=Market.FUTURES))


async def test_a_price_off_its_grid_is_refused():
    venue = paper_venue()
    with pytest.raises(Refused, match="PRICE_FILTER"):
        await venue.place_oco(*venue.oco(target="51000.001"))


async def test_a_limit_that_the_market_already_passed_takes_the_market_price():
    venue = paper_venue()
    order = venue.order(kind=OrderKind.LIMIT, price=Decimal(50_100))
    report = await venue.place(order)
    assert report.fills[0].price == Decimal("50000.01")


async def test_a_resting_buy_locks_quote_and_fills_at_its_own_price():
    venue = paper_venue()
    order = venue.order(kind=OrderKind.LIMIT, price=Decimal(49_000))
    await venue.place(order)
    assert (await venue.free("USDT")).locked == 490
    await venue.move("48000")
    assert (await venue.trader.look_up(order)).fills[0].price == 49_000
    assert (await venue.free("USDT")).locked == 0


async def test_nobody_else_hears_of_another_symbol():
    venue = paper_venue()
    legs = venue.oco()
    await venue.place_oco(*legs)
    venue.prices.say("1", symbol="ETHUSDT")
    assert len(await venue.trader.open_orders("BTCUSDT")) == 2
    assert await venue.trader.open_orders("ETHUSDT") == []


async def test_what_ended_long_ago_is_forgotten():
    venue = paper_venue()
    first = venue.order(quantity="0.001")
    await venue.place(first)
    for _ in range(500):
        await venue.place(venue.order(quantity="0.001"))
        await venue.place(venue.order(Leg.CLOSE, Side.SELL, quantity="0.001"))
    with pytest.raises(OrderGone):
        await venue.trader.look_up(first)


class Bookkeeper:
    """Acts on a venue and keeps its own count of what every fill moved."""

    def __init__(self):
        self.venue = paper_venue()
        self.total = dict(MONEY)
        self.legs = None
        self.fills = set()

    async def act(self, what, size, cents):
        quantity = str(size * STEP)
        if what in {"buy", "sell"}:
            side = Side.BUY if what == "buy" else Side.SELL
            order = self.venue.order(side=side, quantity=quantity)
            self.count(await self.venue.place(order), side)
        elif what == "oco":
            legs = self.venue.oco(quantity=quantity)
            await self.venue.place_oco(*legs)
            self.legs = legs
        elif what == "cancel" and self.legs:
            await self.venue.trader.cancel(self.legs[0])
        else:
            await self.venue.move(Decimal(cents) / 100)

    def count(self, report, side):
        for fill in report.fills:
            self.fills.add(fill.trade_id)
            sign = 1 if side is Side.BUY else -1
            self.total["BTC"] += sign * fill.quantity
            self.total["USDT"] -= sign * fill.quote
            self.total[fill.commission_asset] -= fill.commission

    def listen(self):
        for report in list(self.venue.trader._told.values()):
            resting = report.client_id.rpartition("-")[2][0] in {"t", "s"}
            if resting and not {fill.trade_id for fill in report.fills} <= self.fills:
                self.count(report, Side.SELL)

    async def check(self):
        held = await self.venue.trader.balances()
        assert all(min(balance.free, balance.locked) >= 0 for balance in held.values())
        for asset, amount in self.total.items():
            now = held.get(asset)
            assert amount == (now.free + now.locked if now else 0)


moves = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell", "oco", "cancel", "price"]),
        st.integers(1, 40_000),
        st.integers(4_800_000, 5_200_000),
    ),
    max_size=30,
)


@given(moves)
async def test_money_and_coins_are_never_made_or_lost(steps):
    keeper = Bookkeeper()
    for step in steps:
        with contextlib.suppress(Refused, OrderGone):
            await keeper.act(*step)
        keeper.listen()
        await keeper.check()
