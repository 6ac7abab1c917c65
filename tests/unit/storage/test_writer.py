"""The grouping writer: shared commits, units that fail or are cancelled alone."""

import asyncio
import sqlite3

import pytest
import pytest_asyncio
from sqlalchemy import column, insert, make_url, select, table, text
from sqlalchemy.exc import IntegrityError

from storage import writer as writer_module
from storage.database import NotWritten, Taken
from storage.sqlite import writer_engine
from storage.writer import Turn, Writer

ROW = table("row", column("name"), column("parent"))


class House:
    """A writer on a file, and a second pair of eyes on that file."""

    def __init__(self, path, limit=writer_module.GROUP_LIMIT):
        self.path = path
        self.engine = writer_engine(make_url(f"sqlite+aiosqlite:///{path}"))
        self.connection = self.engine.connect()
        self.connection.exec_driver_sql(
            "CREATE TABLE row (name TEXT UNIQUE, parent TEXT REFERENCES row (name)"
            " DEFERRABLE INITIALLY DEFERRED)"
        )
        self.driver = self.connection.connection.driver_connection
        self.writer = Writer(self.connection, self.driver, limit=limit)

    async def write(self, name, **more):
        async with self.writer.turn() as turn:
            await turn.change(insert(ROW), {"name": name, **more})
            await turn.commit()

    def stored(self):
        other = sqlite3.connect(self.path)
        try:
            return [name for (name,) in other.execute("SELECT name FROM row ORDER BY rowid")]
        finally:
            other.close()

    async def close(self):
        await self.writer.close()
        self.connection.close()
        self.engine.dispose()


def task(work):
    return asyncio.get_running_loop().create_task(work)


@pytest_asyncio.fixture
async def house(tmp_path):
    made = House(tmp_path / "w.db")
    async with asyncio.timeout(20):
        yield made
        await made.close()


async def test_a_hundred_units_share_a_few_commits(house):
    await asyncio.gather(*(house.write(str(n)) for n in range(100)))
    assert len(house.stored()) == 100
    assert house.writer.commits <= 10


async def test_units_take_turns_in_the_order_in_which_they_asked(house):
    await asyncio.gather(*(house.write(str(n)) for n in range(20)))
    assert house.stored() == [str(n) for n in range(20)]


async def test_a_full_group_commits_although_others_wait(tmp_path):
    house = House(tmp_path / "w.db", limit=3)
    await asyncio.gather(*(house.write(str(n)) for n in range(10)))
    assert house.writer.commits == 4
    await house.close()


async def test_a_commit_returns_only_when_the_row_is_durable(house):
    async def check(name):
        await house.write(name)
        return name in house.stored()

    assert all(await asyncio.gather(*(check(str(n)) for n in range(30))))


async def test_a_failing_unit_is_undone_alone(house):
    async def fail():
        async with house.writer.turn() as turn:
            await turn.change(insert(ROW), {"name": "bad"})
            raise KeyError

    results = await asyncio.gather(
        house.write("a"),
        fail(),
        house.write("b"),
        fail(),
        house.write("c"),
        return_exceptions=True,
    )
    assert [type(r) for r in results] == [type(None), KeyError, type(None), KeyError, type(None)]
    assert house.stored() == ["a", "b", "c"]
    assert house.writer.commits == 1


async def test_a_forbidden_row_leaves_its_unit_usable(house):
    await house.write("a")
    async with house.writer.turn() as turn:
        await turn.change(insert(ROW), {"name": "b"})
        with pytest.raises(Taken):
            await turn.attempt(insert(ROW).values(name="a"))
        await turn.commit()
    assert house.stored() == ["a", "b"]


async def test_a_cancelled_waiter_does_not_hold_up_the_group(house):
    """The group's only other unit disappears: the commit happens all the same."""
    release = asyncio.Event()

    async def slow():
        async with house.writer.turn() as turn:
            await turn.change(insert(ROW), {"name": "slow"})
            await release.wait()
            await turn.commit()

    first = task(slow())
    await asyncio.sleep(0)
    waiter = task(house.write("never"))
    await asyncio.sleep(0)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    release.set()
    await first
    assert house.stored() == ["slow"]


