"""Who may ask a model now: one user's turns, the day's calls, and nobody starves."""

import asyncio
from dataclasses import replace

import pytest

from engine.advisors.budget import Budget
from engine.core.account import Role
from engine.core.account_limits import AccountLimits
from engine.core.analysis import Analysis
from engine.core.signal import Action
from storage.opening import open_storage
from tests.fakes.clock import NOON, FrozenClock

HOUR = 3_600_000
SPACING = 30


class YieldingClock(FrozenClock):
    """Real waits let the others run and are over."""

    async def sleep_real(self, seconds):
        await self.settle()


@pytest.fixture
async def storage(tmp_path):
    storage = await open_storage(f"sqlite+aiosqlite:///{tmp_path / 'budget.db'}")
    async with storage.system() as unit:
        for number in (1, 2):
            await unit.accounts.add(number, f"user {number}", Role.TRADER, NOON)
        await unit.commit()
    yield storage
    await storage.close()


@pytest.fixture
def clock():
    return YieldingClock()


@pytest.fixture
def budget(storage, clock):
    return Budget(storage, clock, per_user=3, per_day=5)


async def called(storage, owner_id, at, times=1):
    call = Analysis(
        0, owner_id, "ai:1", "spot:BTCUSDT:1m", 0, at, "stub", "m", "", "", Action.HOLD, 0, ""
    )
    async with storage.system() as unit:
        for number in range(times):
            await unit.analyses.add(replace(call, candle_open=at + number))
        await unit.commit()


async def limited(storage, owner_id, **limits):
    async with storage.of(owner_id) as unit:
        await unit.limits.put(owner_id, AccountLimits(**limits), NOON)
        await unit.commit()


async def test_a_judge_that_was_cancelled_while_it_waited_gives_its_turn_up(budget, clock):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await budget.take(1, "a")
    assert await budget.take(1, "b") == ""


async def test_between_two_analyses_of_a_user_lie_thirty_seconds(budget, clock):
    assert await budget.take(1, "a") == ""
    budget.done(1)
    await clock.advance(SPACING - 1)
    assert await budget.take(1, "a") == "spacing"
    assert await budget.take(2, "b") == ""
    await clock.advance(1)
    assert await budget.take(1, "a") == ""


async def test_judges_that_ask_together_take_turns(budget, clock):
    turns = []
    for _ in range(6):
        names = ["a", "b", "c"]
        said = await asyncio.gather(*(budget.take(1, name) for name in names))
        turns += [name for name, refused in zip(names, said, strict=True) if not refused]
        budget.done(1)
        await clock.advance(SPACING)

    assert turns == ["a", "b", "c"] * 2


async def test_the_calls_of_a_users_day_end(budget, storage, clock):
    await called(storage, 1, NOON - HOUR, times=3)

    assert await budget.take(1, "a") == "user"
    assert await budget.take(2, "a") == ""


async def test_the_calls_of_yesterday_do_not_count(budget, storage):
    await called(storage, 1, NOON - 13 * HOUR, times=4)

    assert await budget.take(1, "a") == ""


async def test_a_user_may_choose_less_but_not_more(budget, storage, clock):
    await limited(storage, 1, ai_calls=0)
    await limited(storage, 2, ai_calls=100)
    await called(storage, 2, NOON - HOUR, times=3)

    assert await budget.take(1, "a") == "user"
    assert await budget.take(2, "a") == "user"


async def test_the_day_is_that_of_the_users_own_zone(budget, storage):
    # In Tokyo it is 21:00, and the day began at 15:00 UTC yesterday.
    await limited(storage, 1, zone="Asia/Tokyo", own_day=True)
    await called(storage, 1, NOON - 15 * HOUR, times=3)

    assert await budget.take(1, "a") == "user"


async def test_the_installations_calls_end_for_everybody(budget, storage):
    await called(storage, 2, NOON - HOUR, times=5)

    assert await budget.take(1, "a") == "all"


async def test_calls_under_way_count_for_the_installation(storage, clock):
    budget = Budget(storage, clock, per_user=3, per_day=1)

    assert await budget.take(1, "a") == ""
    assert await budget.take(2, "a") == "all"
    budget.done(1)
    assert await budget.take(2, "a") == ""


async def test_who_was_refused_for_the_day_does_not_wait_for_a_turn(budget, storage, clock):
    await called(storage, 1, NOON - HOUR, times=3)
    await budget.take(1, "a")

    assert await budget.take(1, "a") == "user"
