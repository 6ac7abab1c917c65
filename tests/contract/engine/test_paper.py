"""Paper bots: real prices, own books, and nothing forgotten over a restart."""

from decimal import Decimal

import pytest

from engine.core.bot_config import Mode
from engine.core.order import Leg, OrderState
from engine.core.position import ExitReason

MONEY = {"mode": Mode.PAPER, "initial_capital": Decimal(1000), "max_position": Decimal(50)}


async def wallet(lab, bot):
    trader = await lab.life.broker.trader(bot.account)
    return {asset: (b.free, b.locked) for asset, b in (await trader.balances()).items()}


async def test_a_paper_trade_has_the_same_books_as_one_at_the_exchange(lab):
    keyed = await lab.running("keyed")
    paper = await lab.running("paper", **MONEY)
    lab.buy(keyed)
    for bot in (keyed, paper):
        await lab.covered(bot)
    await lab.price("51000.02")
    one, other = await lab.closed(keyed), await lab.closed(paper)
    for name in (
        "quantity",
        "entry_price",
        "exit_price",
        "gross",
        "net",
        "dust",
        "reason",
        "fees",
    ):
        assert getattr(one, name) == getattr(other, name), name
    assert len(lab.books.venue()) == 3, "paper reached the exchange"
    await lab.agree()


async def test_a_paper_bot_sends_nothing_to_the_exchange(lab):
    bot = await lab.running(**MONEY)
    await lab.enter(bot)
    await lab.close_by_hand(bot)
    assert (await lab.closed(bot)).reason is ExitReason.MANUAL
    asked = {request["path"] for request in lab.world.journal.since(0) if request["key"]}
    assert asked == set()


async def test_a_paper_bot_keeps_its_exits_and_its_money_over_a_restart(lab):
    bot = await lab.running(**MONEY)
    await lab.enter(bot)
    before = await wallet(lab, bot)
    assert before["BTC"] == (Decimal("0.00000801"), Decimal("0.00198"))
    assert before["USDT"] == (Decimal(1000) - Decimal("99.5000199"), 0)
    await lab.restart()
    await lab.covered(bot)
    assert await wallet(lab, bot) == before
    assert len(await lab.books.orders(bot)) == 3
    await lab.ready(bot)
    await lab.price("51000.02")
    trade = await lab.closed(bot)
    assert (trade.reason, trade.net) == (ExitReason.TAKE_PROFIT, Decimal("1.77953975"))
    assert (await wallet(lab, bot))["USDT"] == (
        Decimal(1000) - Decimal("99.5000199") + Decimal("100.9800396") - Decimal("0.10098003"),
        0,
    )


@pytest.mark.parametrize(
    ("price", "reason"), [(49_000, ExitReason.STOP_LOSS), (52_000, ExitReason.TAKE_PROFIT)]
)
async def test_a_price_that_passed_an_exit_while_paper_slept_fills_it_at_the_start(
    lab, price, reason
):
    bot = await lab.running(**MONEY)
    await lab.enter(bot)
    await lab.crash()
    lab.world.set_price("BTCUSDT", Decimal(price))
    await lab.begin()
    await lab.ready(bot)
    assert (await lab.closed(bot)).reason is reason
    assert len(await lab.books.alerts("exited")) == 1


async def test_a_paper_entry_sent_at_the_kill_is_proven_absent(lab, quick_questions):
    bot = await lab.running(**MONEY)
    lab.hold(bot)
    lab.buy(bot)
    order = await lab.until(lambda: lab.books.order(bot, Leg.ENTRY))
    await lab.crash()
    await lab.mark_sent(order)
    await lab.begin()
    await lab.advance(31)

    async def absent():
        return (await lab.books.order(bot, Leg.ENTRY)).state is OrderState.NOT_PLACED

    await lab.until(absent)
    assert (await wallet(lab, bot))["USDT"] == (Decimal(1000), 0)
    assert not await lab.books.fills()


async def test_a_paper_bot_without_money_is_refused_and_told(lab):
    bot = await lab.running(mode=Mode.PAPER, initial_capital=Decimal(9))
    lab.buy(bot)
    (told,) = await lab.until(lambda: lab.books.alerts("entry_refused"))
    assert (told.params["check"], told.params["measured"]) == ("balance", "9")


async def test_a_paper_bots_losses_shrink_what_it_may_spend(lab):
    bot = await lab.running(**MONEY | {"size": Decimal(1000), "max_position": Decimal(100)})
    await lab.enter(bot)
    await lab.price(40_000)
    lost = (await lab.closed(bot)).net
    assert lost < -150
    second = await lab.enter(bot)
    assert 700 < second.entry_quote < 1000 + lost
    free = (await wallet(lab, bot))["USDT"][0]
    assert 0 <= free < 1
