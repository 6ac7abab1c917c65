"""Buttons that nobody showed: other people's, old ones, made-up ones. They change nothing."""

import pytest

from bot.actions import rev_of
from bot.dispatch import TABLE
from bot.screen import Person
from bot.screens.context import Context
from bot.wizard import steps
from engine.core.account import Draft, Role
from engine.core.bot_config import Environment
from tests.fakes.office import account_of, office_at
from tests.unit.bot_content.chat import TEXTS
from tests.unit.services.market import close_flat, hold, new_bot, started

BOT_VERBS = sorted(verb for area, verb in TABLE.screens if area == "b")
WIZARD_VERBS = sorted(verb for area, verb in TABLE.screens if area in "wk")
ODD_REFS = (
    "", "x", "id.", "id.0", "id.-1", "id.٣", "id.9223372036854775808", "id.99999999999999999999",
    "id.99999999999999999999.0", "all.999999999999999", "999999999999999", "..", "A" * 28,
    "param.zzz", "summary", "key", "start", "live", "pct", "1e9",
)  # fmt: skip
REVISION = 5


@pytest.fixture
async def office(tmp_path):
    async with office_at(tmp_path) as opened:
        yield opened


@pytest.fixture
async def owner(office):
    return await account_of(office)


async def stranger(office, role=Role.TRADER):
    async with office.storage.system() as unit:
        made = await unit.accounts.add(99, "Eve", role, 0)
        await unit.commit()
    return made


async def press(office, account, data):
    """What a tap shows, never a failure of ours."""
    person = Person(account.telegram_id, account.name)
    screen = await TABLE.press(Context(office, TEXTS, account, person, 1, 1), data, "E1")
    assert "Something went wrong" not in screen.text + screen.toast
    return screen


async def furnished(office, owner):
    """A running bot that holds, one with a closed trade, and a key; the references to them."""
    bot = await started(office, owner)
    held = await hold(office, bot)
    flat = await new_bot(office, owner, name="Flat")
    traded = await hold(office, flat)
    await close_flat(office, traded)
    async with office.storage.of(owner.id) as unit:
        key = await unit.keys.add("main", Environment.LOCAL, "f", b"x", 0, ip_restricted=True)
        await unit.commit()
    return (
        *(bot.public_id, f"id.{bot.id}", f"{bot.public_id}.{held.id}", flat.public_id),
        *(f"id.{flat.id}.0", str(traded.id), key.public_id),
    ), rev_of(bot.revision)


async def everything(office, owner):
    """All that belongs to somebody."""
    async with office.storage.reading(owner.id) as unit:
        bots, keys = await unit.bots.all(), await unit.keys.all()
        return bots, keys, [await unit.positions.open_of(bot.id) for bot in bots]


@pytest.mark.parametrize("role", [Role.TRADER, Role.VIEWER, Role.ADMIN])
async def test_nobody_touches_what_is_anothers(role, office, owner):
    refs, revision = await furnished(office, owner)
    before = await everything(office, owner)
    eve = await stranger(office, role)

    for area, verb in TABLE.screens:
        for ref in refs if area in "btk" else ():
            for rev in ("", revision):
                screen = await press(office, eve, f"{area}:{verb}:{ref}:{rev}")
                assert "BTC trend" not in screen.text

    assert await everything(office, owner) == before


async def test_a_viewer_changes_nothing_of_his_own(office, owner):
    refs, revision = await furnished(office, owner)
    before = await everything(office, owner)
    async with office.storage.system() as unit:
        await unit.accounts.set_role(owner.id, Role.VIEWER)
        viewer = await unit.accounts.get(owner.id)
        await unit.commit()

    for area, verb in TABLE.screens:
        for ref in refs:
            await press(office, viewer, f"{area}:{verb}:{ref}:{revision}")

    assert await everything(office, owner) == before


_OPEN_ANYWAY = {"list", "card", "close", "why"}
"""Screens and questions, which change nothing."""


@pytest.mark.parametrize("verb", [v for v in BOT_VERBS if v not in _OPEN_ANYWAY])
async def test_an_old_button_does_nothing_and_shows_the_card(verb, office, owner):
    (ref, *_), revision = await furnished(office, owner)
    before = await everything(office, owner)

    for old in ("0", "zzzzzz", "", f"{revision}0"):
        screen = await press(office, owner, f"b:{verb}:{ref}:{old}")
        assert screen.toast == TEXTS.plain("error.stale")

    assert await everything(office, owner) == before


@pytest.mark.parametrize("verb", BOT_VERBS)
async def test_a_made_up_reference_finds_nothing(verb, office, owner):
    for ref in ODD_REFS:
        for rev in ("", "1"):
            await press(office, owner, f"b:{verb}:{ref}:{rev}")
            await press(office, owner, f"t:one:{ref}:{rev}")
            await press(office, owner, f"t:list:{ref}:{rev}")


@pytest.mark.parametrize("step", ["symbol", "size", "param.ema_fast", "key", steps.SUMMARY])
async def test_made_up_answers_break_no_draft(step, office, owner):
    begun = {"market": "spot", "symbol": "BTCUSDT"} if step not in steps.ORDER[:2] else {}
    draft = Draft(owner.id, steps.KIND, step, begun, REVISION, 0, expects=step)

    for verb in WIZARD_VERBS:
        for ref in ODD_REFS:
            async with office.storage.of(owner.id) as unit:
                await unit.drafts.put(draft)
                await unit.commit()
            await press(office, owner, f"w:{verb}:{ref}:{rev_of(REVISION)}")


@pytest.mark.parametrize(
    "data",
    ["", ":", "b:card", "b:card::", "B:CARD:x:1", "b:card:x:1:2", "x" * 64, "\0", "b:ĸ:x:1"],
)
async def test_forged_data_is_an_unknown_button(data, office, owner):
    screen = await press(office, owner, data)

    assert screen.text == "" or data == "b:card::"
    assert screen.alert
