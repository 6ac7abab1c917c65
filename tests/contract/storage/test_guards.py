"""What the database forbids, whatever the code above it believes."""

import asyncio
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from engine.core.bot_config import Environment
from engine.core.bot_state import BotState
from engine.core.checks import DayCount
from engine.core.errors import Conflict, NotFound, Stale
from engine.core.order import Leg, OrderState
from engine.core.position import PositionState
from engine.ports.repos import SignalRow
from storage.repos import base, bots
from tests.contract.storage import makers
from tests.contract.storage.makers import AT

D = Decimal


def refused(reason: str):
    return pytest.raises(Conflict, match=reason)


async def test_a_telegram_user_has_one_account(storage, anna):
    async with storage.system() as unit:
        with refused("account_exists"):
            await unit.accounts.add(101, "again", anna.account.role, AT)
        assert await unit.accounts.all() == [anna.account]


async def test_an_owner_cannot_use_a_bot_name_twice(storage, anna):
    async with storage.of(anna.account.id) as unit:
        with refused("bot_name"):
            await unit.bots.add(anna.bot.config, AT)
        other = await unit.bots.add(makers.config("other"), AT)
        with refused("bot_name"):
            await unit.bots.save(replace(other, config=anna.bot.config))


async def test_an_owner_cannot_add_a_label_or_a_key_twice(storage, anna):
    async with storage.of(anna.account.id) as unit:
        add = unit.keys.add
        with refused("key_label"):
            await add("main", Environment.LIVE, "new", b"s", AT, ip_restricted=True)
        with refused("key_known"):
            same = anna.key.fingerprint
            await add("second", Environment.TESTNET, same, b"s", AT, ip_restricted=True)
        await add("second", Environment.LIVE, same, b"s", AT, ip_restricted=True)


async def test_a_client_id_is_used_once(storage, anna):
    async with storage.system() as unit:
        (entry,) = await unit.orders.add(
            [makers.order(anna.bot, state=OrderState.FILLED, booked_qty=D("0.1"))]
        )
        with refused("order_known"):
            await unit.orders.add([replace(entry, id=0)])
        assert await unit.orders.of_decision(anna.bot.id, 1) == [entry]


@pytest.mark.parametrize("state", [s for s in OrderState if not s.final])
async def test_a_bot_has_one_entry_under_way(storage, anna, state):
    async with storage.system() as unit:
        (entry,) = await unit.orders.add([makers.order(anna.bot, state=state)])
        with refused("entry_under_way"):
            await unit.orders.add([makers.order(anna.bot, decision=2)])
        await unit.orders.add([makers.order(anna.bot, Leg.STOP)])
        await unit.orders.save(replace(entry, state=OrderState.EXPIRED), was=entry)
        await unit.orders.add([makers.order(anna.bot, decision=2)])


async def test_a_fill_is_booked_once_per_account_market_and_symbol(storage, anna):
    async with storage.system() as unit:
        (entry,) = await unit.orders.add([makers.order(anna.bot)])
        (other,) = await unit.orders.add([makers.order(anna.bot, Leg.STOP, account="key:8")])
        one = makers.fill(entry)
        assert await unit.fills.add_new(entry, [one]) == [one]
        assert await unit.fills.add_new(entry, [one]) == []
        two = makers.fill(entry, "78")
        assert await unit.fills.add_new(entry, [one, two]) == [two]
        assert await unit.fills.add_new(other, [makers.fill(other)]) == [makers.fill(other)]


async def test_a_candle_is_judged_once_per_bot(storage, anna, bert):
    async with storage.system() as unit:
        await unit.signals.add(anna.bot.id, makers.signal(), "entry", None)
        with refused("signal_judged"):
            await unit.signals.add(anna.bot.id, makers.signal(), "entry", None)
        await unit.signals.add(bert.bot.id, makers.signal(), "entry", None)
        await unit.commit()


async def test_many_signals_are_kept_in_the_order_given(storage, anna, bert):
    rows = [SignalRow(0, who.bot.id, makers.signal(), "entry") for who in (bert, anna)]
    async with storage.system() as unit:
        await unit.signals.add_all(rows)
        late = [SignalRow(0, bert.bot.id, makers.signal(AT + 1), "none"), rows[1]]
        with refused("signal_judged"):
            await unit.signals.add_all(late)
    async with storage.system() as unit:
        ids = await unit.signals.add_all(rows)
        found = [await unit.signals.last(who.bot.id) for who in (bert, anna)]
    assert found == [replace(row, id=id_) for row, id_ in zip(rows, ids, strict=True)]


async def test_many_orders_are_kept_in_the_order_given(storage, anna, bert):
    new = [makers.order(bert.bot), makers.order(anna.bot), makers.order(anna.bot, Leg.STOP)]
    async with storage.system() as unit:
        kept = await unit.orders.add(new)
        assert kept == [await unit.orders.by_client_id(order.client_id) for order in new]
        with refused("entry_under_way"):
            await unit.orders.add(
                [makers.order(anna.bot, Leg.CLOSE), makers.order(bert.bot, decision=2)]
            )
        assert await unit.orders.add([]) == []


