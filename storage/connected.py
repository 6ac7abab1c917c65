"""A session on a connection of its own: PostgreSQL's units and everybody's readers."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

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


class Connected:
    """Statements on one connection, inside its transaction."""

    def __init__(self, connection: AsyncConnection, *, writable: bool) -> None:
        self._connection = connection
        self._writable = writable
        self._over = False

    async def rows(self, statement: Statement, values: Values = None) -> Sequence[Record]:
        """All rows that a statement gives."""
        return (await self._run(statement, values)).all()

    async def change(self, statement: Statement, values: Values = None) -> int:
        """Number of rows that a statement touched."""
        return (await self._run(statement, values)).rowcount

    async def attempt(self, statement: Statement, values: Values = None) -> Sequence[Record]:
        """All rows, or ``Taken``; a savepoint keeps the transaction alive (PostgreSQL)."""
        try:
            async with self._connection.begin_nested():
                return await self.rows(statement, values)
        except IntegrityError as error:
            if is_unique_violation(error):
                raise Taken from error
            raise

    async def attempt_all(self, statement: Statement, values: Sequence[Mapping[str, Any]]) -> int:
        """Number of rows touched, or ``Taken``; the driver counts them one by one."""
        try:
            async with self._connection.begin_nested():
                return sum([await self.change(statement, each) for each in values])
        except IntegrityError as error:
            if is_unique_violation(error):
                raise Taken from error
            raise

    async def commit(self) -> None:
        """Make it durable."""
        if not self._writable:
            raise RuntimeError("a reading unit has nothing to commit")
        self._require_open()
        self._over = True
        try:
            await self._connection.commit()
        except (DBAPIError, OSError) as error:
            cause = getattr(error, "orig", error)
            raise NotWritten(f"the database could not commit: {cause}") from error

    async def _run(self, statement: Statement, values: Values) -> CursorResult[Any]:
        self._require_open()
        with failures():
            plain = statement.statement if isinstance(statement, Prepared) else statement
            return await self._connection.execute(plain, values)

    def _require_open(self) -> None:
        if self._over:
            raise RuntimeError("the unit of work is over")
