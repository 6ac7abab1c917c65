"""Futures entries that must wait, and closes that must."""

import pytest

from engine.core.order import Leg, OrderState
from engine.exchange.simulator.server import DemoAccount
from tests.contract.engine.futures_hands import FUTURES, SYMBOL, by_hand, held, waiting
from tests.contract.engine.lab import KEYS, MONEY, SECRET, opened

ALGO = "/fapi/v1/algoOrder"


@pytest.fixture
async def lab(place):
    accounts = tuple(DemoAccount(key, SECRET, MONEY, futures=MONEY) for key in KEYS)
    async with opened(place, accounts=accounts) as ready:
        await ready.begin()
        yield ready


async def test_a_close_on_a_halted_contract_is_carried_out_once_it_trades_again(lab):
    bot = await lab.running(**FUTURES)
    await lab.enter(bot)
    await lab.control("symbol", symbol=SYMBOL, market="futures", status="HALT")
    await lab.close_by_hand(bot)

    async def refused():
        await lab.job("naked or closing")
        close = await lab.books.order(bot, Leg.CLOSE)
        return close is not None and close.state is OrderState.REJECTED

    await lab.until(refused)
    await lab.control("symbol", symbol=SYMBOL, market="futures", status="TRADING")
    await lab.advance(2)

    async def closed():
        await lab.job("naked or closing")
        return await lab.books.trades(bot)

    await lab.until(closed)
    assert held(lab) == 0
    assert len(lab.requests("/fapi/v1/order")) == 3


async def test_no_entry_while_the_exits_of_the_last_position_are_being_cancelled(lab):
    bot = await lab.running(**FUTURES)
    await lab.enter(bot)
    await lab.fault("delay", "DELETE", ALGO, ms=300, times=None)
    lab.sell(bot)
    await lab.closed(bot)
    lab.sell(bot)
    refused = await lab.until(lambda: lab.books.refused(bot))
    assert refused.check == "one_position"
    await lab.heal()
    await lab.until(lambda: not waiting(lab))
    assert held(lab) == 0


async def test_nothing_is_entered_against_a_position_that_the_owner_turned_round(lab):
    bot = await lab.running(**FUTURES)
    position = await lab.enter(bot)
    await by_hand(lab, "SELL", position.held * 2)
    trade = await lab.closed(bot)
    assert trade.quantity == position.held

    async def gone():
        await lab.job("protection")
        return not waiting(lab)

    await lab.until(gone)
    await lab.until(lambda: not lab.engine.fleet.members[bot.id].busy)
    assert held(lab) == -position.held
    lab.buy(bot)
    refused = await lab.until(lambda: lab.books.refused(bot))
    assert (refused.check, refused.measured) == ("symbol_free", "drift")
