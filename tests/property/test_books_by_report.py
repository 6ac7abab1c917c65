"""Whatever reports of an order arrive, how often and in which order: the books are the same."""

import asyncio
import shutil
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.account import Role
from engine.core.bot_state import BotEvent, next_bot_state
from engine.core.order import OrderEvent, OrderState, move
from engine.cycles.books import book
from storage.migrations import migrate
from storage.opening import open_storage
from tests.contract.engine.books import Books
from tests.unit.core.build import NOW, D, config, fill, order, report, rules

E = OrderEvent
_ID = "sk1a-1-3-e1"
_ENDS = {
    E.FILL: OrderState.FILLED,
    E.CANCEL: OrderState.CANCELLED,
    E.EXPIRE: OrderState.EXPIRED,
}  # fmt: skip


class _Rulebook:
    """Rules of the one symbol."""

    def of(self, bot, symbol):
        return rules()


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("books") / "books.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@st.composite
def stories(draw):
    """What the exchange does to an entry of 10 lots: its reports, oldest first, each once."""
    lots = draw(st.lists(st.integers(1, 4), max_size=4))
    total, done, told, fills = D(10), D(0), [report(E.ACCEPT, client_id=_ID)], []
    for number, lot in enumerate(lots, 1):
        quantity = min(D(lot), total - done)
        if not quantity:
            break
        done += quantity
        asset = draw(st.sampled_from(["BTC", "BNB"]))
        made = fill(
            number, client_id=_ID, quantity=quantity, price=D(100 + number),
            commission=quantity / 1000, commission_asset=asset, at=NOW + number,
        )  # fmt: skip
        fills.append(made)
        event = E.FILL if done == total else E.FILL_PART
        told.append(_report(event, fills, (made,)))
    if done < total:
        end = draw(st.sampled_from([E.CANCEL, E.EXPIRE]))
        told.append(_report(end, fills, ()))
    return told, tuple(fills)


def _report(event, fills, news):
    return replace(
        report(event, at=NOW + 100, client_id=_ID),
        filled_qty=sum((f.quantity for f in fills), D(0)),
        filled_quote=sum((f.quote for f in fills), D(0)),
        fills=tuple(news),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(stories(), st.data())
def test_shuffled_doubled_dropped_and_late_reports_end_in_the_same_books(
    template, tmp_path_factory, story, data
):
    told, fills = story
    heard = data.draw(st.lists(st.sampled_from(told), max_size=2 * len(told)))
    # What was dropped is read in the end: the order with all its trades.
    last = replace(told[-1], fills=fills)
    folder = tmp_path_factory.mktemp("story")
    in_order = asyncio.run(_books(template, folder / "in order", told))
    as_heard = asyncio.run(_books(template, folder / "as heard", [*heard, last, *heard]))
    assert as_heard == in_order
    state, bought, positions, entries, alerts = as_heard
    assert state is _ENDS[told[-1].event]
    assert bought == sum((f.quantity for f in fills), Decimal(0))
    assert len(positions) == entries == bool(fills)
    assert alerts == [("entered" if fills else "entry_failed")]


async def _books(template, path, reports):
    """Order, position, counters and alerts after these reports, each booked in its own unit."""
    shutil.copy(template, path)
    storage = await open_storage(f"sqlite+aiosqlite:///{path}")
    try:
        await _prepare(storage)
        for one in reports:
            async with storage.system() as unit:
                await book(unit, one, _Rulebook(), lambda _: "UTC")
                await unit.commit()
        return await _read(storage)
    finally:
        await storage.close()


async def _prepare(storage):
    """A running bot and its order, sent."""
    async with storage.system() as unit:
        await unit.accounts.add(1, "Ann", Role.TRADER, NOW)
        await unit.commit()
    async with storage.of(1) as unit:
        bot = await unit.bots.add(config(), NOW)
        await unit.bots.save(replace(bot, state=next_bot_state(bot.state, BotEvent.START)))
        await unit.commit()
    async with storage.system() as unit:
        planned = order(id=0, client_id=_ID, bot_id=bot.id, account=bot.account, quantity=D(10))
        (row,) = await unit.orders.add([planned])
        await unit.orders.save(move(row, E.SEND, at=NOW), was=row)
        await unit.commit()


async def _read(storage):
    books = Books(storage, None)
    (row,) = await books.orders()
    # A position counts from the first fill that was heard of: that alone depends on the order.
    shown = [replace(p, revision=0, opened_at=0) for p in await books.positions()]
    async with storage.reading() as unit:
        day = await unit.counters.get(row.bot_id, "2026-05-29")
    alerts = [alert.kind.value for alert in await books.alerts()]
    return row.state, row.booked_qty, shown, day.entries if day else 0, alerts
