"""SQLite: one writer connection for all units, pooled readers with snapshots beside it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from engine.core.errors import ConfigError
from storage.database import Work, failures
from storage.snapshot import Snapshot
from storage.writer import Writer

BUSY_MS = 10_000
# Readers are on the event loop, and only a file that is being mended keeps them waiting.
READER_BUSY_MS = 500
# A rare corruption of the log by several connections, mended in this version:
# https://sqlite.org/wal.html#walresetbug
WAL_RESET_FIXED = (3, 51, 3)


class SqliteDatabase:
    """One database file."""

    def __init__(self, engine: Engine, connection: Connection, readers: Engine) -> None:
        self._engine = engine
        self._connection = connection
        self._readers = readers
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        self.writer = Writer(connection, driver)

    @classmethod
    def open(cls, url: URL) -> "SqliteDatabase":
        """Open and check the file; raises ConfigError when it is damaged or out of reach."""
        engine = writer_engine(url)
        try:
            connection = engine.connect()
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        except DBAPIError as error:
            engine.dispose()
            raise ConfigError(_unusable(url, str(error.orig))) from None
        if found != "ok":
            connection.close()
            engine.dispose()
            raise ConfigError(_unusable(url, str(found)))
        return cls(engine, connection, reader_engine(url))

    @property
    def warnings(self) -> tuple[str, ...]:
        """A library version with a known fault."""
        return version_warnings(sqlite3.sqlite_version_info)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Work]:
        """A turn on the writer."""
        async with self.writer.turn() as turn:
            yield turn

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Work]:
        """A snapshot, which begins with the first statement."""
        with failures():
            connected = self._readers.connect()
        with connected as connection:
            connection.exec_driver_sql("BEGIN")
            # Giving the connection back to the pool rolls back.
            yield Snapshot(connection)

    async def close(self) -> None:
        """End the writer, then every connection."""
        await self.writer.close()
        self._readers.dispose()
        self._connection.close()
        self._engine.dispose()


def writer_engine(url: URL) -> Engine:
    """Engine of the one connection that writes; transactions are opened by hand."""
    engine = create_engine(
        url.set(drivername="sqlite"),
        isolation_level="AUTOCOMMIT",
        # Used by the event loop and by the writer's thread, never by both at once.
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_writer)
    return engine


def reader_engine(url: URL) -> Engine:
    """Engine of the readers; nobody ever waits for one of its connections."""
    engine = create_engine(
        url.set(drivername="sqlite"),
        isolation_level="AUTOCOMMIT",
        max_overflow=-1,
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_reader)
    return engine


def version_warnings(version: tuple[int, int, int]) -> tuple[str, ...]:
    """What is wrong with this version of the SQLite library."""
    if version >= WAL_RESET_FIXED:
        return ()
    have = ".".join(str(part) for part in version)
    return (
        f"SQLite {have} has a rare fault that can damage the database (fixed in 3.51.3): "
        "upgrade it, and let no other program open the database while Skipper runs",
    )


def _prepare_writer(driver: Any, _record: ConnectionPoolEntry) -> None:
    cursor = driver.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _prepare_reader(driver: Any, _record: ConnectionPoolEntry) -> None:
    cursor = driver.cursor()
    for pragma in (f"busy_timeout = {READER_BUSY_MS}", "query_only = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _unusable(url: URL, why: str) -> str:
    return f"database {url.database} cannot be used ({why}): restore a backup or mend the path"
