"""What the exchange does on its own: funding, foreign fills, and how their rows are found."""

from dataclasses import replace

import pytest

from engine.core.errors import NotFound
from engine.core.order import Leg, OrderState
from engine.core.position import PositionState
from tests.contract.storage import makers
from tests.contract.storage.makers import AT, D


async def test_what_a_key_may_do_is_remembered(storage, anna):
    async with storage.of(anna.account.id) as unit:
        await unit.keys.set_rights(anna.key.id, futures=True, ip_restricted=False, at=AT + 7)
        changed = await unit.keys.get(anna.key.id)
        added = await unit.keys.add(
            "f", anna.key.environment, "f…2", b"s", AT, ip_restricted=True, futures=True
        )
        assert await unit.keys.get(added.id) == added
        assert added.futures
        with pytest.raises(NotFound):
            await unit.keys.set_rights(999, futures=True, ip_restricted=True, at=AT)
    expected = replace(anna.key, futures=True, ip_restricted=False, checked_at=AT + 7)
    assert changed == expected
    assert not anna.key.futures


async def test_a_funding_payment_is_entered_once_per_account(storage, anna, bert):
    late, early = makers.funding("2", at=AT + 60, amount=D("0.5")), makers.funding("1")
    async with storage.system() as unit:
        held = await unit.positions.add(makers.position(anna.bot))
        again = await unit.positions.add(makers.position(anna.bot, 2, state=PositionState.CLOSED))
        other = await unit.positions.add(makers.position(bert.bot, account="futures:9"))
        assert await unit.fundings.add_new(held, [late]) == [late]
        assert await unit.fundings.add_new(held, [late, early, early]) == [early]
        assert await unit.fundings.add_new(again, [late]) == []
        assert await unit.fundings.add_new(other, [late]) == [late]
        assert await unit.fundings.add_new(held, []) == []
        with pytest.raises(NotFound):
            await unit.fundings.add_new(replace(held, id=999), [makers.funding("3")])
        assert await unit.fundings.of_position(held.id) == [early, late]
        assert await unit.fundings.of_position(again.id) == []


async def test_the_positions_of_a_symbol_are_the_open_ones_and_the_last_closed(
    storage, anna, bert
):
    closed = {"state": PositionState.CLOSED, "account": "futures:1"}
    async with storage.system() as unit:
        add = unit.positions.add
        held = await add(makers.position(anna.bot, 3, account="futures:1"))
        await add(makers.position(bert.bot, 1, account="futures:1", symbol="BTCUSDT"))
        last = await add(makers.position(anna.bot, 2, closed_at=AT + 9, **closed))
        await add(makers.position(anna.bot, 1, closed_at=AT + 8, **closed))
        find = unit.positions
        assert await find.on_symbol("futures:1", "ETHUSDT") == [held]
        assert await find.latest_on("futures:1", "ETHUSDT") == last
        assert await find.latest_on("futures:1", "BTCUSDT") is None
        assert await find.on_symbol("futures:2", "ETHUSDT") == []
        assert [p.symbol for p in await find.open_of_account("futures:1")] == [
            "ETHUSDT",
            "BTCUSDT",
        ]


async def test_booked_executions_are_known_by_account_symbol_and_time(storage, anna):
    async with storage.system() as unit:
        (entry,) = await unit.orders.add([makers.order(anna.bot)])
        (other,) = await unit.orders.add([makers.order(anna.bot, Leg.STOP, account="key:8")])
        new = [makers.fill(entry, str(n), at=AT + n) for n in (1, 2, 3)]
        await unit.fills.add_new(entry, new)
        await unit.fills.add_new(other, [makers.fill(other, "4", at=AT + 4)])
        known = unit.fills.known_trade_ids
        assert await known(entry.account, entry.symbol, AT + 2) == {"2", "3"}
        assert await known(entry.account, "BTCUSDT", 0) == set()


async def test_an_order_is_found_by_the_exchanges_id_on_its_account_and_symbol(storage, anna):
    async with storage.system() as unit:
        (entry,) = await unit.orders.add([makers.order(anna.bot, exchange_id="5")])
        await unit.orders.add([makers.order(anna.bot, Leg.STOP, exchange_id="5", symbol="X")])
        find = unit.orders.of_exchange_id
        assert await find(entry.account, "ETHUSDT", "5") == entry
        assert await find(entry.account, "ETHUSDT", "6") is None
        assert await find("key:99", "ETHUSDT", "5") is None


async def test_a_trade_is_written_anew_for_its_position(storage, anna):
    async with storage.system() as unit:
        held = await unit.positions.add(makers.position(anna.bot))
        trade = await unit.trades.add(makers.trade(held))
        corrected = replace(trade, net=D("-1.5"), funding=D("-1.4"), fees={"BNB": D("0.1")})
        await unit.trades.replace(replace(corrected, id=0))
        assert await unit.trades.of_position(held.id) == corrected
        with pytest.raises(NotFound):
            await unit.trades.replace(replace(trade, position_id=999))


async def test_the_watch_list_reads_no_other_orders(storage, anna):
    """Both ways to find few rows among ever more use an index made for them."""
    if storage._database.__class__.__name__ != "SqliteDatabase":
        pytest.skip("the planner of a server decides by the size of the table")
    async with storage.system() as unit:
        seen = []
        connection = unit._work._driver
        connection.set_trace_callback(seen.append)
        await unit.orders.add([makers.order(anna.bot, state=OrderState.NOT_PLACED)])
        await unit.orders.not_placed_since(AT)
        await unit.orders.of_exchange_id("a", "b", "c")
        connection.set_trace_callback(None)
        plans = [
            " ".join(str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {query}"))
            for query in seen
            if query.startswith("SELECT")
        ]
    assert "ix_orders_not_placed" in plans[-2]
    assert "ix_orders_exchange_id" in plans[-1]
