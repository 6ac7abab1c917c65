"""Entries that leave with the commit of their decision: durable first, sent once or never."""

from dataclasses import replace

import pytest

from engine.core.bot_state import BotEvent, next_bot_state
from engine.core.errors import DatabaseFailed
from engine.core.order import Leg, OrderState
from engine.cycles import doubt
from engine.cycles.answers import Answers
from engine.cycles.ledger import Ledger
from storage.repos.orders import SqlOrders

ORDER = "/api/v3/order"


@pytest.fixture
def written(monkeypatch):
    """Entries in the order in which they were written for the first time."""
    entries = []
    add = SqlOrders.add

    async def watched(self, orders):
        entries.extend(order for order in orders if order.leg is Leg.ENTRY)
        return await add(self, orders)

    monkeypatch.setattr(SqlOrders, "add", watched)
    return entries


async def test_entries_of_one_candle_are_sent_by_the_commit_that_decides_them(lab, written):
    anna, bert = await lab.running("Anna"), await lab.running("Bert", key=1)
    lab.buy(anna)
    for bot in (anna, bert):
        await lab.covered(bot)
    assert [(order.bot_id, order.state) for order in written] == [
        (anna.id, OrderState.SENT),
        (bert.id, OrderState.SENT),
    ]
    assert all(order.signed_at == order.created_at for order in written)
    assert len(lab.requests(ORDER)) == 2
    await lab.agree()


async def test_an_account_that_may_send_nothing_now_sends_a_planned_entry_later(lab, written):
    bot = await lab.running()
    lab.hold(bot)
    lab.buy(bot)
    await lab.until(lambda: lab.books.order(bot, Leg.ENTRY))
    assert [order.state for order in written] == [OrderState.PLANNED]
    assert lab.requests(ORDER) == []
    lab.release(bot)
    await lab.covered(bot)
    await lab.agree()


async def test_the_rows_of_entries_about_to_leave_are_not_taken_for_interrupted_ones(
    lab, monkeypatch
):
    bot = await lab.running()
    write, lose, lost = Ledger.write, Answers.lose, []

    async def looked_at_once(self, work):
        monkeypatch.setattr(Ledger, "write", write)
        done = await write(self, work)
        await lab.sender(bot).drain()
        return done

    async def watched(self, group, note, **more):
        lost.append(group)
        await lose(self, group, note, **more)

    monkeypatch.setattr(Ledger, "write", looked_at_once)
    monkeypatch.setattr(Answers, "lose", watched)
    await lab.enter(bot)
    assert lost == []
    assert len(lab.requests(ORDER)) == 1
    await lab.agree()


@pytest.mark.usefixtures("quick_questions")
async def test_an_entry_whose_commit_was_not_heard_of_is_never_sent(lab, monkeypatch):
    monkeypatch.setattr(doubt, "PROOF_SECONDS", 2.0)
    bot = await lab.running()
    write = Ledger.write

    async def unheard(self, work):
        monkeypatch.setattr(Ledger, "write", write)
        await write(self, work)
        raise DatabaseFailed("the line broke after the commit")

    monkeypatch.setattr(Ledger, "write", unheard)
    lab.buy(bot)
    sender = lab.sender(bot)

    async def ended():
        order = await lab.books.order(bot, Leg.ENTRY)
        await lab.advance(0.1)
        lab.life.nudges.orders(bot.account)
        return order is not None and order.state is OrderState.NOT_PLACED

    await lab.until(ended)
    assert lab.requests(ORDER) == []
    assert sender.expected == set()
    await lab.agree()


async def test_a_bot_that_was_paused_meanwhile_sends_nothing(lab):
    bot = await lab.running()
    async with lab.storage.system() as unit:
        now = await unit.bots.get(bot.id)
        state = next_bot_state(now.state, BotEvent.PAUSE)
        await unit.bots.save(replace(now, state=state))
        await unit.commit()
    lab.buy(bot)

    async def refused():
        async with lab.storage.reading() as unit:
            return await unit.signals.last(bot.id)

    row = await lab.until(refused)
    assert (row.outcome, row.refused.check) == ("refused", "active")
    assert lab.requests(ORDER) == []
    assert lab.sender(bot).expected == set()
