"""Limits over all bots of a user, in the running engine: pauses, what is told, resumption."""

from decimal import Decimal

from engine.core.account_limits import AccountLimits
from engine.core.bot_config import Mode
from engine.core.bot_state import BotState
from engine.core.order import Leg
from engine.core.position import ExitReason
from engine.cycles import rulebook

HOUR = 3600
FAR = {"stop_loss": Decimal(40), "take_profit": Decimal(50)}
BIG = {"size": Decimal(1000), "max_position": Decimal(100)}


async def limit(lab, **limits):
    async with lab.storage.of(lab.account.id) as unit:
        wanted = AccountLimits(**limits)
        await unit.limits.put(lab.account.id, wanted, lab.clock.now_ms())
        await unit.commit()
    await lab.job("account limits")


async def paused(lab, *bots):
    async def all_paused():
        states = [(await lab.books.bot(bot)).state for bot in bots]
        return all(state is BotState.PAUSED for state in states)

    await lab.until(all_paused)


async def test_losing_stops_pause_every_bot_of_that_kind_once_and_resume_them_once(lab):
    await limit(lab, stop_guard=2, stop_guard_minutes=30, pause_minutes=60)
    first, second = await lab.running("Anna"), await lab.running("Berta")
    paper = await lab.running("Paper", mode=Mode.PAPER, **FAR)
    await lab.enter(first)
    await lab.covered(second)
    await lab.covered(paper)
    await lab.price(49_400)
    for bot in (first, second):
        assert (await lab.closed(bot)).reason is ExitReason.STOP_LOSS
    await paused(lab, first, second)
    row = await lab.books.bot(first)
    assert (row.why, row.why_params) == ("check.stop_guard", {"limit": "2", "measured": "2"})
    assert row.paused_until == lab.clock.now_ms() + HOUR * 1000
    assert (await lab.books.bot(paper)).state is BotState.IN_POSITION
    (told,) = await lab.books.alerts("account_paused")
    assert (told.params["book"], told.params["measured"]) == ("keyed", "2")
    await lab.job("account limits")
    await lab.advance(HOUR)
    for name in ("account limits", "paused bots", "account limits", "paused bots"):
        await lab.job(name)
    assert (await lab.books.bot(first)).state is BotState.WAITING
    assert (await lab.books.bot(second)).state is BotState.WAITING
    assert len(await lab.books.alerts("account_paused")) == 1
    assert len(await lab.books.alerts("account_resumed")) == 1
    assert not await lab.books.alerts("bot_resumed")
    await lab.agree()


async def test_a_drawdown_pauses_all_while_what_is_held_stays_protected(lab):
    await limit(lab, max_drawdown=Decimal(8), pause_minutes=60)
    bot = await lab.running(initial_capital=Decimal(1000), **BIG, **FAR)
    idle = await lab.running("Ella", symbol="ETHUSDT", initial_capital=Decimal(1000))
    await lab.enter(bot)
    await lab.price(43_000)
    await lab.job("account limits")
    assert (await lab.books.bot(bot)).state is BotState.IN_POSITION
    await lab.price(41_000)
    await lab.job("account limits")
    await paused(lab, bot, idle)
    (told,) = await lab.books.alerts("account_paused")
    assert (told.params["limit"], told.params["quote"]) == ("8", "USDT")
    assert Decimal(told.params["measured"]) > 8
    assert await lab.covered(bot)
    await lab.restart()
    await lab.advance(HOUR)
    await lab.price(41_000)
    for name in ("paused bots", "account limits", "paused bots"):
        await lab.job(name)
    assert (await lab.books.bot(bot)).state is BotState.IN_POSITION
    assert (await lab.books.bot(idle)).state is BotState.WAITING
    await lab.price(32_000)
    await lab.job("account limits")
    assert len(await lab.books.alerts("account_paused")) == 2


async def test_a_pause_for_the_day_lasts_as_long_as_the_accounts_when_that_ends_later(lab):
    await limit(lab, stop_guard=1, pause_minutes=24 * 60)
    bot = await lab.running(max_daily_trades=1)
    other = await lab.running("Ella", symbol="ETHUSDT")
    await lab.enter(bot)
    await lab.close_by_hand(bot)
    await lab.closed(bot)
    lab.buy(bot)
    await lab.until(lambda: lab.books.alerts("bot_paused"))
    await lab.enter(other)
    await lab.price(round(lab.world.market.last("ETHUSDT") * Decimal("0.98")), "ETHUSDT")
    await lab.closed(other)
    await paused(lab, bot, other)
    row = await lab.until(lambda: _whose(lab, bot, "check.stop_guard"))
    assert row.paused_until == lab.clock.now_ms() + 24 * HOUR * 1000


async def _whose(lab, bot, why):
    row = await lab.books.bot(bot)
    return row if row.why == why else None


async def test_an_unknown_price_pauses_nobody_and_lets_nobody_enter(lab, monkeypatch):
    await limit(lab, max_drawdown=Decimal(1), pause_minutes=60)
    bot = await lab.running(initial_capital=Decimal(1000), **BIG, **FAR)
    other = await lab.running("Ella", symbol="ETHUSDT")
    await lab.enter(bot)
    await lab.price(45_000)
    book = rulebook.Rulebook._book
    monkeypatch.setattr(
        rulebook.Rulebook, "_book",
        lambda self, who, symbol: None if symbol == "BTCUSDT" else book(self, who, symbol),
    )  # fmt: skip
    await lab.job("account limits")
    assert not await lab.books.alerts("account_paused")
    lab.buy(other)
    refused = await lab.until(lambda: lab.books.refused(other))
    assert refused.check == "open_result"
    monkeypatch.undo()
    await lab.job("account limits")
    await paused(lab, bot, other)


async def test_a_loss_of_the_day_counts_what_is_open(lab):
    bot = await lab.running(max_daily_loss=Decimal(50), **BIG, **FAR)
    await lab.enter(bot)
    await lab.price(48_000)
    await lab.job("account limits")
    assert (await lab.books.bot(bot)).state is BotState.IN_POSITION
    await lab.price(47_000)
    await lab.job("account limits")
    await paused(lab, bot)
    (told,) = await lab.books.alerts("bot_paused")
    assert (told.params["check"], told.params["limit"]) == ("daily_loss", "50")
    assert Decimal(told.params["measured"]) > 50
    assert (await lab.books.bot(bot)).paused_until == lab.clock.now_ms() + 12 * HOUR * 1000
    assert await lab.covered(bot)
    assert not await lab.books.orders(bot, Leg.CLOSE)