async def test_a_unit_cancelled_in_its_middle_is_undone_and_the_others_stay(house):
    inside = asyncio.Event()

    async def hang():
        async with house.writer.turn() as turn:
            await turn.change(insert(ROW), {"name": "gone"})
            inside.set()
            await asyncio.Event().wait()

    before, victim, after = task(house.write("a")), task(hang()), task(house.write("b"))
    await inside.wait()
    victim.cancel()
    await asyncio.gather(before, after)
    assert victim.cancelled()
    assert house.stored() == ["a", "b"]


async def test_a_unit_cancelled_in_the_moment_of_its_grant_gives_the_turn_back(house, monkeypatch):
    grant, victims = Turn.grant, []

    def grant_and_cancel(turn, group):
        granted = grant(turn, group)
        if victims:
            victims.pop().cancel()
        return granted

    monkeypatch.setattr(Turn, "grant", grant_and_cancel)
    victim = task(house.write("gone"))
    victims.append(victim)
    await house.write("next")
    assert victim.cancelled()
    assert house.stored() == ["next"]


async def test_a_unit_cancelled_while_its_commit_is_under_way_is_kept(house):
    committing = asyncio.Event()
    off_loop = house.writer._off_loop

    async def watched(sql):
        if sql == "COMMIT":
            committing.set()
        await off_loop(sql)

    house.writer._off_loop = watched
    victim, other = task(house.write("a")), task(house.write("b"))
    await committing.wait()
    victim.cancel()
    await other
    assert victim.cancelled()
    assert house.stored() == ["a", "b"]


async def test_a_commit_that_fails_is_told_to_everybody_in_its_group(house):
    results = await asyncio.gather(
        house.write("a"),
        house.write("b", parent="nobody"),
        house.write("c"),
        return_exceptions=True,
    )
    assert [type(r) for r in results] == [NotWritten] * 3
    assert house.stored() == []
    await house.write("d")
    assert house.stored() == ["d"]


async def test_a_transaction_that_the_database_ended_is_told_to_everybody(house):
    """Like a full disk, which makes SQLite undo the whole transaction by itself."""
    await house.write("taken")

    async def ruin():
        async with house.writer.turn() as turn:
            with pytest.raises(IntegrityError):
                await turn.change(text("INSERT OR ROLLBACK INTO row (name) VALUES ('taken')"))
            with pytest.raises(NotWritten):
                await turn.change(insert(ROW), {"name": "outside"})
            await turn.commit()

    results = await asyncio.gather(
        house.write("a"), ruin(), house.write("b"), return_exceptions=True
    )
    assert [type(r) for r in results] == [NotWritten, NotWritten, type(None)]
    assert house.stored() == ["taken", "b"]


async def test_a_locked_database_refuses_units_and_recovers(house):
    house.driver.execute("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(house.path)
    other.execute("BEGIN IMMEDIATE")
    results = await asyncio.gather(house.write("a"), house.write("b"), return_exceptions=True)
    assert [type(r) for r in results] == [NotWritten] * 2
    other.rollback()
    other.close()
    await house.write("c")
    assert house.stored() == ["c"]


async def test_a_stuck_unit_loses_its_turn(house, monkeypatch):
    monkeypatch.setattr(writer_module, "TURN_LIMIT", 0.02)
    async with house.writer.turn() as turn:
        await turn.change(insert(ROW), {"name": "stuck"})
        await house.write("next")
        with pytest.raises(RuntimeError, match="over"):
            await turn.rows(select(ROW))
        with pytest.raises(RuntimeError, match="over"):
            await turn.commit()
    assert house.stored() == ["next"]


async def test_closing_serves_who_waits_and_refuses_who_comes_later(house):
    waiting = [task(house.write(str(n))) for n in range(5)]
    await asyncio.sleep(0)
    await house.writer.close()
    await asyncio.gather(*waiting)
    assert len(house.stored()) == 5
    with pytest.raises(NotWritten):
        await house.write("late")
