"""The panic button in the chat."""

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.core.account import Role
from engine.core.bot_config import Mode
from engine.core.bot_state import BotState
from engine.core.position import ExitReason, PositionState
from engine.ports.insight import NotOurs
from tests.fakes.clock import FrozenClock
from tests.fakes.office import account_of
from tests.unit.services.market import close_flat, hold, new_bot, open_position, started


async def state_of(office, bot):
    async with office.storage.system() as unit:
        return (await unit.bots.get(bot.id)).state


async def test_panic_says_what_it_does_and_is_followed_until_flat(office, chat):
    bot = await started(office, chat.ctx.account)
    await hold(office, bot)
    await new_bot(office, chat.ctx.account, name="idle")
    await chat.say("/home")
    await chat.tap("Panic")
    assert "1 bot is not stopped" in chat.text
    assert "1 position is open" in chat.text
    assert "holds LONG 0.001 BTC (+0.5 USDT) with stop and target" in chat.text
    assert (await open_position(office, bot)).state is PositionState.OPEN
    await chat.tap("Stop and close everything")
    assert "⏳ BTC trend BTCUSDT · PAPER: closing LONG 0.001 BTC" in chat.text
    assert "✅ idle BTCUSDT · PAPER: stopped, holds nothing" in chat.text
    assert "Not all done yet" in chat.text
    assert not any("Stop" in label for label in chat.labels)
    assert chat.screen.again == "p:result::"
    assert await state_of(office, bot) is BotState.STOPPED
    await close_flat(office, await open_position(office, bot), reason=ExitReason.PANIC)
    await chat.tap("Refresh")
    assert "Everything is stopped and flat" in chat.text
    assert "✅ BTC trend BTCUSDT · PAPER: closed at 61000, +1.5 (panic)" in chat.text
    assert not chat.screen.again
    await chat.say("/trades")
    assert "panic" in chat.text


async def test_stopping_alone_leaves_the_position_and_offers_to_close_it(office, chat):
    bot = await started(office, chat.ctx.account)
    await hold(office, bot)
    await chat.say("/panic")
    await chat.tap("Stop all bots")
    assert await state_of(office, bot) is BotState.STOPPED
    assert (await open_position(office, bot)).state is PositionState.OPEN
    assert "holds LONG" in chat.text
    await chat.tap("Stop and close everything")
    assert (await open_position(office, bot)).close_reason is ExitReason.PANIC


@pytest.mark.parametrize("before", ["/new", "/keys", "/trades"])
async def test_panic_works_in_the_middle_of_anything(office, chat, before):
    bot = await started(office, chat.ctx.account)
    await chat.say(before)
    if before == "/keys":
        await chat.tap("Add key")
        await chat.say("main")
    await chat.say("/panic")
    await chat.tap("Stop all bots")
    assert await state_of(office, bot) is BotState.STOPPED


async def test_an_old_panic_button_only_shows_how_things_are(office, chat):
    bot = await started(office, chat.ctx.account)
    await chat.say("/panic")
    old = chat.button("Stop all bots")
    office.clock.now_ms = lambda: FrozenClock().now_ms() + 11 * 60_000
    for data in (old, "p:stop::", "p:close::zzz"):
        await chat.press(data)
        assert chat.toast.startswith("The screen was old")
    assert await state_of(office, bot) is BotState.WAITING


async def test_a_viewer_has_no_panic_button(office, chat):
    await started(office, chat.ctx.account)
    chat.as_role(Role.VIEWER)
    await chat.say("/home")
    assert not any("Panic" in label for label in chat.labels)
    for verb in ("ask", "stop", "close", "result"):
        await chat.press(f"p:{verb}::")
        assert "not change it" in chat.toast


async def test_many_bots_fit_one_message(office, chat):
    for number in range(40):
        await new_bot(office, chat.ctx.account, name=f"{number} " + "x" * 28)
    await chat.press("p:result::")
    assert "… and 20 more" in chat.text
    assert len(chat.text) < 4096


async def test_one_bot_is_picked_stopped_and_closed_alone(office, chat):
    bot, other = [await started(office, chat.ctx.account, name=name) for name in ("one", "two")]
    await hold(office, bot)
    await hold(office, other)
    await chat.say("/panic")
    await chat.tap("One bot")
    await chat.tap("one")
    assert "This bot alone" in chat.text
    await chat.tap("Stop and close it")
    assert "two" not in chat.text
    assert (await open_position(office, bot)).close_reason is ExitReason.PANIC
    assert (await open_position(office, other)).state is PositionState.OPEN
    assert await state_of(office, other) is BotState.WAITING


async def test_an_operator_stops_everyone_and_each_owner_is_told(office, chat):
    stranger = await account_of(office, telegram_id=78)
    bot = await started(office, stranger, name="theirs")
    await hold(office, bot)
    await chat.say("/panic")
    assert not any("Everyone" in label for label in chat.labels)
    await chat.press("p:ask:all:")
    assert "Only the operator" in chat.toast
    await chat.press(f"p:close:all:{_minute(chat)}")
    assert await state_of(office, bot) is BotState.WAITING
    chat.as_role(Role.ADMIN)
    await chat.say("/panic")
    await chat.tap("Everyone")
    assert "The bots of everybody here" in chat.text
    await chat.tap("Stop and close everyone's")
    assert "Ada / theirs BTCUSDT" in chat.text
    assert (await open_position(office, bot)).close_reason is ExitReason.PANIC
    async with office.storage.system() as unit:
        rows = await unit.outbox.claim(limit=9, at=office.clock.now_ms())
    assert [(row.alert.owner_id, row.alert.params) for row in rows] == [
        (stranger.id, {"text_key": "panic.told_closed"})
    ]
    async with office.storage.reading(stranger.id) as unit:
        (noted,) = await unit.audit.recent(limit=1)
    assert (noted.act, noted.actor) == ("account.panic", "telegram:2")


def _minute(chat):
    return chat.button("Stop all bots").rpartition(":")[2]


async def test_the_exchange_has_the_last_word_on_whether_all_is_flat(office, chat):
    bot = await started(office, chat.ctx.account)
    async with office.storage.system() as unit:
        held = await unit.bots.get(bot.id)
        config = held.config.model_copy(update={"mode": Mode.LOCAL})
        await unit.bots.save(replace(held, config=config))
        await unit.commit()
    await hold(office, bot)
    await chat.say("/panic")
    await chat.tap("Stop and close everything")
    await close_flat(office, await open_position(office, bot), reason=ExitReason.PANIC)
    await chat.tap("Refresh")
    assert "closed at 61000, +1.5 (panic), ⏳ the exchange is still to confirm it" in chat.text
    assert chat.screen.again
    office.insight.verified[bot.id] = office.clock.now_ms()
    office.insight.foreign[bot.id] = NotOurs(1, Decimal("0.5"))
    await chat.tap("Refresh")
    assert "Everything is stopped and flat" in chat.text
    assert "left alone, not Skipper's: 1 open orders, 0.5 held" in chat.text
