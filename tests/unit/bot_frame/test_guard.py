"""The guard: pace, strangers, people who come back."""

import pytest

from bot.buckets import Rate
from bot.guard import Guard, Haste, Pace, set_reachable
from bot.screen import Person
from bot.screens.account import start
from bot.texts import Texts
from engine.core.account import Role
from engine.services.accounts import make_invite
from tests.fakes.office import OPERATOR, account_of, office_at

ANN, EVE = Person(2, "Ann"), Person(66, "Eve")


@pytest.fixture
async def office(tmp_path):
    async with office_at(tmp_path) as made:
        yield made


def guard_of(office, **pace):
    return Guard(office, Texts(), start, Pace(**pace))


async def test_haste_is_told_once_until_the_pace_is_fine_again(office):
    guard = guard_of(office, everybody=Rate(1.0, 2.0))

    told = [guard.haste(ANN, 0.0) for _ in range(4)]
    later = guard.haste(ANN, 1.0)
    again = guard.haste(ANN, 1.0)

    assert told == [Haste.FINE, Haste.FINE, Haste.FIRST_TIME, Haste.AGAIN]
    assert (later, again) == (Haste.FINE, Haste.FIRST_TIME)


async def test_somebody_with_an_account_passes(office):
    account = await account_of(office)

    assert (await guard_of(office).admit(ANN, "", 0.0)).account == account


async def test_an_account_that_is_switched_off_is_a_stranger_from_the_next_act_on(office):
    account, guard = await account_of(office), guard_of(office)
    await guard.admit(ANN, "", 0.0)
    async with office.storage.system() as unit:
        await unit.accounts.set_active(account.id, active=False)
        await unit.commit()

    admission = await guard.admit(ANN, "", 0.0)

    assert admission.account is None


async def test_an_invite_opens_the_door_once(office):
    made, guard = await make_invite(office, Role.TRADER, None), guard_of(office)

    admission = await guard.admit(EVE, f"/start {made.code}", 0.0)
    other = await guard.admit(Person(67, "Mallory"), f"/start {made.code}", 0.0)

    assert admission.account.role is Role.TRADER
    assert "Welcome" in admission.screen.text
    assert other.account is None


async def test_a_right_invite_works_after_wrong_words(office):
    made, guard = await make_invite(office, Role.VIEWER, None), guard_of(office)
    for text in ("hello", "/start", "/start wrong"):
        await guard.admit(EVE, text, 0.0)

    assert (await guard.admit(EVE, f"/start {made.code}", 0.0)).account is not None


async def test_invites_cannot_be_guessed_in_numbers(office):
    guard = guard_of(office, strangers=Rate(1 / 60, 5.0))
    answers = [await guard.admit(EVE, f"/start guess{n}", 0.0) for n in range(20)]

    assert sum(answer.screen is not None for answer in answers) <= 5


async def test_an_operator_needs_no_invite(office):
    admission = await guard_of(office).admit(Person(OPERATOR, "Op"), "hi", 0.0)

    assert admission.account.role is Role.ADMIN


async def test_who_writes_can_be_reached_again(office):
    await account_of(office)
    gone = await set_reachable(office, ANN.telegram_id, reachable=False)
    assert gone is not None

    admission = await guard_of(office).admit(ANN, "hi", 0.0)

    assert admission.account.reachable
    assert await set_reachable(office, ANN.telegram_id, reachable=True) is None
