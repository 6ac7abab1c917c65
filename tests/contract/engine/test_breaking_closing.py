"""Futures exits in trouble: whatever wins a race is booked once, and nothing is left behind."""

from decimal import Decimal

import pytest

from engine.core.bot_state import BotState
from engine.core.market import Candle
from engine.core.order import OrderState
from engine.core.position import ExitReason
from engine.cycles import doubt
from engine.exchange.simulator.server import DemoAccount
from tests.contract.engine.futures_hands import (
    FUTURES,
    SYMBOL,
    act,
    asked,
    by_hand,
    held,
    waiting,
)
from tests.contract.engine.lab import KEYS, MONEY, SECRET, opened
from tests.contract.engine.rest_futures import unsettled

ORDER, ALGO = "/fapi/v1/order", "/fapi/v1/algoOrder"
TRAILING = {"trailing_stop": Decimal(1), "stop_loss": Decimal(5), "take_profit": Decimal(10)}


@pytest.fixture
async def lab(place):
    accounts = tuple(DemoAccount(key, SECRET, MONEY, futures=MONEY) for key in KEYS)
    async with opened(place, accounts=accounts) as ready:
        await ready.begin()
        yield ready


async def candle(lab, high, low, monkeypatch):
    """A candle closes with the price at its top; trailing stops follow."""
    await lab.price(high)
    closed = Candle(lab.clock.now_ms(), low, high, low, high, 1.0)
    monkeypatch.setattr(lab.life.feed, "candles", lambda _: [closed])
    await lab.job("trailing stops")


async def ended(lab, bot):
    return all(row.state.final for row in await lab.books.orders(bot))


async def settled(lab):
    """Wait until rows and exchange agree, with nothing left behind."""

    async def quiet():
        await lab.job("naked or closing")
        await lab.job("reconcile")
        await lab.job("protection")
        return not await unsettled(lab)

    try:
        await lab.until(quiet)
    except TimeoutError:
        assert await unsettled(lab) == []


async def test_a_liquidation_in_the_middle_of_a_close_is_booked_and_the_close_ends(lab):
    bot = await lab.running(**FUTURES)
    await lab.enter(bot)
    await lab.fault("delay", "POST", ORDER, ms=300)
    await lab.close_by_hand(bot)
    await lab.until(lambda: len(lab.requests(ORDER)) == 2)
    await act(lab, "liquidate")

    trade = await lab.closed(bot)
    assert trade.reason is ExitReason.LIQUIDATION
    await lab.until(lambda: not waiting(lab))
    assert held(lab) == 0
    await lab.until(lambda: ended(lab, bot))


async def test_a_deleveraged_part_leaves_exits_for_the_rest_and_then_the_contract_is_settled(lab):
    bot = await lab.running(**FUTURES)
    position = await lab.enter(bot)
    await act(lab, "adl", quantity="0.02")

    async def rest():
        await lab.job("reconcile")
        now = await lab.books.position(bot)
        targets = [a.wish.quantity for a in waiting(lab) if a.wish.kind == "TAKE_PROFIT_MARKET"]
        return now.held == position.held - Decimal("0.02") and targets == [now.held]

    await lab.until(rest)
    assert (await lab.books.bot(bot)).state is BotState.ERROR
    await act(lab, "settle", price="50100")
    trade = await lab.closed(bot)
    assert trade.reason is ExitReason.SETTLEMENT
    assert held(lab) == 0
    await lab.until(lambda: not waiting(lab))


async def test_a_stop_that_the_owner_cancels_is_placed_again(lab):
    bot = await lab.running(**FUTURES)
    await lab.enter(bot)
    (stop,) = [a for a in waiting(lab) if a.wish.kind == "STOP_MARKET"]
    await asked(lab, "futures_cancel_algo_order", symbol=SYMBOL, clientAlgoId=stop.client_id)
    await lab.until(lambda: [a for a in waiting(lab) if a.wish.kind == "STOP_MARKET"])
    await lab.covered(bot)
    await settled(lab)


async def test_a_new_stop_in_doubt_leaves_the_old_one_until_it_is_known(
    lab, quick_questions, monkeypatch
):
    bot = await lab.running(**FUTURES | TRAILING)
    await lab.enter(bot)
    (old,) = [a for a in waiting(lab) if a.wish.kind == "STOP_MARKET"]
    await lab.fault("drop_after", "POST", ALGO)
    for path in (ALGO, ORDER):
        await lab.fault("code", "GET", path, code=-2013, msg="Order does not exist.", times=None)
    await lab.fault("stall", stream="user@ALGO_UPDATE", times=None)
    await candle(lab, 51_000.0, 50_000.0, monkeypatch)
    await candle(lab, 51_500.0, 50_000.0, monkeypatch)
    await lab.until(lambda: len(lab.requests(ALGO)) == 3)
    assert old in waiting(lab)
    await lab.heal()
    await lab.covered(bot)
    await settled(lab)
    stops = [a.wish.trigger for a in waiting(lab) if a.wish.kind == "STOP_MARKET"]
    assert stops == [Decimal(50985)]


async def test_a_new_stop_that_never_arrived_is_placed_anew_under_the_old_one(
    lab, quick_questions, monkeypatch
):
    monkeypatch.setattr(doubt, "PROOF_SECONDS", 1.0)
    bot = await lab.running(**FUTURES | TRAILING)
    await lab.enter(bot)
    await lab.fault("drop_before", "POST", ALGO)
    await candle(lab, 51_000.0, 50_000.0, monkeypatch)

    async def moved():
        await lab.advance(1)
        stops = [a.wish.trigger for a in waiting(lab) if a.wish.kind == "STOP_MARKET"]
        return stops == [Decimal(50490)]

    await lab.until(moved)
    await lab.covered(bot)
    await settled(lab)


