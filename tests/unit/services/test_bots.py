"""The acts on a bot, against a real database."""

import pytest

from engine.core.account import Role
from engine.core.bot_config import BotConfig, Direction, Environment, Mode
from engine.core.bot_state import BotState, StopChoice
from engine.core.errors import Conflict, Forbidden, InvalidValue, NotFound, Stale
from engine.core.market import Market
from engine.core.position import ExitReason, PositionState
from engine.services import bots
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


async def act(office, account, bot, verb, *more):
    return await getattr(bots, verb)(office, account, bot.public_id, bot.revision, *more)


async def audited(office, account):
    async with office.storage.reading(account.id) as unit:
        return [entry.act for entry in await unit.audit.recent(limit=20)]


async def test_a_bot_is_made_stopped_and_started_waiting(office, account):
    bot = await new_bot(office, account)
    assert bot.state is BotState.STOPPED
    bot = await act(office, account, bot, "start")
    assert bot.state is BotState.WAITING
    assert {"bot.create", "bot.start"} <= set(await audited(office, account))
    assert office.wake.heard == [("bot", bot.id), ("bot", bot.id)]


async def test_parameters_are_filled_in_and_names_are_unique(office, account):
    bot = await new_bot(office, account)
    assert bot.config.params["ema_slow"] == 21
    with pytest.raises(InvalidValue, match="taken"):
        await new_bot(office, account, name="btc TREND")


async def test_what_the_installation_does_not_have_is_refused(office, account):
    with pytest.raises(Forbidden):
        await new_bot(office, account, mode=Mode.LIVE, key_id=1)
    with pytest.raises(InvalidValue):
        await bots.create(office, account, BotConfig(name="x", symbol="NOPEUSDT"))
    with pytest.raises(Conflict):
        await new_bot(office, account, mode=Mode.LOCAL)
    with pytest.raises(NotFound):
        await new_bot(office, account, mode=Mode.LOCAL, key_id=99)


async def test_a_futures_bot_needs_its_symbol_and_a_key_that_may_trade_it(office, account):
    futures = {"market": Market.FUTURES, "leverage": 5, "direction": Direction.BOTH}
    with pytest.raises(InvalidValue):
        await new_bot(office, account, **futures)
    office.catalogues[office.public].list_futures("BTCUSDT")
    async with office.storage.of(account.id) as unit:
        about = ("main", Environment.LOCAL, "f", b"x", 0)
        key = await unit.keys.add(*about, ip_restricted=True, futures=False)
        await unit.commit()
    keyed = futures | {"mode": Mode.LOCAL, "key_id": key.id}
    with pytest.raises(Conflict, match="key_no_futures"):
        await new_bot(office, account, **keyed)
    async with office.storage.of(account.id) as unit:
        await unit.keys.set_rights(key.id, futures=True, ip_restricted=True, at=1)
        await unit.commit()
    bot = await new_bot(office, account, **keyed)
    assert (bot.account, bot.config.leverage) == (f"futures:{key.id}", 5)


async def test_a_viewer_changes_nothing(office, account):
    bot = await new_bot(office, account)
    guest = await account_of(office, telegram_id=77, role=Role.VIEWER)
    with pytest.raises(Forbidden):
        await act(office, guest, bot, "start")


async def test_another_users_bot_is_not_there(office, account):
    bot = await new_bot(office, account)
    other = await account_of(office, telegram_id=78)
    for ref in (bot.public_id, f"id.{bot.id}", "id.x", "nope"):
        with pytest.raises(NotFound):
            await bots.start(office, other, ref, bot.revision)


async def test_an_old_screen_does_nothing(office, account):
    bot = await new_bot(office, account)
    await act(office, account, bot, "start")
    for verb, more in (("start", ()), ("stop", (StopChoice.LEAVE,)), ("delete", ())):
        with pytest.raises(Stale):
            await act(office, account, bot, verb, *more)


async def test_stopping_leaves_the_position_to_its_orders(office, account):
    bot = await started(office, account)
    await hold(office, bot)
    stopped = await act(office, account, bot, "stop", StopChoice.LEAVE)
    position = await open_position(office, bot)
    assert stopped.state is BotState.STOPPED
    assert (position.state, position.guarded) == (PositionState.OPEN, True)


async def test_stopping_may_close_the_position(office, account):
    bot = await started(office, account)
    await hold(office, bot)
    await act(office, account, bot, "stop", StopChoice.CLOSE)
    position = await open_position(office, bot)
    assert position.state is PositionState.CLOSING
    assert position.close_reason is ExitReason.MANUAL
    assert ("position", bot.id) in office.wake.heard


async def test_stopping_may_keep_it_unprotected_and_starting_guards_it_again(office, account):
    bot = await started(office, account)
    await hold(office, bot)
    stopped = await act(office, account, bot, "stop", StopChoice.KEEP)
    assert not (await open_position(office, bot)).guarded
    again = await act(office, account, stopped, "start")
    assert again.state is BotState.IN_POSITION
    assert (await open_position(office, bot)).guarded


async def test_closing_names_the_position_that_was_shown(office, account):
    bot = await started(office, account)
    with pytest.raises(Stale):
        await act(office, account, bot, "close", 1)
    position = await hold(office, bot)
    with pytest.raises(Stale):
        await act(office, account, bot, "close", position.id + 1)
    closing = await act(office, account, bot, "close", position.id)
    assert closing.state is PositionState.CLOSING
    assert (
        await act(office, account, bot, "close", position.id)
    ).close_reason is ExitReason.MANUAL


async def test_a_bot_that_holds_or_waits_for_an_order_is_not_deleted(office, account):
    bot = await started(office, account)
    position = await hold(office, bot)
    with pytest.raises(Conflict, match="holding"):
        await act(office, account, bot, "delete")
    await close_flat(office, position)
    await live_order(office, bot)
    with pytest.raises(Conflict, match="orders"):
        await act(office, account, bot, "delete")


async def test_a_flat_bot_is_deleted_and_its_trades_stay(office, account):
    bot = await started(office, account)
    await close_flat(office, await hold(office, bot))
    await act(office, account, bot, "delete")
    async with office.storage.reading(account.id) as unit:
        assert await unit.bots.all() == []
        assert len(await unit.trades.recent(limit=5)) == 1


async def test_a_running_bot_is_not_started_twice(office, account):
    bot = await started(office, account)
    with pytest.raises(Conflict, match="running"):
        await act(office, account, bot, "start")
