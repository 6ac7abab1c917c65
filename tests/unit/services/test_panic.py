"""Panic against a real database: one commit, every bot, every position, whatever their state."""

from dataclasses import replace

import pytest

from engine.core.account import Role
from engine.core.bot_state import BotState
from engine.core.errors import Forbidden, Stale
from engine.core.order import Leg, OrderEvent, OrderState, Refusal, move
from engine.core.position import ExitReason, PositionState
from engine.services import panic
from tests.fakes.office import account_of, office_at
from tests.unit.services.market import (
    close_flat,
    hold,
    live_order,
    new_bot,
    open_position,
    started,
)


@pytest.fixture
async def office(tmp_path):
    async with office_at(tmp_path) as opened:
        yield opened


@pytest.fixture
async def account(office):
    return await account_of(office)


async def states(office, account):
    async with office.storage.reading(account.id) as unit:
        return {bot.config.name: bot.state for bot in await unit.bots.all()}


async def a_fleet(office, account):
    """A waiting bot, one that holds, a paused one that holds, a stopped one, a broken one."""
    await started(office, account, name="waiting")
    holding = await started(office, account, name="holding")
    await hold(office, holding)
    paused = await started(office, account, name="paused")
    await hold(office, paused)
    await new_bot(office, account, name="stopped")
    broken = await started(office, account, name="broken")
    async with office.storage.system() as unit:
        for bot, state in ((paused, BotState.PAUSED), (broken, BotState.ERROR)):
            await unit.bots.save(replace(bot, state=state, why="why.key_refused"))
        await unit.commit()
    return holding, paused


async def test_everything_is_stopped_and_every_position_asked_to_close(office, account):
    bots = await a_fleet(office, account)

    await panic.panic(office, account, close=True)

    assert set((await states(office, account)).values()) == {BotState.STOPPED}
    for bot in bots:
        position = await open_position(office, bot)
        assert (position.state, position.close_reason) == (
            PositionState.CLOSING,
            ExitReason.PANIC,
        )
        assert ("position", bot.id) in office.wake.heard
    async with office.storage.reading(account.id) as unit:
        (newest,) = await unit.audit.recent(limit=1)
    assert (newest.act, newest.after) == ("account.panic", "bots 5, closing 2 of 2")


async def test_stopping_alone_leaves_positions_to_their_orders(office, account):
    bots = await a_fleet(office, account)

    await panic.panic(office, account, close=False)

    assert set((await states(office, account)).values()) == {BotState.STOPPED}
    assert {(await open_position(office, bot)).state for bot in bots} == {PositionState.OPEN}


async def test_a_second_panic_changes_nothing_more(office, account):
    holding, _ = await a_fleet(office, account)
    await panic.panic(office, account, close=True)
    before = await open_position(office, holding)

    await panic.panic(office, account, close=True)

    assert await open_position(office, holding) == before


async def test_a_position_closing_for_another_reason_keeps_it(office, account):
    bot = await started(office, account)
    await hold(office, bot, state=PositionState.CLOSING, close_reason=ExitReason.SIGNAL)

    await panic.panic(office, account, close=True)

    assert (await open_position(office, bot)).close_reason is ExitReason.SIGNAL


async def test_nobody_elses_bots_are_touched(office, account):
    other = await account_of(office, telegram_id=78)
    await started(office, other, name="theirs")
    await a_fleet(office, account)

    await panic.panic(office, account, close=True)

    assert (await states(office, other))["theirs"] is BotState.WAITING


async def test_a_viewer_may_not(office, account):
    guest = await account_of(office, telegram_id=77, role=Role.VIEWER)
    with pytest.raises(Forbidden):
        await panic.panic(office, guest, close=True)


async def test_rows_that_move_meanwhile_are_read_again(office, account, monkeypatch):
    bot = await started(office, account)
    failures = [Stale("moved"), Stale("moved")]
    stop_all = panic._stop_all

    async def raced(*about, **choice):
        if failures:
            raise failures.pop()
        return await stop_all(*about, **choice)

    monkeypatch.setattr(panic, "_stop_all", raced)
    await panic.panic(office, account, close=False)
    assert (await states(office, account))[bot.config.name] is BotState.STOPPED

    failures.extend(Stale("moved") for _ in range(9))
    with pytest.raises(Stale):
        await panic.panic(office, account, close=False)


async def refused_close(office, bot, position):
    """A close that the exchange refused, as the engine writes it."""
    sent = await live_order(office, bot)
    async with office.storage.system() as unit:
        close = replace(
            sent, id=0, client_id=f"sk1-{bot.id}-1-c1", leg=Leg.CLOSE, state=OrderState.PLANNED,
            position_id=position.id,
        )  # fmt: skip
        (planned,) = await unit.orders.add([close])
        on_its_way = move(planned, OrderEvent.SEND, at=1)
        await unit.orders.save(on_its_way, was=planned)
        ended = move(on_its_way, OrderEvent.REFUSE, at=2, note="-2010 no money")
        await unit.orders.save(replace(ended, refusal=Refusal.OTHER), was=on_its_way)
        await unit.commit()


async def test_the_look_says_what_is_left_until_all_is_flat(office, account):
    bot = await started(office, account)
    position = await hold(office, bot)
    await panic.panic(office, account, close=True)
    await refused_close(office, bot, position)

    (line,) = await panic.look(office, account)
    assert (line.done, line.closing, line.entering) == (False, True, True)
    assert line.refused == "-2010 no money"

    await close_flat(office, await open_position(office, bot), reason=ExitReason.PANIC)
    (line,) = await panic.look(office, account)
    assert (line.done, line.entering, line.holding) == (False, True, None)