async def test_the_old_stop_triggers_while_the_new_one_is_under_way(lab, monkeypatch):
    bot = await lab.running(**FUTURES | TRAILING)
    position = await lab.enter(bot)
    await lab.fault("delay", "POST", ALGO, ms=300)
    await candle(lab, 51_000.0, 50_000.0, monkeypatch)
    await lab.until(lambda: len(lab.requests(ALGO)) == 3)
    await lab.price(position.stop_price)
    trade = await lab.closed(bot)
    assert trade.quantity == position.held
    assert held(lab) == 0
    await lab.until(lambda: not waiting(lab))
    await settled(lab)


@pytest.mark.parametrize("what", ["duplicate", "reorder", "delay"])
async def test_events_of_conditional_orders_doubled_reordered_or_late_make_the_same_books(
    lab, what
):
    await lab.fault(what, stream="user", ms=200, times=None)
    for level in (51_500, 49_000):
        await lab.control("price", symbol=SYMBOL, price="50000")
        bot = await lab.running(f"Bot {level}", **FUTURES)
        await lab.enter(bot)
        await lab.price(level)
        await lab.closed(bot)
        await lab.until(lambda: not waiting(lab))
        await lab.stop(bot)
    await settled(lab)


@pytest.mark.parametrize("kind", ["STOP_MARKET", "TAKE_PROFIT_MARKET"])
async def test_a_triggered_exit_that_is_refused_ends_in_a_close(lab, kind):
    bot = await lab.running(**FUTURES)
    await lab.enter(bot)
    await lab.fault("refuse_trigger", where={"type": kind})
    await lab.price(49_000 if kind == "STOP_MARKET" else 51_500)

    async def closed():
        await lab.job("naked or closing")
        return await lab.books.trades(bot)

    await lab.until(closed)
    assert held(lab) == 0
    await settled(lab)


async def test_a_triggered_stop_that_trades_lot_by_lot_is_booked_lot_by_lot(lab):
    bot = await lab.running(**FUTURES)
    position = await lab.enter(bot)
    await lab.fault("partial_fill", lots=["0.001", "0.002", "0.003"], where={"side": "SELL"})
    await lab.price(49_000)

    await lab.until(lambda: held(lab) == position.held - Decimal("0.006"))
    await lab.heal()

    async def closed():
        await lab.job("naked or closing")
        return await lab.books.trades(bot)

    await lab.until(closed)
    trade = await lab.closed(bot)
    assert trade.quantity == position.held
    assert held(lab) == 0
    await settled(lab)


async def test_an_exit_planned_for_a_position_that_was_liquidated_meanwhile_is_not_left(lab):
    bot = await lab.running(**FUTURES)
    await lab.fault("delay", "POST", ALGO, ms=400, times=2)
    lab.buy(bot)
    await lab.until(lambda: len(lab.requests(ALGO)) >= 1)
    await act(lab, "liquidate")
    trade = await lab.closed(bot)
    assert trade.reason is ExitReason.LIQUIDATION

    async def over():
        await lab.job("protection")
        return not waiting(lab) and await ended(lab, bot)

    await lab.until(over)


async def test_a_slow_read_store_does_not_lose_a_futures_exit(lab, quick_questions):
    await lab.fault("stale", ms=1_500, times=None)
    await lab.fault("stall", stream="user", times=None)
    await lab.fault("drop_after", "POST", ALGO, times=2)
    bot = await lab.running(**FUTURES)
    await lab.enter(bot)
    await lab.heal()
    await settled(lab)
    rows = await lab.books.orders(bot)
    assert [row.leg for row in rows if row.state is OrderState.OPEN] != []


async def test_a_kill_between_the_new_stop_and_the_end_of_the_old_one_leaves_one(lab, monkeypatch):
    bot = await lab.running(**FUTURES | TRAILING)
    await lab.enter(bot)
    await lab.fault("delay", "DELETE", ALGO, ms=2_000)
    await candle(lab, 51_000.0, 50_000.0, monkeypatch)
    await lab.until(lambda: lab.requests(ALGO, "DELETE"))
    await lab.restart()
    await lab.covered(bot)
    await settled(lab)
    stops = [a.wish.trigger for a in waiting(lab) if a.wish.kind == "STOP_MARKET"]
    assert stops == [Decimal(50490)]


async def test_a_close_while_the_owner_halves_the_position_closes_the_rest_alone(lab):
    bot = await lab.running(**FUTURES)
    position = await lab.enter(bot)
    await lab.fault("delay", "POST", ORDER, ms=300, where={"reduceOnly": "true"})
    await lab.close_by_hand(bot)
    await lab.until(lambda: len(lab.requests(ORDER)) == 2)
    await by_hand(lab, "SELL", "0.02")
    trade = await lab.closed(bot)
    assert trade.quantity == position.held
    assert held(lab) == 0


async def test_a_liquidation_costs_in_the_books_what_it_cost_the_wallet(lab):
    bot = await lab.running(**FUTURES)
    account = lab.world.futures.book.floor.accounts[KEYS[0]]
    before = account.wallet["USDT"]
    await lab.enter(bot)
    await act(lab, "liquidate", price="42000")
    await lab.closed(bot)

    async def same():
        await lab.advance(30)
        await lab.job("reconcile")
        return (await lab.books.trades(bot))[-1].net == account.wallet["USDT"] - before

    await lab.until(same)
