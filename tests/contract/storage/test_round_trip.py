"""What the core objects hold is stored exactly."""

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.core.account import AuditEntry, Draft, KeyState, Role
from engine.core.bot_config import Environment
from engine.core.bot_state import BotState
from engine.core.checks import DayCount, Refused
from engine.core.order import Leg, OrderState
from engine.core.position import PositionState
from engine.core.signal import Action
from tests.contract.storage import makers
from tests.contract.storage.makers import AT


async def test_an_account_comes_back_as_it_was_made(storage):
    async with storage.system() as unit:
        made = await unit.accounts.add(7, "Zoë <&>", Role.VIEWER, AT)
        await unit.accounts.set_active(made.id, active=False)
        await unit.accounts.set_reachable(made.id, reachable=False)
        await unit.accounts.set_role(made.id, Role.ADMIN)
        await unit.commit()
    expected = replace(made, role=Role.ADMIN, active=False, reachable=False)
    async with storage.reading() as unit:
        assert await unit.accounts.get(made.id) == expected
        assert await unit.accounts.by_telegram(7) == expected
        assert await unit.accounts.all() == [expected]
        assert await unit.accounts.by_telegram(8) is None


async def test_an_invite_works_once_and_in_time(storage, anna):
    async with storage.system() as unit:
        await unit.accounts.add_invite("good", Role.TRADER, anna.account.id, AT + 10)
        await unit.accounts.add_invite("late", Role.TRADER, None, AT)
        assert await unit.accounts.use_invite("late", 9, AT + 5) is None
        assert await unit.accounts.use_invite("good", 9, AT + 5) is Role.TRADER
        assert await unit.accounts.use_invite("good", 9, AT + 6) is None
        assert await unit.accounts.use_invite("none", 9, AT + 6) is None


async def test_a_bot_comes_back_with_its_whole_configuration(storage, anna):
    changed = replace(
        anna.bot,
        config=makers.config("renamed", params={"x": 1.0, "y": 2, "z": "a", "w": False}),
        state=BotState.PAUSED,
        decisions=9,
        why="why.loss",
        why_params={"limit": "5"},
        paused_until=AT + 1,
    )
    async with storage.of(anna.account.id) as unit:
        saved = await unit.bots.save(changed)
        await unit.commit()
    assert saved == replace(changed, revision=1)
    async with storage.reading(anna.account.id) as unit:
        read = await unit.bots.by_public_id(anna.bot.public_id)
        assert await unit.bots.by_state([BotState.PAUSED, BotState.ERROR]) == [read]
        assert await unit.bots.by_state([BotState.WAITING]) == []
    assert read == saved
    kinds = {name: type(value) for name, value in read.config.params.items()}
    assert kinds == {"x": float, "y": int, "z": str, "w": bool}


async def test_a_deleted_bot_is_not_found_and_frees_its_name(storage, anna):
    async with storage.of(anna.account.id) as unit:
        await unit.bots.delete(anna.bot.id)
        again = await unit.bots.add(anna.bot.config, AT)
        assert await unit.bots.all() == [again]


async def test_a_removed_key_keeps_no_secret_and_frees_its_label(storage, anna):
    async with storage.of(anna.account.id) as unit:
        assert await unit.keys.sealed(anna.key.id) == (anna.account.id, b"\x00secret")
        await unit.keys.set_state(anna.key.id, KeyState.REMOVED, "bye", AT + 1)
        removed = await unit.keys.get(anna.key.id)
        again = await unit.keys.add(
            "main", Environment.TESTNET, anna.key.fingerprint, b"new", AT, ip_restricted=False
        )
        assert await unit.keys.all() == [again]
        with pytest.raises(Exception, match="key"):
            await unit.keys.sealed(anna.key.id)
    assert removed == replace(anna.key, state=KeyState.REMOVED, problem="bye", checked_at=AT + 1)


