"""A reader's session on SQLite: one moment of the file, beside the writer."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection

from storage.database import Record, Statement, Values, failures
from storage.prepared import Prepared


class Snapshot:
    """Statements of one reader.

    They run on the event loop, as the writer's do: a reader waits for nobody, and handing each
    statement to a thread and back would take longer than the statement.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver = cast("sqlite3.Connection", connection.connection.driver_connection)

    async def rows(self, statement: Statement, values: Values = None) -> Sequence[Record]:
        """All rows that a statement gives."""
        with failures():
            if isinstance(statement, Prepared):
                return statement.rows(self._driver, values)
            return self._connection.execute(statement, values).all()

    async def change(self, statement: Statement, values: Values = None) -> int:
        """Number of rows that a statement touched; the database refuses it."""
        with failures():
            if isinstance(statement, Prepared):
                return statement.change(self._driver, values)
            return self._connection.execute(statement, values).rowcount

    async def attempt(self, statement: Statement, values: Values = None) -> Sequence[Record]:
        """As ``rows``."""
        return await self.rows(statement, values)

    async def attempt_all(self, statement: Statement, values: Sequence[Mapping[str, Any]]) -> int:
        """As ``change``."""
        with failures():
            if isinstance(statement, Prepared):
                return statement.change(self._driver, values)
            return self._connection.execute(statement, values).rowcount

    async def commit(self) -> None:
        """Raise RuntimeError."""
        raise RuntimeError("a reading unit has nothing to commit")
