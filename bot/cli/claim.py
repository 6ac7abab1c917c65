"""Claim: one service per PostgreSQL database, on whatever computer it runs."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import click
import structlog

from engine.core.errors import ConfigError

# Any number that no other program on the same database takes for its lock.
_LOCK = 7_530_912
_PATIENCE = 5.0
_LOOK_EVERY = 5.0
_HOLDER = """
SELECT application_name, client_addr FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objid = $1
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_log = structlog.get_logger("claim")


class Claim:
    """A session that holds the database's lock; PostgreSQL frees it when the session ends."""

    def __init__(self, session: Any, lost: Callable[[], None]) -> None:
        self._session = session
        self._lost = lost

    async def watch(self) -> None:
        """Ask every few seconds whether the session still lives; calls ``lost`` when not.

        A server forgets a dead peer much later, so nobody else has the lock before we know.
        """
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            try:
                await self._session.execute("SELECT 1", timeout=_PATIENCE)
            except Exception as error:  # noqa: BLE001 - whatever it is, the claim is not certain
                _log.error("the claim on the database is lost", why=type(error).__name__)
                self._lost()
                return


@asynccontextmanager
async def claimed(url: str, lost: Callable[[], None]) -> AsyncIterator[Claim]:
    """Claim the database at ``postgresql+asyncpg://…``.

    Raises ClickException naming the service that has it, ConfigError when it is out of reach.
    """
    session = await _connected(url.replace("+asyncpg", "", 1))
    try:
        if not await session.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
            holder = await session.fetchrow(_HOLDER, _LOCK)
            who = f"{holder[0]} at {holder[1]}" if holder else "another process"
            raise click.ClickException(f"Skipper is running already: {who} holds the database")
        yield Claim(session, lost)
    finally:
        await session.close(timeout=_PATIENCE)


async def _connected(url: str) -> Any:
    try:
        import asyncpg
    except ImportError:
        raise ConfigError("PostgreSQL needs its extra: pip install '.[postgres]'") from None
    name = f"skipper, process {os.getpid()} on {socket.gethostname()}"[:63]
    try:
        return await asyncpg.connect(
            url, timeout=_PATIENCE, server_settings={"application_name": name}
        )
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError) as error:
        raise ConfigError(f"database.url: PostgreSQL cannot be used: {error}") from None