async def test_an_order_a_position_fills_and_a_trade_come_back_exactly(storage, anna):
    async with storage.system() as unit:
        signal_id = await unit.signals.add(anna.bot.id, makers.signal(), "entry", None)
        held = await unit.positions.add(makers.position(anna.bot))
        entry = makers.order(anna.bot, signal_id=signal_id, position_id=held.id)
        stop = makers.order(anna.bot, Leg.STOP, position_id=held.id, price=None)
        entry, stop = await unit.orders.add([entry, stop])
        early, late = makers.fill(entry), makers.fill(stop, "78", at=AT + 11)
        assert await unit.fills.add_new(stop, [late]) == [late]
        assert await unit.fills.add_new(entry, [early, early]) == [early]
        done = await unit.trades.add(makers.trade(held))
        await unit.commit()
    assert held == makers.position(anna.bot, id=held.id)
    assert entry == makers.order(anna.bot, id=entry.id, signal_id=signal_id, position_id=held.id)
    async with storage.reading() as unit:
        assert await unit.positions.open_of(anna.bot.id) == held
        assert await unit.positions.of_decision(anna.bot.id, 1) == held
        assert await unit.positions.recent(limit=5) == [held]
        assert await unit.orders.by_client_id(entry.client_id) == entry
        assert await unit.orders.of_list("list-1") == [entry, stop]
        assert await unit.orders.of_decision(anna.bot.id, 1) == [entry, stop]
        assert await unit.orders.recent(limit=1) == [stop]
        assert await unit.fills.all() == [early, late]
        legs = await unit.fills.of_position(held.id)
        assert legs == [(Leg.ENTRY, early), (Leg.STOP, late)]
        assert await unit.trades.of_position(held.id) == done
        assert done == makers.trade(held, id=done.id)


async def test_a_saved_order_keeps_every_changeable_field(storage, anna):
    async with storage.system() as unit:
        (was,) = await unit.orders.add([makers.order(anna.bot)])
        changed = replace(
            was,
            state=OrderState.FILLED,
            filled_qty=Decimal("0.1234"),
            filled_quote=Decimal("246.8"),
            booked_qty=Decimal("0.1234"),
            exchange_id="1",
            price=None,
            signed_at=AT + 50,
            updated_at=AT + 51,
            note="",
        )
        await unit.orders.save(changed, was=was)
        assert await unit.orders.by_client_id(was.client_id) == changed


async def test_unfinished_orders_are_the_open_ones_and_those_with_missing_fills(storage, anna):
    states = {
        1: {"state": OrderState.CANCELLED, "filled_qty": Decimal(1), "booked_qty": Decimal(1)},
        2: {"state": OrderState.CANCELLED, "filled_qty": Decimal(1), "booked_qty": Decimal(0)},
        3: {"state": OrderState.UNKNOWN, "account": "key:9"},
        4: {"state": OrderState.NOT_PLACED, "filled_qty": Decimal(0), "booked_qty": Decimal(0)},
    }
    async with storage.system() as unit:
        rows = [makers.order(anna.bot, Leg.CLOSE, n, **state) for n, state in states.items()]
        await unit.orders.add(rows)
        found = await unit.orders.unfinished()
        assert [o.client_id for o in found] == [rows[1].client_id, rows[2].client_id]
        of_one = await unit.orders.unfinished("key:9")
        assert [o.client_id for o in of_one] == [rows[2].client_id]
        watched = await unit.orders.not_placed_since(AT)
        assert [o.client_id for o in watched] == [rows[3].client_id]
        assert await unit.orders.not_placed_since(AT + 5) == []


async def test_a_closed_position_stays_unfinished_while_an_order_of_it_lives(storage, anna):
    async with storage.system() as unit:
        held = await unit.positions.add(makers.position(anna.bot, state=PositionState.CLOSED))
        assert await unit.positions.unfinished() == []
        (stop,) = await unit.orders.add(
            [makers.order(anna.bot, Leg.STOP, position_id=held.id, state=OrderState.OPEN)]
        )
        assert await unit.positions.unfinished() == [held]
        await unit.orders.save(replace(stop, state=OrderState.CANCELLED), was=stop)
        assert await unit.positions.unfinished() == []
        assert await unit.positions.open_of(anna.bot.id) is None


