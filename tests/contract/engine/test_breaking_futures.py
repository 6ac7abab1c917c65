"""Futures positions that others act on too: the books say what is ours, no more and no less."""

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.core.order import Leg, OrderState
from engine.core.position import ExitReason
from engine.exchange.simulator.server import DemoAccount
from tests.contract.engine.futures_hands import FUTURES, SYMBOL, act, by_hand, held, waiting
from tests.contract.engine.lab import KEYS, MONEY, SECRET, opened


@pytest.fixture
async def lab(place):
    accounts = tuple(DemoAccount(key, SECRET, MONEY, futures=MONEY) for key in KEYS)
    async with opened(place, accounts=accounts) as ready:
        await ready.begin()
        yield ready


async def foreign(lab, bot, quantity):
    """Wait until so much was booked as traded by others."""

    async def booked():
        await lab.job("reconcile")
        rows = await lab.books.orders(bot, Leg.FOREIGN)
        return sum(row.booked_qty for row in rows) == quantity

    await lab.until(booked)


async def test_two_bots_of_one_account_never_enter_one_symbol_on_the_same_candle(lab):
    first = await lab.running("Anna", **FUTURES)
    second = await lab.running("Berta", **FUTURES)

    lab.buy(first)
    await lab.covered(first)

    refused = await lab.until(lambda: lab.books.refused(second))
    assert (refused.check, refused.measured) == ("symbol_free", "Anna")
    assert len(lab.requests("/fapi/v1/order")) == 1


async def test_what_the_owner_added_and_took_back_is_not_ours(lab):
    bot = await lab.running(**FUTURES)
    position = await lab.enter(bot)
    await by_hand(lab, "BUY", "0.02")
    await by_hand(lab, "SELL", "0.02")
    await lab.job("reconcile")

    await by_hand(lab, "SELL", "0.01")
    await foreign(lab, bot, Decimal("0.01"))
    await lab.job("reconcile")

    now = await lab.covered(bot)
    assert now.held == position.held - Decimal("0.01") == held(lab)


async def test_what_the_owner_sells_of_his_own_addition_is_not_ours(lab):
    bot = await lab.running(**FUTURES)
    position = await lab.enter(bot)
    await by_hand(lab, "BUY", "0.02")
    await by_hand(lab, "SELL", "0.01")
    await lab.job("reconcile")
    await by_hand(lab, "SELL", "0.03")
    await foreign(lab, bot, Decimal("0.02"))
    await lab.job("reconcile")

    assert (await lab.covered(bot)).held == position.held - Decimal("0.02") == held(lab)


async def test_an_order_by_hand_that_fills_in_parts_is_booked_part_by_part(lab):
    bot = await lab.running(**FUTURES)
    position = await lab.enter(bot)
    answer = await by_hand(lab, "SELL", "0.02", type="LIMIT", price="50500", timeInForce="GTC")
    traded = Decimal(0)
    for part in ("0.005", "0.015"):
        await lab.control(
            "futures", act="fill", key=KEYS[0], symbol=SYMBOL, orderId=answer["orderId"],
            quantity=part,
        )  # fmt: skip
        traded += Decimal(part)
        await foreign(lab, bot, traded)

    assert (await lab.covered(bot)).held == position.held - Decimal("0.02") == held(lab)


async def test_a_stop_that_closes_what_the_owner_added_earns_nothing_for_the_bot(lab):
    bot = await lab.running(**FUTURES)
    position = await lab.enter(bot)
    await by_hand(lab, "BUY", position.held)
    await lab.job("reconcile")

    await lab.price(position.stop_price)
    trade = await lab.closed(bot)

    assert trade.reason is ExitReason.STOP_LOSS
    assert held(lab) == 0
    assert trade.quantity == position.held
    assert trade.gross == (position.stop_price - position.entry_price) * position.held


