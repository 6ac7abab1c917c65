"""PostgreSQL: every unit is a transaction of its own on a pooled connection."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from engine.core.errors import ConfigError
from storage.connected import Connected
from storage.database import Work, failures


class PostgresDatabase:
    """One database on a server."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.warnings: tuple[str, ...] = ()

    @classmethod
    async def open(cls, url: URL) -> "PostgresDatabase":
        """Connect once; raises ConfigError when the server cannot be reached."""
        engine = create_async_engine(url, pool_pre_ping=True)
        try:
            async with engine.connect():
                return cls(engine)
        except (OSError, DBAPIError) as error:
            await engine.dispose()
            where = url.render_as_string(hide_password=True)
            raise ConfigError(f"database {where} cannot be reached: {error}") from None

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Work]:
        """A transaction; leaving it without commit rolls back."""
        async with AsyncExitStack() as stack:
            yield Connected(await self._connect(stack), writable=True)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Work]:
        """A read-only transaction that sees one snapshot."""
        async with AsyncExitStack() as stack:
            connection = await self._connect(stack)
            await connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            yield Connected(connection, writable=False)

    async def _connect(self, stack: AsyncExitStack) -> AsyncConnection:
        with failures():
            return await stack.enter_async_context(self._engine.connect())

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()