async def test_claiming_an_entry_brings_its_fills_to_the_position(storage, anna):
    async with storage.system() as unit:
        (entry,) = await unit.orders.add([makers.order(anna.bot)])
        await unit.fills.add_new(entry, [makers.fill(entry)])
        held = await unit.positions.add(makers.position(anna.bot))
        assert await unit.fills.of_position(held.id) == []
        await unit.fills.claim_entry(entry.id, held.id)
        assert await unit.fills.of_position(held.id) == [(Leg.ENTRY, makers.fill(entry))]


async def test_the_last_signal_is_the_one_of_the_latest_candle(storage, anna):
    refused = Refused("balance", "10", "9.99")
    async with storage.system() as unit:
        assert await unit.signals.last(anna.bot.id) is None
        late = makers.signal(AT + 60_000, Action.SELL)
        row_id = await unit.signals.add(anna.bot.id, late, "refused", refused)
        await unit.signals.add(anna.bot.id, makers.signal(), "entry", None)
        row = await unit.signals.last(anna.bot.id)
    assert (row.id, row.signal, row.outcome, row.refused) == (row_id, late, "refused", refused)


async def test_streams_remember_how_far_they_were_judged(storage):
    async with storage.system() as unit:
        assert await unit.streams.judged_until(Environment.LOCAL, "spot:A:1m") is None
        await unit.streams.set_judged({(Environment.LOCAL, "spot:A:1m"): AT})
        known, new = (Environment.LOCAL, "spot:A:1m"), (Environment.LIVE, "spot:A:1m")
        await unit.streams.set_judged({new: AT + 2, known: AT + 1})
        assert await unit.streams.judged_until(*known) == AT + 1
        assert await unit.streams.judged_until(*new) == AT + 2


async def test_counters_add_up_exactly(storage, anna):
    async with storage.system() as unit:
        assert await unit.counters.get(anna.bot.id, "2026-01-01") == DayCount("2026-01-01")
        for _ in range(10):
            await unit.counters.add(
                anna.bot.id, DayCount("2026-01-01", entries=1, closed=2, net=Decimal("0.1"))
            )
        total = await unit.counters.get(anna.bot.id, "2026-01-01")
    assert total == DayCount("2026-01-01", entries=10, closed=20, net=Decimal(1))


async def test_trades_are_listed_by_page_and_by_time(storage, anna):
    async with storage.system() as unit:
        made = []
        for n in range(1, 4):
            held = makers.position(anna.bot, n, state=PositionState.CLOSED)
            held = await unit.positions.add(held)
            made.append(await unit.trades.add(makers.trade(held, closed_at=AT + n)))
        one, two, three = made
        assert await unit.trades.recent(limit=2) == [three, two]
        assert await unit.trades.recent(limit=2, before_id=two.id) == [one]
        assert await unit.trades.recent(limit=2, bot_id=anna.bot.id + 1) == []
        assert await unit.trades.since(AT + 2) == [two, three]
        assert await unit.trades.since(AT + 2, anna.bot.id + 1) == []


async def test_a_draft_is_replaced_and_forgotten(storage, anna):
    owner = anna.account.id
    draft = Draft(owner, "new_bot", "symbol", {"name": "x"}, 3, AT, 55, "symbol")
    async with storage.of(owner) as unit:
        await unit.drafts.delete()
        assert await unit.drafts.get() is None
        await unit.drafts.put(draft)
        assert await unit.drafts.get() == draft
        await unit.drafts.put(replace(draft, revision=4, message_id=None))
        assert await unit.drafts.get() == replace(draft, revision=4, message_id=None)
        await unit.drafts.delete()
        assert await unit.drafts.get() is None


async def test_audit_entries_are_listed_newest_first(storage, anna):
    entries = [
        AuditEntry(anna.account.id, "Anna", "bot.start", str(n), AT + n, "stopped", "waiting")
        for n in range(3)
    ]
    async with storage.system() as unit:
        for entry in entries:
            await unit.audit.add(entry)
        assert await unit.audit.recent(limit=2) == [entries[2], entries[1]]
