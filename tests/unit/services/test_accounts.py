"""Registration and invites."""

import pytest

from bot.screen import Person
from bot.screens import account as screens
from bot.texts import Texts
from engine.core.account import Role
from engine.core.errors import Forbidden, InvalidValue
from engine.services.accounts import HOUR_MS, code_hash, make_invite, register
from tests.fakes.office import OPERATOR, account_of, office_at
from tests.unit.bot_content.chat import Chat

TEXTS = Texts()


@pytest.fixture
async def office(tmp_path):
    async with office_at(tmp_path) as opened:
        yield opened


async def test_an_operator_becomes_admin(office):
    account, new = await register(office, OPERATOR, "Olga", "")
    assert (account.role, new) == (Role.ADMIN, True)
    assert await register(office, OPERATOR, "Olga", "") == (account, False)


async def test_a_stranger_stays_outside(office):
    for code in ("", "guess", "x" * 200):
        assert await register(office, 5, "Eve", code) == (None, False)


async def test_an_invite_lets_one_person_in_with_its_role(office):
    invite = await make_invite(office, Role.VIEWER, None)
    account, _ = await register(office, 5, "Vera", invite.code)
    assert account.role is Role.VIEWER
    assert await register(office, 6, "Eve", invite.code) == (None, False)


async def test_an_invite_expires(office):
    invite = await make_invite(office, Role.TRADER, None, hours=24)
    await office.clock.advance(24 * HOUR_MS / 1000 + 1)
    assert await register(office, 5, "Vera", invite.code) == (None, False)


async def test_invites_live_one_to_three_days(office):
    for hours in (23, 73):
        with pytest.raises(InvalidValue):
            await make_invite(office, Role.TRADER, None, hours=hours)


async def test_a_code_is_long_fits_a_start_link_and_is_stored_as_a_hash(office, tmp_path):
    invite = await make_invite(office, Role.TRADER, None)
    assert 22 <= len(invite.code) <= 64
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert invite.code.encode() not in content
    assert code_hash(invite.code).encode() in content


async def test_start_answers_each_kind_of_person(office):
    account, screen = await screens.start(office, TEXTS, Person(5, "Eve"), "")
    assert account is None
    assert "private" in screen.text
    _, screen = await screens.start(office, TEXTS, Person(5, "Eve"), "bad")
    assert "not valid" in screen.text
    account, screen = await screens.start(office, TEXTS, Person(OPERATOR, "<b>O"), "")
    assert account.role is Role.ADMIN
    assert "&lt;b&gt;O" in screen.text
    account, screen = await screens.start(office, TEXTS, Person(OPERATOR, "O"), "")
    assert screen is None


async def test_only_the_operator_invites_from_the_chat(office):
    trader = Chat(office, await account_of(office))
    with pytest.raises(Forbidden):
        await trader.say("/invite trader")
    admin, _ = await register(office, OPERATOR, "Olga", "")
    chat = await Chat(office, admin).say("/invite")
    await chat.tap("viewer")
    code = chat.text.split("/start ")[1].strip()
    account, _ = await register(office, 9, "Vera", code)
    assert account.role is Role.VIEWER
