"""The limits over all bots in the chat: measured, changed, loosened only when confirmed."""

from decimal import Decimal

import pytest

from engine.core.account import Role
from engine.core.account_guard import AccountPause
from engine.core.account_limits import AccountLimits
from engine.core.position import ExitReason
from tests.unit.bot_content.chat import Chat
from tests.unit.services.market import close_flat, hold, new_bot, started


async def stored(office, chat):
    async with office.storage.reading(chat.ctx.account.id) as unit:
        return await unit.limits.get(chat.ctx.account.id)


async def put(office, chat, **limits):
    async with office.storage.of(chat.ctx.account.id) as unit:
        await unit.limits.put(chat.ctx.account.id, AccountLimits(**limits), 1)
        await unit.commit()


async def audited(office, chat):
    async with office.storage.of(chat.ctx.account.id) as unit:
        entries = await unit.audit.recent(limit=50)
    return [(e.target, e.before, e.after) for e in entries if e.act == "limits.change"]


async def test_each_limit_stands_beside_what_is_measured_now(office, chat):
    lost = await started(office, chat.ctx.account, name="lost")
    await close_flat(office, await hold(office, lost), "58000", ExitReason.STOP_LOSS)
    await hold(office, await started(office, chat.ctx.account, name="holds"))
    await put(office, chat, max_open_positions=3, stop_guard=2)
    await chat.say("/home")
    await chat.tap("Limits")
    assert "Open positions, at most: 3\n  now paper 1" in chat.text
    assert "Value of what is open, at most: off\n  now paper 60 USDT" in chat.text
    assert "Losing stops, at most: 2\n  now paper 1" in chat.text
    assert "Drawdown, at most: off\n  now paper 0.05 % USDT" in chat.text.replace("0.0500", "0.05")
    assert "Clock: UTC".lower() in chat.text.lower()


async def test_a_first_limit_is_taken_at_once_and_audited(office, chat):
    await chat.say("/limits")
    await chat.tap("Open positions")
    await chat.tap("5")
    assert chat.toast == "Limit set"
    assert (await stored(office, chat)).max_open_positions == 5
    assert await audited(office, chat) == [("max_open_positions", "off", "5")]


@pytest.mark.parametrize(
    ("limits", "label", "typed", "field", "value"),
    [
        ({"max_drawdown": Decimal(10)}, "Drawdown", "20 %", "max_drawdown", Decimal(20)),
        ({"max_drawdown": Decimal(10)}, "Drawdown", "off", "max_drawdown", None),
        ({"stop_guard": 2}, "Losing stops", "3", "stop_guard", 3),
        ({"pause_minutes": 120}, "Pause", "90m", "pause_minutes", 90),
        ({"max_exposure": Decimal(100)}, "Value open", "100.5", "max_exposure", Decimal("100.5")),
        ({"ai_calls": 20}, "AI calls", "off", "ai_calls", None),
    ],
)
async def test_what_loosens_a_limit_is_asked_for_once_more(
    office, chat, limits, label, typed, field, value
):
    await put(office, chat, **limits)
    before = await stored(office, chat)
    await chat.say("/limits")
    await chat.tap(label)
    await chat.say(typed)
    assert "Shall it?" in chat.text
    assert await stored(office, chat) == before
    await chat.tap("No, back")
    assert await stored(office, chat) == before
    await chat.tap(label)
    await chat.say(typed)
    await chat.tap("Yes, change it")
    assert getattr(await stored(office, chat), field) == value


@pytest.mark.parametrize(
    ("limits", "label", "typed", "field", "value"),
    [
        ({"max_drawdown": Decimal(10)}, "Drawdown", "5", "max_drawdown", Decimal(5)),
        ({"pause_minutes": 60}, "Pause", "2h", "pause_minutes", 120),
        ({"drawdown_hours": 24}, "Drawdown span", "3d", "drawdown_hours", 72),
        ({}, "Clock", "berlin", "zone", "Europe/Berlin"),
        ({}, "Days", "own", "own_day", True),
    ],
)
async def test_what_tightens_a_limit_is_taken_at_once(
    office, chat, limits, label, typed, field, value
):
    await put(office, chat, **limits)
    await chat.say("/limits")
    await chat.tap(label)
    await chat.say(typed)
    assert getattr(await stored(office, chat), field) == value


@pytest.mark.parametrize(
    ("label", "typed", "told"),
    [
        ("Open positions", "0", "outside of 1 to 1000"),
        ("Open positions", "2.5", "not a whole number"),
        ("Drawdown", "abc", "not a plain number"),
        ("Drawdown", "101", "outside of 0.1 to 100"),
        ("Pause", "31d", "outside of 1 to 43200"),
        ("Clock", "berlim", "Did you mean Europe/Berlin"),
        ("Days", "mars", "none of these"),
        ("Pause", "off", "no time"),
    ],
)
async def test_a_wrong_answer_is_explained_and_asked_again(office, chat, label, typed, told):
    before = await stored(office, chat)
    await chat.say("/limits")
    await chat.tap(label)
    await chat.say(typed)
    assert told in chat.text
    assert await stored(office, chat) == before
    assert any("Back" in each for each in chat.labels)


async def test_the_question_survives_a_restart_and_gives_a_half_made_bot_back(office, chat):
    await started(office, chat.ctx.account)
    await chat.say("/new")
    await chat.tap("Spot")
    asked = chat.text
    await chat.say("/limits")
    await chat.tap("Losing stops")
    later = Chat(office, chat.ctx.account)
    await later.say("/home")
    assert "A limit is half changed" in later.text
    await later.tap("Continue")
    assert "losing stops" in later.text
    await later.say("4")
    assert (await stored(office, chat)).stop_guard == 4
    await later.say("/home")
    await later.tap("Continue")
    assert later.text == asked


async def test_an_old_button_changes_nothing(office, chat):
    await chat.say("/limits")
    await chat.tap("Open positions")
    old = chat.button("5")
    await chat.say("3")
    for data in (old, "l:set:open.5:", "l:yes:open.5:zz", "l:ask:nonsense:"):
        await chat.press(data)
        assert chat.toast.startswith("The screen was old")
    assert (await stored(office, chat)).max_open_positions == 3


async def test_a_pause_under_way_is_shown_until_it_ends(office, chat):
    now = office.clock.now_ms()
    pause = AccountPause(chat.ctx.account.id, False, "stop_guard", "", now, now + 3_600_000)
    async with office.storage.system() as unit:
        await unit.limits.put_pause(pause)
        await unit.commit()
    await chat.say("/limits")
    assert "Your paper bots pause until" in chat.text


async def test_a_viewer_sees_limits_and_changes_none(office, chat):
    await new_bot(office, chat.ctx.account)
    chat.as_role(Role.VIEWER)
    await chat.say("/limits")
    assert "Open positions" in chat.text
    for data in ("l:ask:open:", "l:set:open.5:", "l:yes:open.5:"):
        await chat.press(data)
        assert "not change it" in chat.toast
