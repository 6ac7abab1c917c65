"""The grouping writer: all units of work share one SQLite connection and its commits.

Units take turns in the order in which they asked. Each runs inside its own savepoint of the
transaction under way; one COMMIT then makes the whole group durable and resolves all of its
waiters together (5,000 durable units a second instead of a few hundred).

Statements run on the event loop: under the write lock they neither wait nor sync. BEGIN, which
may wait for another process, and COMMIT, which syncs, run in a thread. So nothing that a unit
does between getting and ending its turn can be cut in half by the cancellation of its task, and
ending a turn never awaits.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from engine.runtime.nursery import Nursery
from storage.database import (
    NotWritten,
    Record,
    Statement,
    Taken,
    Values,
    failures,
    is_unique_violation,
)
from storage.prepared import Prepared

# A group commits when nobody waits for a turn, when it holds so many units or is this old.
GROUP_LIMIT = 128
GROUP_SECONDS = 0.02
# A unit makes no outside calls, so one that takes this many real seconds is stuck.
TURN_LIMIT = 30.0

Group = asyncio.Future[None]


class Turn:
    """One unit's turn on the writer: statements, then exactly one end."""

    def __init__(self, connection: Connection, driver: sqlite3.Connection) -> None:
        loop = asyncio.get_running_loop()
        self.granted: asyncio.Future[Group] = loop.create_future()
        self.over: asyncio.Future[bool] = loop.create_future()
        self._connection = connection
        self._driver = driver

    async def rows(self, statement: Statement, values: Values = None) -> Sequence[Record]:
        """All rows that a statement gives."""
        self._require_open()
        with failures():
            if isinstance(statement, Prepared):
                return statement.rows(self._driver, values)
            return self._connection.execute(statement, values).all()

    async def change(self, statement: Statement, values: Values = None) -> int:
        """Number of rows that a statement touched."""
        self._require_open()
        with failures():
            if isinstance(statement, Prepared):
                return statement.change(self._driver, values)
            return self._connection.execute(statement, values).rowcount

    async def attempt(self, statement: Statement, values: Values = None) -> Sequence[Record]:
        """All rows, or ``Taken``: SQLite undoes only the failed statement."""
        try:
            return await self.rows(statement, values)
        except IntegrityError as error:
            if is_unique_violation(error):
                raise Taken from error
            raise

    async def attempt_all(self, statement: Statement, values: Sequence[Mapping[str, Any]]) -> int:
        """Number of rows touched, or ``Taken``; rows before the one that failed are touched."""
        self._require_open()
        try:
            with failures():
                if isinstance(statement, Prepared):
                    return statement.change(self._driver, values)
                return self._connection.execute(statement, values).rowcount
        except IntegrityError as error:
            if is_unique_violation(error):
                raise Taken from error
            raise

    async def commit(self) -> None:
        """End the turn, keeping its work; returns once the group's COMMIT is done."""
        self._require_open()
        try:
            self._driver.execute("RELEASE unit")
        except sqlite3.Error as error:
            raise NotWritten(f"the database could not keep the unit: {error}") from error
        self.over.set_result(True)
        # The work is the group's now: whoever waits for it may be cancelled, it may not.
        await asyncio.shield(self.granted.result())

    def grant(self, group: Group) -> bool:
        """Open the savepoint and let the unit run; False when the database refuses."""
        try:
            self._driver.execute("SAVEPOINT unit")
        except sqlite3.Error as error:
            self.granted.set_exception(NotWritten(f"the database cannot be written: {error}"))
            return False
        self.granted.set_result(group)
        return True

    def drop(self) -> None:
        """End the turn, undoing its work, unless it ended already."""
        if self.over.done():
            return
        if self.granted.done() and not self.granted.cancelled() and not self.granted.exception():
            self._undo()
        self.over.set_result(False)

    def _undo(self) -> None:
        """Undo the savepoint; where that fails, the whole group, which is then told."""
        try:
            # A failing database may have undone the whole transaction by itself.
            if self._driver.in_transaction:
                self._driver.execute("ROLLBACK TO unit")
                self._driver.execute("RELEASE unit")
        except sqlite3.Error:
            self._driver.rollback()

    def _require_open(self) -> None:
        if self.over.done():
            raise RuntimeError("the unit of work is over")
        # Outside a transaction every statement would commit by itself.
        if not self._driver.in_transaction:
            raise NotWritten("the database ended the transaction")


class Writer:
    """Serves turns; ``close`` waits for those that were asked for."""

    def __init__(
        self, connection: Connection, driver: sqlite3.Connection, *, limit: int = GROUP_LIMIT
    ) -> None:
        self._connection = connection
        self._driver = driver
        self._limit = limit
        self._queue: deque[Turn] = deque()
        self._asked = asyncio.Event()
        self._closing = False
        self._thread = ThreadPoolExecutor(1, "storage-writer")
        self.commits = 0
        self._service = Nursery().start("storage writer", self._serve())

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """Wait for a turn; what was not committed when the block ends is undone."""
        if self._closing or self._service.done():
            raise NotWritten("the database is closed")
        turn = Turn(self._connection, self._driver)
        self._queue.append(turn)
        self._asked.set()
        try:
            await turn.granted
            yield turn
        finally:
            turn.drop()

    async def close(self) -> None:
        """Serve who waits, then end."""
        self._closing = True
        self._asked.set()
        await asyncio.wait([self._service])
        self._thread.shutdown()

    async def _serve(self) -> None:
        try:
            while self._queue or not self._closing:
                if self._queue:
                    await self._run_group()
                else:
                    self._asked.clear()
                    await self._asked.wait()
        finally:
            self._refuse_all("the database was closed")

    async def _run_group(self) -> None:
        """One transaction: BEGIN, turns while somebody waits, COMMIT."""
        try:
            await self._off_loop("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            self._refuse_all(f"the database cannot be written: {error}")
            return
        group = asyncio.get_running_loop().create_future()
        try:
            await self._hold_turns(group)
            await self._off_loop("COMMIT")
        except sqlite3.Error as error:
            if self._driver.in_transaction:
                self._driver.execute("ROLLBACK")
            _fail(group, f"the database could not commit: {error}")
        except BaseException:
            _fail(group, "the database was closed")
            raise
        else:
            self.commits += 1
            group.set_result(None)

    async def _hold_turns(self, group: Group) -> None:
        """Let units work one after the other until the group is full or nobody waits."""
        loop = asyncio.get_running_loop()
        until = loop.time() + GROUP_SECONDS
        kept = 0
        while self._driver.in_transaction and (turn := self._next()):
            if turn.grant(group):
                stuck = loop.call_later(TURN_LIMIT, turn.drop)
                kept += await turn.over
                stuck.cancel()
            if kept >= self._limit or loop.time() > until:
                break

    def _next(self) -> Turn | None:
        """The next turn whose task still waits for it."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.granted.done():
                return turn
        return None

    def _refuse_all(self, why: str) -> None:
        while turn := self._next():
            turn.granted.set_exception(NotWritten(why))

    async def _off_loop(self, sql: str) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._driver.execute, sql)


def _fail(group: Group, why: str) -> None:
    """Tell everybody whose work was in the group; all of them may be gone already."""
    group.set_exception(NotWritten(why))
    group.exception()
