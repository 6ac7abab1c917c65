"""The outbox: every alert once, whoever dies on the way."""

import asyncio

import pytest

from engine.core.errors import IllegalEvent, NotFound
from engine.core.events import OutboxState
from tests.contract.storage import makers
from tests.contract.storage.makers import AT


@pytest.fixture
async def three(storage, anna):
    async with storage.system() as unit:
        for n in range(3):
            assert await unit.outbox.add(makers.alert(anna.bot, f"d{n}"), AT + n)
        await unit.commit()


async def claim(storage, limit=10, at=AT + 10):
    async with storage.system() as unit:
        rows = await unit.outbox.claim(limit=limit, at=at)
        await unit.commit()
    return rows


async def test_a_repeated_alert_is_added_once_and_for_ever(storage, anna, three):
    for row in await claim(storage):
        async with storage.system() as unit:
            await unit.outbox.mark_sent(row.id, 1)
            await unit.commit()
    async with storage.system() as unit:
        assert not await unit.outbox.add(makers.alert(anna.bot, "d1"), AT)


async def test_due_alerts_are_claimed_oldest_first_and_counted(storage, anna, three):
    assert await claim(storage, at=AT - 1) == []
    rows = await claim(storage, limit=2)
    assert [row.alert for row in rows] == [makers.alert(anna.bot, f"d{n}") for n in (0, 1)]
    assert {(row.state, row.attempts) for row in rows} == {(OutboxState.CLAIMED, 1)}
    assert [row.alert.dedup for row in await claim(storage)] == ["d2"]
    async with storage.reading() as unit:
        assert await unit.outbox.depth() == 3


async def test_what_a_dead_process_had_claimed_is_due_again(storage, three):
    await claim(storage)
    async with storage.system() as unit:
        assert await unit.outbox.release_claimed() == 3
        assert await unit.outbox.release_claimed() == 0
        await unit.commit()
    assert [row.attempts for row in await claim(storage)] == [2, 2, 2]


async def test_a_retried_alert_waits_and_a_given_up_one_is_gone(storage, three):
    one, two, three_ = await claim(storage)
    async with storage.system() as unit:
        await unit.outbox.retry(one.id, AT + 50)
        await unit.outbox.give_up(two.id, "blocked")
        await unit.outbox.mark_sent(three_.id, None)
        assert await unit.outbox.depth() == 1
        await unit.commit()
    assert await claim(storage, at=AT + 49) == []
    assert [row.id for row in await claim(storage, at=AT + 50)] == [one.id]


async def test_only_claimed_alerts_can_be_marked(storage, three):
    (row,) = await claim(storage, limit=1)
    async with storage.system() as unit:
        await unit.outbox.mark_sent(row.id, 7)
        with pytest.raises(IllegalEvent):
            await unit.outbox.retry(row.id, AT)
        with pytest.raises(IllegalEvent):
            await unit.outbox.mark_sent(row.id + 1, 8)
        with pytest.raises(NotFound):
            await unit.outbox.mark_sent(999, 8)


async def test_messages_of_a_trade_reply_to_the_first_one(storage, three):
    one, two, _ = await claim(storage)
    async with storage.system() as unit:
        assert await unit.outbox.thread_head(5) is None
        await unit.outbox.mark_sent(two.id, 20)
        assert await unit.outbox.thread_head(5) == 20
        await unit.outbox.mark_sent(one.id, 30)
        assert await unit.outbox.thread_head(5) == 30
        assert await unit.outbox.thread_head(6) is None


async def test_two_drains_never_claim_the_same_alert(storage, three):
    batches = await asyncio.gather(*(claim(storage, limit=1) for _ in range(5)))
    claimed = [row.id for batch in batches for row in batch]
    assert sorted(claimed) == sorted(set(claimed))
    assert len(claimed) == 3
