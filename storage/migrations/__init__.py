"""Schema versions, brought up to date at every start."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from engine.core.errors import ConfigError
from storage.database import SQLITE, parse_url

# The newest version in versions/; a test holds it true.
HEAD = "0003"
# Any number that no other program on the same server takes for its lock.
_LOCK = 7_530_911


async def migrate(url: str) -> None:
    """Bring the database to the newest schema, in one transaction.

    Raises ConfigError when it cannot be used or was written by a newer version of the program.
    """
    parsed = parse_url(url)
    sqlite = parsed.get_backend_name() == SQLITE
    engine = create_async_engine(parsed, isolation_level="AUTOCOMMIT")
    begin = "BEGIN IMMEDIATE" if sqlite else "BEGIN"
    try:
        if sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            # A file that does not open kills the thread behind an asynchronous connection.
            sqlite3.connect(parsed.database).close()
        async with engine.connect() as connection:
            await connection.exec_driver_sql(begin)
            try:
                await connection.run_sync(_upgrade if sqlite else _locked(_upgrade))
                await connection.exec_driver_sql("COMMIT")
            except BaseException:
                await connection.exec_driver_sql("ROLLBACK")
                raise
    except (DBAPIError, OSError, sqlite3.Error) as error:
        where = parsed.render_as_string(hide_password=True)
        cause = getattr(error, "orig", error)
        raise ConfigError(f"database {where} cannot be used: {cause}") from error
    finally:
        await engine.dispose()


def _locked(upgrade: Callable[[Connection], None]) -> Callable[[Connection], None]:
    """Two processes that start together upgrade one after the other."""

    def run(connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        upgrade(connection)

    return run


def _upgrade(connection: Connection) -> None:
    """Nothing when the schema is the newest; only else is the machinery imported (10 MB)."""
    if _version_of(connection) == HEAD:
        return
    from storage.migrations.upgrade import upgrade

    upgrade(connection)


def _version_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(
        text("SELECT version_num FROM alembic_version")
    ).scalar_one_or_none()
    return version
