"""Another user's id finds nothing, changes nothing and adds nothing: over every method."""

import inspect
from collections import Counter
from contextlib import suppress

import pytest
from sqlalchemy import select

from engine.core.errors import NotFound, Stale
from engine.ports import people, repos
from storage.models import metadata
from tests.contract.storage.attacks import attacks, fill_house

METHODS = [
    f"{name}.{method}"
    for module in (people, repos)
    for name, kind in inspect.getmembers(module, inspect.isclass)
    if getattr(kind, "_is_protocol", False) and kind.__module__ == module.__name__
    for method, _ in inspect.getmembers(kind, inspect.isfunction)
    if not method.startswith("_")
]
# What belongs to the attacker, or to nobody.
OWN = {"Accounts.all", "Bots.add", "Bots.all", "Bots.by_state", "Keys.add", "Keys.all"}


async def everything(storage) -> Counter:
    """All rows of all tables."""
    rows: Counter = Counter()
    async with storage._database.reading() as session:
        for table in metadata.sorted_tables:
            for row in await session.rows(select(table)):
                rows[table.name, tuple(str(value) for value in row)] += 1
    return rows


def owners_in(result) -> set:
    """Owners of whatever a method returned."""
    items = result if isinstance(result, list | tuple) else [result]
    found = set()
    for item in items:
        is_account = type(item).__name__ == "Account"
        found.add(item.id if is_account else getattr(item, "owner_id", "?"))
    return found


async def reaches(storage, loot, me, method) -> str:
    """What an attack got at, empty when nothing."""
    before = await everything(storage)
    result = None
    async with storage.of(me.account.id) as unit:
        with suppress(NotFound, Stale):
            result = await attacks(unit, loot, me)[method]()
        await unit.commit()
    after = await everything(storage)
    if before - after:
        return f"{method} changed {before - after}"
    if method in OWN:
        return "" if owners_in(result) == {me.account.id} else f"{method} returned {result}"
    if after - before:
        return f"{method} added {after - before}"
    return "" if result in (None, [], {}, set(), 0) else f"{method} returned {result}"


async def test_an_owner_reaches_nothing_of_another(storage, anna, bert):
    loot = await fill_house(storage, anna)
    assert len(METHODS) > 60
    found = [await reaches(storage, loot, bert, method) for method in METHODS]
    assert [text for text in found if text] == []


async def test_the_owner_itself_reaches_its_rows(storage, anna):
    """The same calls work for their owner, so the test above proves something."""
    loot = await fill_house(storage, anna)
    nobodys = {"Accounts.add", "Accounts.use_invite", "Installs.boot", "Streams.set_judged"}
    own_guards = {"Bots.add", "Keys.add", "Orders.add", "Positions.add"}
    for method in METHODS:
        async with storage.of(anna.account.id) as unit:
            call = attacks(unit, loot, anna)[method]
            if method in nobodys:
                with pytest.raises(NotFound):
                    await call()
            elif method not in own_guards:
                await call()
