"""Panic over the wire: whatever hangs, hides or refuses, everything ends flat and is told so."""

from decimal import Decimal

import pytest

from engine.core.bot_config import Mode
from engine.core.bot_state import BotState
from engine.core.market import Market
from engine.core.order import Leg, OrderState
from engine.core.position import ExitReason
from engine.exchange.simulator.server import DemoAccount
from engine.services.panic import Scope, look, panic
from tests.contract.engine.futures_hands import by_hand, held
from tests.contract.engine.lab import KEYS, MONEY, SECRET, opened

ORDER = {Market.SPOT: "/api/v3/order", Market.FUTURES: "/fapi/v1/order"}
WIDE = {"stop_loss": Decimal(15), "take_profit": Decimal(50)}
SPOT = {"market": Market.SPOT, **WIDE}
FUTURES = {"market": Market.FUTURES, "leverage": 5, "max_position": Decimal(50), **WIDE}
both = pytest.mark.parametrize("settings", [SPOT, FUTURES], ids=["spot", "futures"])


@pytest.fixture
async def lab(place):
    accounts = tuple(DemoAccount(key, SECRET, MONEY, futures=MONEY) for key in KEYS)
    async with opened(place, accounts=accounts) as ready:
        await ready.begin()
        yield ready


async def flat(lab, scope=None):
    """Wait until the report says that everything is done; returns its lines."""

    async def done():
        lines = await look(lab.office, lab.account, scope or Scope())
        return lines if all(line.done for line in lines) else None

    return await lab.until(done)


@both
async def test_everything_is_closed_freed_read_again_and_told_with_its_price(lab, settings):
    bot = await lab.running(**settings)
    idle = await lab.running("Ella", symbol="ETHUSDT", **settings)
    await lab.enter(bot)
    await panic(lab.office, lab.account, close=True)
    lines = {line.bot.id: line for line in await flat(lab)}
    trade = lines[bot.id].trade
    assert (trade.reason, trade.exit_price > 0) == (ExitReason.PANIC, True)
    assert lines[idle.id].trade is None
    assert lab.engine.readiness.verified[bot.account] >= trade.closed_at
    assert not lab.books.venue(live=True)
    assert held(lab) == 0
    for each in (bot, idle):
        assert (await lab.books.bot(each)).state is BotState.STOPPED


@both
async def test_a_strategy_that_hangs_delays_no_panic(lab, settings):
    bot = await lab.running(**settings)
    await lab.enter(bot)
    risk = lab.engine._deciding
    async with risk._one_at_a_time:
        lab.buy(bot)
        await panic(lab.office, lab.account, close=True)
        assert (await lab.closed(bot)).reason is ExitReason.PANIC
        await flat(lab)


@both
async def test_without_any_price_stream_it_closes_all_the_same(lab, settings, monkeypatch):
    bot = await lab.running(**settings)
    await lab.enter(bot)
    monkeypatch.setattr(lab.life.prices, "book", lambda *_: None)
    monkeypatch.setattr(lab.life.prices, "age_ms", lambda *_: None)
    lab.world.cut_sockets("/")
    await panic(lab.office, lab.account, close=True)
    assert (await lab.closed(bot)).reason is ExitReason.PANIC
    await flat(lab)


@both
async def test_a_close_that_is_refused_once_is_told_and_tried_again(lab, settings):
    bot = await lab.running(**settings)
    await lab.enter(bot)
    path = ORDER[settings["market"]]
    await lab.fault("code", "POST", path, code=-2010, times=1)
    await panic(lab.office, lab.account, close=True)

    async def refused():
        (line,) = await look(lab.office, lab.account)
        return line.refused

    async def ended():
        rows = await lab.books.orders(bot, Leg.CLOSE)
        return len(rows) > 1 and rows[0].state is OrderState.REJECTED

    assert "-2010" in await lab.until(refused)
    await lab.advance(2)
    await lab.job("naked or closing")
    await lab.until(ended)
    assert (await lab.closed(bot)).reason is ExitReason.PANIC
    await flat(lab)


async def test_entries_planned_and_on_their_way_are_withdrawn_or_closed_as_they_come(lab):
    planned = await lab.running("Anna", **SPOT)
    sent = await lab.running("Berta", key=1, symbol="ETHUSDT", **SPOT)
    lab.hold(planned)
    lab.buy(planned)
    await lab.until(lambda: lab.books.order(planned, Leg.ENTRY))
    await lab.fault("delay", "POST", ORDER[Market.SPOT], ms=300, times=1)
    lab.buy(sent)
    await lab.until(lambda: lab.requests(ORDER[Market.SPOT]))
    await panic(lab.office, lab.account, close=True)
    await lab.until(lambda: not lab.engine.fleet.members[planned.id].bot.state.running)
    lab.release(planned)
    assert (await lab.closed(sent)).reason is ExitReason.PANIC
    await flat(lab)
    assert (await lab.books.order(planned, Leg.ENTRY)).state is OrderState.NOT_PLACED
    await lab.agree()


async def test_one_bot_is_emptied_while_the_others_go_on(lab):
    bot, other = await lab.running("Anna", **SPOT), await lab.running("Berta", **SPOT)
    await lab.enter(bot)
    await lab.covered(other)
    scope = Scope(bot.public_id)
    await panic(lab.office, lab.account, scope, close=True)
    (line,) = await flat(lab, scope)
    assert line.trade.reason is ExitReason.PANIC
    assert await lab.covered(other)
    assert (await lab.books.bot(other)).state is BotState.IN_POSITION


async def test_an_operator_empties_everybodys_accounts(lab):
    mine = await lab.running("Anna", **SPOT)
    paper = await lab.running("Paper", **SPOT | {"mode": Mode.PAPER})
    await lab.enter(mine)
    await lab.covered(paper)
    everyone = Scope(everyone=True)
    await panic(lab.office, lab.account, everyone, close=True)
    lines = await flat(lab, everyone)
    assert {line.trade.reason for line in lines} == {ExitReason.PANIC}


async def test_nothing_starts_again_by_itself(lab):
    bot = await lab.running(**SPOT)
    await lab.enter(bot)
    await panic(lab.office, lab.account, close=True)
    await flat(lab)
    await lab.advance(24 * 3600)
    for name in ("daily reset", "paused bots", "account limits"):
        await lab.job(name)
    await lab.restart()
    lines = await look(lab.office, lab.account)
    assert [line.bot.state for line in lines] == [BotState.STOPPED]
    started = await lab.start(bot)
    assert (started.state, started.why) == (BotState.WAITING, "")


async def test_what_others_hold_there_is_shown_and_left_alone(lab):
    bot = await lab.running(**FUTURES)
    await lab.enter(bot)
    await by_hand(lab, "BUY", "0.007")
    await lab.job("reconcile")
    await panic(lab.office, lab.account, close=True)
    (line,) = await flat(lab)
    assert line.not_ours.quantity == Decimal("0.007")
    assert held(lab) == Decimal("0.007")