async def test_nothing_is_entered_beside_a_position_by_hand_from_its_first_sight_on(lab):
    bot = await lab.running(**FUTURES)
    await by_hand(lab, "SELL", "0.01")
    await lab.until(lambda: lab.engine.fleet.drifts.get((bot.account, SYMBOL)))

    lab.buy(bot)

    refused = await lab.until(lambda: lab.books.refused(bot))
    assert (refused.check, refused.measured) == ("symbol_free", "drift")
    assert not await lab.books.alerts("position_drift")
    await by_hand(lab, "BUY", "0.01")
    await lab.until(lambda: not lab.engine.fleet.drifts)


async def test_a_position_that_the_exchange_does_not_hold_any_more_is_written_off_at_its_close(
    lab,
):
    bot = await lab.running(**FUTURES)
    position = await lab.enter(bot)
    account = lab.world.futures.book.floor.accounts[KEYS[0]]
    for one in account.held(SYMBOL):
        one.amount = Decimal(0)
    await lab.close_by_hand(bot)
    venue = lab.engine._accounts.reconciler.venue
    where = (bot.account, SYMBOL)

    async def doubted():
        await lab.job("naked or closing")
        await lab.job("reconcile")
        return venue._doubts.get(where)

    difference, since = await lab.until(doubted)
    venue._doubts[where] = (difference, since - 60)
    await lab.job("reconcile")
    trade = await lab.closed(bot)

    assert trade.gone == position.held
    assert trade.gross == trade.quantity == 0
    assert await lab.books.alerts("foreign_close")


async def test_a_symbol_that_is_not_listed_any_more_costs_the_others_nothing(lab):
    await lab.running("Berta", **FUTURES | {"symbol": "ETHUSDT"})
    bot = await lab.running(**FUTURES)
    await lab.enter(bot)
    for path in ("/fapi/v1/leverageBracket", "/fapi/v1/openOrders", "/fapi/v1/openAlgoOrders"):
        await lab.fault(
            "code", "GET", path, code=-1121, msg="Invalid symbol.", where={"symbol": "ETHUSDT"},
            times=None,
        )  # fmt: skip

    assert await lab.engine._accounts.reconcile(bot.account)
    await act(lab, "liquidate")
    assert (await lab.closed(bot)).reason is ExitReason.LIQUIDATION


async def test_an_exit_that_our_books_hold_for_over_is_cancelled_where_it_still_waits(lab):
    bot = await lab.running(**FUTURES)
    await lab.enter(bot)
    stop = await lab.books.order(bot, Leg.STOP)
    async with lab.storage.system() as unit:
        await unit.orders.save(replace(stop, state=OrderState.EXPIRED), was=stop)
        await unit.commit()
    await lab.job("protection")

    async def replaced():
        await lab.job("reconcile")
        names = {algo.client_id for algo in waiting(lab)}
        return stop.client_id not in names and len(names) == 2

    await lab.until(replaced)
    (told,) = await lab.books.alerts("stray_order")
    assert told.params["id"] == stop.client_id
    await lab.covered(bot)


async def test_what_a_coarser_step_leaves_of_a_position_is_told_with_its_trade(lab):
    bot = await lab.running(**FUTURES)
    position = await lab.enter(bot)
    await lab.control("symbol", symbol=SYMBOL, market="futures", step="0.02")

    await lab.close_by_hand(bot)
    rulebook = lab.life.rulebook
    await lab.until(lambda: rulebook.of(bot, SYMBOL).step_size == Decimal("0.02"))

    async def tried_again():
        await lab.advance(1.1)
        await lab.job("protection")
        return await lab.books.trades(bot)

    await lab.until(tried_again)
    trade = await lab.closed(bot)
    assert (trade.quantity, trade.dust) == (Decimal("0.04"), position.held - Decimal("0.04"))
    assert held(lab) == trade.dust
    (told,) = await lab.books.alerts("exited")
    assert told.params["dust"] == str(trade.dust)
    await lab.until(lambda: not waiting(lab))
