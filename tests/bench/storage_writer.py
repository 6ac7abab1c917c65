# ruff: noqa: T201
"""Durable writes: the grouping writer next to a session per coroutine. Run by hand:

python tests/bench/storage_writer.py [coroutines] [units each]
"""

import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable

from sqlalchemy import event, insert
from sqlalchemy.ext.asyncio import create_async_engine

from engine.core.account import AuditEntry
from storage.migrations import migrate
from storage.models.people import audit
from storage.opening import open_storage
from storage.repos.base import values_of

ENTRY = AuditEntry(1, "bench", "write", "row", 1, "before", "after")
Write = Callable[[], Awaitable[None]]


async def main(coroutines: int, units: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await grouped(f"sqlite+aiosqlite:///{folder}/grouped.db", coroutines, units)
        await naive(f"sqlite+aiosqlite:///{folder}/naive.db", coroutines, max(units // 20, 2))


async def grouped(url: str, coroutines: int, units: int) -> None:
    storage = await open_storage(url)

    async def write() -> None:
        async with storage.system() as unit:
            await unit.audit.add(ENTRY)
            await unit.commit()

    await measure("grouping writer", write, coroutines, units)
    print(f"  {storage._database.writer.commits} COMMITs for {coroutines * units} units")
    await storage.close()


async def naive(url: str, coroutines: int, units: int) -> None:
    await migrate(url)
    engine = create_async_engine(
        url, pool_size=coroutines, pool_timeout=300, connect_args={"timeout": 300}
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(driver: object, _record: object) -> None:
        cursor = driver.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    async def write() -> None:
        async with engine.begin() as connection:
            await connection.execute(insert(audit).values(**values_of(ENTRY)))

    await measure("session per coroutine", write, coroutines, units)
    await engine.dispose()


async def measure(name: str, write: Write, coroutines: int, units: int) -> None:
    waits: list[float] = []

    async def work() -> None:
        for _ in range(units):
            began = time.perf_counter()
            await write()
            waits.append(time.perf_counter() - began)

    await write()
    # One full pass of the garbage collector over the imports would be the whole p99.
    gc.collect()
    gc.freeze()
    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(coroutines)))
    seconds = time.perf_counter() - began
    waits.sort()
    p50, p99 = (waits[int(len(waits) * share)] * 1000 for share in (0.5, 0.99))
    print(f"{name}: {len(waits) / seconds:,.0f} units/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms")


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    asyncio.run(main(*(given or [100, 100])))