async def test_many_bots_are_saved_at_once_or_the_old_one_among_them_is_told(storage, anna, bert):
    async with storage.system() as unit:
        moved = [replace(who.bot, decisions=7) for who in (anna, bert)]
        saved = await unit.bots.save_all(moved)
        assert saved == await unit.bots.many([anna.bot.id, bert.bot.id])
        with pytest.raises(Stale):
            await unit.bots.save_all([saved[0], moved[1]])
        await unit.bots.delete(bert.bot.id)
        with pytest.raises(NotFound):
            await unit.bots.save_all([replace(saved[0], revision=2), saved[1]])
        assert await unit.bots.save_all([]) == []


async def test_a_bot_has_one_position_that_is_not_closed(storage, anna):
    async with storage.system() as unit:
        held = await unit.positions.add(makers.position(anna.bot))
        with refused("position_open"):
            await unit.positions.add(makers.position(anna.bot, 2))
        await unit.positions.save(replace(held, state=PositionState.CLOSED))
        with refused("position_open"):
            await unit.positions.add(makers.position(anna.bot, 1))
        await unit.positions.add(makers.position(anna.bot, 2))


async def test_the_books_of_a_position_are_closed_once(storage, anna):
    async with storage.system() as unit:
        held = await unit.positions.add(makers.position(anna.bot))
        await unit.trades.add(makers.trade(held))
        with refused("trade_known"):
            await unit.trades.add(makers.trade(held))


async def test_an_order_whose_id_is_not_ours_is_not_stored(storage, anna):
    async with storage.system() as unit:
        for client_id in ("foreign", "sk1-zz-1-e1"):
            with pytest.raises(ValueError, match="not an id of ours"):
                await unit.orders.add([makers.order(anna.bot, client_id=client_id)])


async def test_an_old_bot_is_stale_and_a_deleted_one_not_found(storage, anna):
    async with storage.of(anna.account.id) as unit:
        await unit.bots.save(replace(anna.bot, state=BotState.WAITING))
        with pytest.raises(Stale):
            await unit.bots.save(replace(anna.bot, state=BotState.ERROR))
        assert (await unit.bots.get(anna.bot.id)).state is BotState.WAITING
        await unit.bots.delete(anna.bot.id)
        with pytest.raises(NotFound):
            await unit.bots.save(replace(anna.bot, revision=1))
        with pytest.raises(NotFound):
            await unit.bots.delete(anna.bot.id)


async def test_an_old_position_is_stale(storage, anna):
    async with storage.system() as unit:
        held = await unit.positions.add(makers.position(anna.bot))
        newer = await unit.positions.save(replace(held, exit_qty=D("0.05")))
        with pytest.raises(Stale):
            await unit.positions.save(held)
        with pytest.raises(NotFound):
            await unit.positions.save(replace(held, id=999))
        assert await unit.positions.get(held.id) == newer


@pytest.mark.parametrize("moved", ["state", "filled_qty", "filled_quote", "booked_qty"])
async def test_an_order_that_moved_on_is_stale(storage, anna, moved):
    async with storage.system() as unit:
        (was,) = await unit.orders.add([makers.order(anna.bot)])
        value = OrderState.SENT if moved == "state" else D("0.1234")
        now = replace(was, **{moved: value})
        await unit.orders.save(now, was=was)
        with pytest.raises(Stale):
            await unit.orders.save(replace(was, note="late"), was=was)
        # How a quantity is written does not matter, only its value.
        await unit.orders.save(now, was=replace(now, filled_qty=now.filled_qty + D("0.000")))
        assert await unit.orders.by_client_id(was.client_id) == now


async def test_a_drawn_public_id_that_is_taken_is_drawn_again(storage, anna, monkeypatch):
    drawn = iter([anna.bot.public_id, anna.bot.public_id, "fresh1"])
    monkeypatch.setattr(bots, "new_public_id", lambda: next(drawn))
    async with storage.of(anna.account.id) as unit:
        assert (await unit.bots.add(makers.config("other"), AT)).public_id == "fresh1"


def test_public_ids_are_six_digits_in_base_36():
    drawn = {base.new_public_id() for _ in range(200)}
    assert len(drawn) == 200
    assert all(re.fullmatch("[0-9a-z]{6}", text) for text in drawn)


async def test_two_units_that_plan_an_entry_at_once_plan_one(storage, anna):
    async def plan(decision: int) -> None:
        async with storage.system() as unit:
            await unit.orders.add([makers.order(anna.bot, decision=decision)])
            await unit.commit()

    results = await asyncio.gather(*(plan(n) for n in range(1, 6)), return_exceptions=True)
    assert sorted(type(r).__name__ for r in results) == ["Conflict"] * 4 + ["NoneType"]


async def test_units_that_count_at_once_lose_nothing(storage, anna):
    async def count() -> None:
        async with storage.system() as unit:
            await unit.counters.add(anna.bot.id, DayCount("2026-01-01", entries=1, net=D("0.1")))
            await unit.commit()

    await asyncio.gather(*(count() for _ in range(10)))
    async with storage.reading() as unit:
        total = await unit.counters.get(anna.bot.id, "2026-01-01")
    assert total == DayCount("2026-01-01", entries=10, net=D(1))
