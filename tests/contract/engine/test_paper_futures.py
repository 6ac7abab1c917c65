"""Paper futures bots through the whole engine: both directions, exits, liquidation, restarts."""

from decimal import Decimal

import pytest

from engine.core.bot_config import Direction, Mode
from engine.core.bot_state import BotState
from engine.core.events import AlertKind
from engine.core.market import Market
from engine.core.order import Leg
from engine.core.position import ExitReason, PositionSide
from engine.services.panic import look, panic

SYMBOL = "BTCUSDT"
CONFIG = {
    "mode": Mode.PAPER,
    "market": Market.FUTURES,
    "direction": Direction.BOTH,
    "leverage": 10,
    "size": Decimal(50),
    "max_position": Decimal(50),
}


async def price(lab, value):
    """Let the market jump, and wait until the paper account has heard of it."""
    wanted = Decimal(str(value))

    async def told():
        await lab.control("price", symbol=SYMBOL, price=str(wanted))
        book = lab.life.prices.book(Market.FUTURES, SYMBOL)
        return book is not None and book.bid == wanted

    await lab.until(told)


async def wallet(lab, bot):
    trader = await lab.life.broker.trader(bot.account)
    return (await trader.balances())["USDT"]


async def alerts(lab, kind):
    async with lab.storage.system() as unit:
        rows = await unit.outbox.claim(limit=50, at=lab.clock.now_ms())
        return [row.alert for row in rows if row.alert.kind is kind]


@pytest.mark.parametrize(
    ("side", "won", "lost"),
    [(PositionSide.LONG, 51_500, 49_000), (PositionSide.SHORT, 48_500, 51_000)],
)
async def test_a_paper_futures_bot_trades_both_ways(lab, side, won, lost):
    for name, level, reason in (
        ("won", won, ExitReason.TAKE_PROFIT),
        ("lost", lost, ExitReason.STOP_LOSS),
    ):
        await lab.control("price", symbol=SYMBOL, price="50000")
        bot = await lab.running(name, **CONFIG)
        (lab.buy if side is PositionSide.LONG else lab.sell)(bot)
        position = await lab.covered(bot)
        assert (position.side, position.leverage) == (side, 10)
        assert {o.leg for o in await lab.books.orders(bot)} == {Leg.ENTRY, Leg.STOP, Leg.TARGET}
        await price(lab, level)
        trade = await lab.closed(bot)
        assert (trade.reason, trade.side, trade.leverage) == (reason, side, 10)
        assert (trade.net > 0) is (name == "won")
        held = await wallet(lab, bot)
        assert held.locked == 0
        assert held.free == Decimal(1000) + trade.net
    assert not [r for r in lab.world.journal.since(0) if r["key"]], "paper reached the exchange"


async def test_its_position_money_and_exits_survive_a_restart(lab):
    bot = await lab.running(**CONFIG)
    lab.sell(bot)
    await lab.covered(bot)
    before = await wallet(lab, bot)
    await lab.restart()
    await lab.covered(bot)
    assert await wallet(lab, bot) == before
    await lab.ready(bot)
    await price(lab, 51_000)
    assert (await lab.closed(bot)).reason is ExitReason.STOP_LOSS


async def test_a_gap_over_the_stop_to_liquidation_is_booked_as_such(lab):
    bot = await lab.running(**CONFIG)
    lab.buy(bot)
    await lab.covered(bot)
    await price(lab, 40_000)
    trade = await lab.closed(bot)
    assert trade.reason is ExitReason.LIQUIDATION
    cost = trade.entry_price * trade.quantity
    assert -trade.net <= cost / 10 + cost / 1000
    assert (await lab.books.bot(bot)).state is BotState.ERROR
    assert (await wallet(lab, bot)).free == Decimal(1000) + trade.net
    (alert,) = await alerts(lab, AlertKind.FOREIGN_CLOSE)
    assert alert.params["reason"] == "LIQUIDATION"


async def test_panic_closes_it(lab):
    bot = await lab.running(**CONFIG)
    lab.sell(bot)
    await lab.covered(bot)
    await panic(lab.office, lab.account, close=True)
    trade = await lab.closed(bot)
    assert (trade.reason, trade.side) == (ExitReason.PANIC, PositionSide.SHORT)
    (line,) = await look(lab.office, lab.account)
    assert line.done


@pytest.mark.parametrize(
    ("level", "reason"),
    [
        (49_000, ExitReason.STOP_LOSS),
        (51_500, ExitReason.TAKE_PROFIT),
        (40_000, ExitReason.LIQUIDATION),
    ],
)
async def test_a_price_passed_while_paper_slept_acts_at_the_start(lab, level, reason):
    bot = await lab.running(**CONFIG)
    lab.buy(bot)
    await lab.covered(bot)
    await lab.crash()
    await lab.control("price", symbol=SYMBOL, price=str(level))
    await lab.begin()
    await price(lab, level)
    assert (await lab.closed(bot)).reason is reason
