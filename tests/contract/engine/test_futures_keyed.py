"""Futures bots with a key through the whole engine, on the local exchange over the wire."""

from decimal import Decimal
from functools import partial

import pytest

from engine.core.account import Credentials, KeyState
from engine.core.bot_config import Direction, Environment
from engine.core.bot_state import BotState
from engine.core.market import Market
from engine.core.order import Leg, OrderState
from engine.core.position import ExitReason, PositionSide
from engine.exchange.binance.ask import Ask, Priority, Product
from engine.exchange.simulator.server import DemoAccount
from tests.contract.engine.lab import KEYS, MONEY, SECRET, opened

SYMBOL = "BTCUSDT"
CONFIG = {
    "market": Market.FUTURES,
    "direction": Direction.BOTH,
    "leverage": 10,
    "size": Decimal(500),
    "max_position": Decimal(50),
}


@pytest.fixture
async def lab(place):
    accounts = tuple(DemoAccount(key, SECRET, MONEY, futures=MONEY) for key in KEYS)
    async with opened(place, accounts=accounts) as ready:
        await ready.begin()
        yield ready


async def price(lab, value):
    """Let the futures market jump, and wait until the engine has heard of it."""
    wanted = Decimal(str(value))

    async def told():
        await lab.control("price", symbol=SYMBOL, price=str(wanted))
        book = lab.life.prices.book(Market.FUTURES, SYMBOL)
        return book is None or book.bid == wanted

    await lab.until(told)


def held(lab):
    account = lab.world.futures.book.floor.accounts[KEYS[0]]
    return sum(position.amount for position in account.held(SYMBOL))


def waiting(lab):
    return lab.world.futures.book.floor.shelf.waiting(symbol=SYMBOL)


async def all_ended(lab, bot):
    rows = await lab.books.orders(bot)
    return rows if all(order.state.final for order in rows) else None


@pytest.mark.parametrize(
    ("side", "won", "lost"),
    [(PositionSide.LONG, 51_500, 49_000), (PositionSide.SHORT, 48_500, 51_000)],
)
async def test_a_futures_bot_trades_both_ways_and_leaves_nothing_behind(lab, side, won, lost):
    for name, level, reason in (
        ("won", won, ExitReason.TAKE_PROFIT),
        ("lost", lost, ExitReason.STOP_LOSS),
    ):
        await lab.control("price", symbol=SYMBOL, price="50000")
        bot = await lab.running(name, **CONFIG)
        before = lab.world.futures.book.floor.accounts[KEYS[0]].wallet["USDT"]
        (lab.buy if side is PositionSide.LONG else lab.sell)(bot)
        position = await lab.covered(bot)
        assert (position.side, position.leverage) == (side, 10)
        assert (held(lab) > 0) is (side is PositionSide.LONG)
        await price(lab, level)
        trade = await lab.closed(bot)
        assert trade.reason is reason
        assert held(lab) == 0
        after = lab.world.futures.book.floor.accounts[KEYS[0]].wallet["USDT"]
        assert trade.net == after - before
        await lab.until(lambda: not waiting(lab))
        rows = await lab.until(partial(all_ended, lab, bot))
        assert {o.state for o in rows if o.leg is Leg.ENTRY} == {OrderState.FILLED}
        await lab.stop(bot)


async def test_a_liquidation_is_booked_with_its_reason(lab):
    bot = await lab.running(**CONFIG)
    lab.buy(bot)
    await lab.covered(bot)
    await lab.control("futures", act="liquidate", key=KEYS[0], symbol=SYMBOL)
    trade = await lab.closed(bot)
    assert trade.reason is ExitReason.LIQUIDATION
    await lab.until(lambda: not waiting(lab))


async def test_funding_is_paid_into_the_trade(lab):
    bot = await lab.running(**CONFIG, stop_loss=Decimal(6), take_profit=Decimal(20))
    lab.buy(bot)
    await lab.covered(bot)
    await lab.control("futures", act="funding", symbol=SYMBOL, rate="0.001")
    await lab.advance(3_600)

    async def paid():
        position = await lab.books.position(bot)
        return position if position and position.funding else None

    assert (await lab.until(paid)).funding < 0


async def test_a_position_closed_by_hand_is_booked_as_such(lab):
    bot = await lab.running(**CONFIG)
    lab.buy(bot)
    position = await lab.covered(bot)
    connection = lab.life.broker._connections[Environment.LOCAL]
    client = connection.client(Credentials(KEYS[0], SECRET, Environment.LOCAL))
    await connection.send(
        lambda: client.futures_create_order(
            symbol=SYMBOL, side="SELL", type="MARKET", quantity=str(position.entry_qty)
        ),
        ask=Ask(Product.FUTURES, Priority.ENTRY, orders=1),
    )
    await client.close()
    trade = await lab.closed(bot)
    assert trade.reason is ExitReason.EXTERNAL
    await lab.until(lambda: not waiting(lab))


async def test_an_answer_that_is_lost_is_resolved_and_the_order_is_there_once(lab):
    bot = await lab.running(**CONFIG)
    await lab.fault("drop_after", "POST", "/fapi/v1/order")
    await lab.fault("drop_after", "POST", "/fapi/v1/algoOrder")
    lab.buy(bot)
    await lab.covered(bot)
    placed = lab.requests("/fapi/v1/order")
    assert len(placed) == 1
    assert len({algo.client_id for algo in waiting(lab)}) == len(waiting(lab)) == 2


async def test_exits_survive_a_restart(lab):
    bot = await lab.running(**CONFIG)
    lab.sell(bot)
    await lab.covered(bot)
    rested = {algo.client_id for algo in waiting(lab)}
    await lab.restart()
    await lab.covered(bot)
    assert {algo.client_id for algo in waiting(lab)} == rested
    await price(lab, 48_500)
    assert (await lab.closed(bot)).reason is ExitReason.TAKE_PROFIT


async def test_a_bot_on_a_symbol_new_to_its_account_knows_its_terms_before_the_next_minute(lab):
    await lab.running("Anna", **CONFIG)
    berta = await lab.running("Berta", **CONFIG | {"symbol": "ETHUSDT"})

    await lab.until(lambda: (berta.account, "ETHUSDT") in lab.engine.fleet.terms)


async def test_a_key_that_futures_alone_refuse_goes_on_trading_spot(lab):
    async with lab.storage.of(lab.account.id) as unit:
        await unit.keys.set_rights(lab.keys[0], futures=True, ip_restricted=False, at=1)
        await unit.commit()
    spot, bot = await lab.running("Spot"), await lab.running("Berta", **CONFIG)
    await lab.control("accounts", key=KEYS[0], permissions={"enableFutures": False})

    lab.buy(bot)

    (told,) = await lab.until(lambda: lab.books.alerts("key_refused"))
    assert (told.params["label"], told.params["market"]) == ("key 1", "futures")
    for _ in range(3):
        await lab.job("reconcile")
        await lab.advance(60)
    assert len(await lab.books.alerts("key_refused")) == 1
    async with lab.storage.reading() as unit:
        key = await unit.keys.get(lab.keys[0])
    assert (key.state, key.futures) == (KeyState.GOOD, False)
    assert (await lab.books.bot(bot)).state is BotState.ERROR
    await lab.enter(spot)
