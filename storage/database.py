"""What the repositories need of a database, whichever it is: a session, and how it fails."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Protocol

from sqlalchemy import Row
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.sql.base import Executable

from engine.core.errors import ConfigError, DatabaseFailed
from storage.prepared import Prepared

SQLITE, POSTGRES = "sqlite", "postgresql"


# A row of any columns; one that a prepared statement gives knows no names.
Record = Row[*tuple[Any, ...]]
Statement = Executable | Prepared
Values = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class NotWritten(DatabaseFailed):
    """The database did not take the unit. Its rows are not durable."""


class Taken(Exception):
    """A unique index forbids the row; the unit of work stays usable."""


class Session(Protocol):
    """Runs statements inside one unit of work; ``values`` are what an INSERT or UPDATE writes.

    An INSERT takes many rows at once.

    Every statement raises ``DatabaseFailed`` when it is the database that fails.
    """

    async def rows(self, statement: Statement, values: Values = None) -> Sequence[Record]:
        """All rows that a SELECT or a RETURNING clause gives."""
        ...

    async def change(self, statement: Statement, values: Values = None) -> int:
        """Number of rows that a statement touched."""
        ...

    async def attempt(self, statement: Statement, values: Values = None) -> Sequence[Record]:
        """Like ``rows`` for a write that a unique index may forbid: then raises ``Taken``."""
        ...

    async def attempt_all(self, statement: Statement, values: Sequence[Mapping[str, Any]]) -> int:
        """Number of rows that a write touched, carried out once for each of ``values``.

        Raises ``Taken`` as ``attempt`` does; with several values the unit is then of no use.
        """
        ...


class Work(Session, Protocol):
    """A session that ends with a commit."""

    async def commit(self) -> None:
        """Make everything durable; raises ``NotWritten``, or RuntimeError when it cannot be."""
        ...


class Database(Protocol):
    """Hands out sessions."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the operator should be told at start."""
        ...

    def writing(self) -> AbstractAsyncContextManager[Work]:
        """A session that rolls back unless it was committed."""
        ...

    def reading(self) -> AbstractAsyncContextManager[Work]:
        """A read-only snapshot."""
        ...

    async def close(self) -> None:
        """End everything; units under way are refused."""
        ...


def parse_url(text: str) -> URL:
    """URL of a supported database; raises ConfigError naming what is wrong."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigError(
            "database.url is not a URL: write sqlite+aiosqlite:///file or postgresql+asyncpg://…"
        ) from None
    if url.drivername == "sqlite+aiosqlite" and url.database and ":memory:" not in url.database:
        return url
    if url.drivername == "postgresql+asyncpg":
        return url
    raise ConfigError(
        f"database.url: {url.render_as_string(hide_password=True)} is not supported: "
        "write sqlite+aiosqlite:///file or postgresql+asyncpg://user:password@host/name"
    )


@contextmanager
def failures() -> Iterator[None]:
    """Tell what breaks below a statement as DatabaseFailed; what a constraint says passes."""
    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, OSError) as error:
        cause = getattr(error, "orig", error)
        raise DatabaseFailed(f"the database failed: {cause}") from error


def is_unique_violation(error: IntegrityError) -> bool:
    """Whether a unique index, and not a foreign key or a missing value, refused the row."""
    return "unique constraint" in str(error.orig).lower()
