"""Whoever started before has lost its lease: the database takes no intent of it any more."""

import asyncio
from dataclasses import replace

import pytest
import pytest_asyncio

from engine.core.errors import LeaseLost, Stale
from engine.core.order import Leg, OrderState
from storage.opening import open_storage
from tests.contract.storage import makers
from tests.contract.storage.makers import AT


async def start(storage):
    """What the engine does first."""
    async with storage.system() as unit:
        boot = await unit.installs.boot(AT)
        await unit.commit()
    storage.hold(boot.lease)


@pytest_asyncio.fixture
async def second(storage, url):
    """Another process on the same database; ``storage`` is the first and has started."""
    await start(storage)
    opened = await open_storage(url)
    yield opened
    await opened.close()


async def written(storage, *orders):
    async with storage.system() as unit:
        kept = await unit.orders.add(orders)
        await unit.commit()
    return kept


async def all_orders(storage):
    async with storage.reading() as unit:
        return await unit.orders.recent(limit=99)


async def save(storage, was, state):
    async with storage.system() as unit:
        await unit.orders.save(replace(was, state=state), was=was)
        await unit.commit()


async def test_a_process_that_holds_the_lease_writes_intents(storage, second, anna):
    (entry,) = await written(storage, makers.order(anna.bot))

    await save(storage, entry, OrderState.SENT)

    (kept,) = await all_orders(storage)
    assert kept == replace(entry, state=OrderState.SENT)
    assert entry == makers.order(anna.bot, id=entry.id)


async def test_an_order_of_a_process_that_was_replaced_is_not_written(storage, second, anna):
    (entry,) = await written(storage, makers.order(anna.bot))
    await start(second)

    with pytest.raises(LeaseLost):
        await written(storage, makers.order(anna.bot, Leg.STOP))

    assert await all_orders(storage) == [entry]
    await written(second, makers.order(anna.bot, Leg.STOP))


@pytest.mark.parametrize("state", [OrderState.SENT, OrderState.CANCELLING])
async def test_no_request_of_a_process_that_was_replaced_is_announced(
    state, storage, second, anna
):
    (entry,) = await written(storage, makers.order(anna.bot))
    await start(second)

    with pytest.raises(LeaseLost):
        await save(storage, entry, state)

    assert await all_orders(storage) == [entry]
    await save(second, entry, state)


async def test_a_group_of_intents_is_refused_as_a_whole(storage, second, anna, bert):
    kept = await written(storage, makers.order(anna.bot), makers.order(bert.bot))
    await start(second)

    async with storage.system() as unit:
        for order in kept:
            with pytest.raises(LeaseLost):
                await unit.orders.save(replace(order, state=OrderState.SENT), was=order)
        await unit.commit()

    assert {order.state for order in await all_orders(storage)} == {OrderState.PLANNED}


async def test_what_was_sent_before_is_still_booked(storage, second, anna):
    (entry,) = await written(storage, makers.order(anna.bot, state=OrderState.SENT))
    await start(second)

    async with storage.system() as unit:
        assert await unit.fills.add_new(entry, [makers.fill(entry)]) == [makers.fill(entry)]
        await unit.orders.save(replace(entry, state=OrderState.FILLED), was=entry)
        await unit.positions.add(makers.position(anna.bot))
        await unit.commit()

    (kept,) = await all_orders(second)
    assert kept.state is OrderState.FILLED


async def test_a_row_that_moved_on_is_stale_and_not_a_lost_lease(storage, second, anna):
    (entry,) = await written(storage, makers.order(anna.bot))
    await save(storage, entry, OrderState.NOT_PLACED)

    with pytest.raises(Stale):
        await save(storage, entry, OrderState.SENT)


async def test_the_owner_of_a_bot_is_under_the_same_lease(storage, second, anna):
    await start(second)

    with pytest.raises(LeaseLost):
        async with storage.of(anna.account.id) as unit:
            await unit.orders.add([makers.order(anna.bot, Leg.CLOSE)])


async def test_a_command_that_holds_no_lease_is_not_asked_for_it(storage, url, anna):
    await start(storage)
    other = await open_storage(url)

    await written(other, makers.order(anna.bot))

    await other.close()
    assert len(await all_orders(storage)) == 1


async def test_an_intent_that_races_a_start_is_either_seen_by_it_or_refused(storage, second, anna):
    (entry,) = await written(storage, makers.order(anna.bot))
    racing = None
    async with second.system() as unit:
        await unit.installs.boot(AT)
        racing = asyncio.ensure_future(save(storage, entry, OrderState.SENT))  # noqa: TID251
        done, _ = await asyncio.wait([racing], timeout=0.2)
        assert not done
        await unit.commit()

    with pytest.raises(LeaseLost):
        await racing
    assert await all_orders(second) == [entry]


async def test_a_start_waits_for_an_intent_that_is_being_written(storage, second, anna):
    (entry,) = await written(storage, makers.order(anna.bot))
    async with storage.system() as unit:
        await unit.orders.save(replace(entry, state=OrderState.SENT), was=entry)
        starting = asyncio.ensure_future(start(second))  # noqa: TID251
        done, _ = await asyncio.wait([starting], timeout=0.2)
        assert not done
        await unit.commit()

    await starting
    (seen,) = await all_orders(second)
    assert seen.state is OrderState.SENT


async def test_many_intents_are_announced_at_once_or_not_at_all(storage, second, anna, bert):
    kept = await written(storage, makers.order(anna.bot), makers.order(bert.bot))
    sent = [(replace(order, state=OrderState.SENT), order) for order in kept]

    async def announce(pairs):
        async with storage.system() as unit:
            await unit.orders.save_all(pairs)
            await unit.commit()

    with pytest.raises(Stale):
        await announce([sent[0], (sent[1][0], replace(kept[1], booked_qty=makers.D(9)))])
    assert {order.state for order in await all_orders(storage)} == {OrderState.PLANNED}
    await announce(sent)
    assert {order.state for order in await all_orders(storage)} == {OrderState.SENT}

    await start(second)
    asked = [(replace(now, state=OrderState.CANCELLING), now) for now, _ in sent]
    with pytest.raises(LeaseLost):
        await announce(asked)
    assert {order.state for order in await all_orders(storage)} == {OrderState.SENT}
