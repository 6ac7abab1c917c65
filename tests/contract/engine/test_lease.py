"""Another process took the database over, or the database fails: nothing more is traded here."""

import pytest

from engine.core.errors import DatabaseFailed, LeaseLost
from engine.core.order import Leg
from engine.core.position import ExitReason
from engine.cycles import endurance
from storage.opening import open_storage

ORDER = "/api/v3/order"


async def take_over(lab):
    """Start counting as another process does when it starts on the same database."""
    other = await open_storage(lab.url)
    async with other.system() as unit:
        await unit.installs.boot(lab.clock.now_ms())
        await unit.commit()
    await other.close()


async def test_after_another_start_no_order_of_the_old_process_leaves_and_it_says_why_it_ends(lab):
    bot = await lab.running()
    await take_over(lab)

    lab.buy(bot)

    (why,) = await lab.until(lambda: lab.life.given_up)
    assert "another Skipper took over" in why
    assert not lab.requests(ORDER)
    assert not await lab.books.orders(bot)


async def test_a_close_planned_before_the_other_start_is_not_sent_by_the_old_process(lab):
    bot = await lab.running()
    await lab.enter(bot)
    lab.hold(bot)
    await lab.close_by_hand(bot)
    await take_over(lab)

    lab.release(bot)

    await lab.until(lambda: lab.life.given_up)
    assert not lab.books.venue(Leg.CLOSE)
    await lab.restart()
    assert (await lab.closed(bot)).reason is ExitReason.MANUAL
    assert len(lab.books.venue(Leg.CLOSE)) == 1
    await lab.agree()


async def test_fills_are_still_booked_by_the_old_process(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await take_over(lab)

    await lab.price("51000.02")

    async def booked():
        return [fill for fill in await lab.books.fills() if "-t" in fill.client_id]

    await lab.until(booked)


async def test_a_database_that_keeps_failing_ends_the_service_once(monkeypatch):
    told = []
    patience = endurance.Endurance(told.append)
    monkeypatch.setattr(endurance, "_PATIENCE", -1.0)

    patience.failed(DatabaseFailed("disk full"))
    assert not told
    patience.worked()
    patience.failed(DatabaseFailed("disk full"))
    assert not told
    patience.failed(DatabaseFailed("disk full"))
    patience.failed(LeaseLost())

    assert len(told) == 1
    assert "disk full" in told[0]


@pytest.mark.parametrize("times", [1, 3])
async def test_a_lost_lease_is_said_once(times):
    told = []
    patience = endurance.Endurance(told.append)

    for _ in range(times):
        patience.failed(LeaseLost())

    assert len(told) == 1
