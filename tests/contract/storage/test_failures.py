"""A database that is locked, read-only, full or gone: told by type, nothing lost, nothing kept."""

import asyncio
import sqlite3
import sys

import pytest

from engine.core.account import AuditEntry
from engine.core.errors import DatabaseFailed, SkipperError
from storage.database import NotWritten
from storage.opening import open_storage
from tests.contract.storage.conftest import on_server
from tests.contract.storage.makers import AT

HOLD = """
import sqlite3, sys
holder = sqlite3.connect(sys.argv[1], isolation_level=None)
holder.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
"""


async def write(storage, act="did"):
    async with storage.system() as unit:
        await unit.audit.add(AuditEntry(1, "me", act, "this", AT))
        await unit.commit()


async def acts(storage):
    async with storage.reading() as unit:
        return [entry.act for entry in await unit.audit.recent(limit=99)]


async def locked_by_another(url):
    """Another process that holds the write lock until its standard input ends."""
    path = url.removeprefix("sqlite+aiosqlite:///")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, path, stdin=pipe, stdout=pipe
    )
    assert await process.stdout.readline() == b"locked\n"
    return process


async def unlocked(process):
    process.stdin.close()
    await process.wait()


async def test_units_wait_while_another_process_holds_the_lock_and_all_land(sqlite_url):
    storage = await open_storage(sqlite_url)
    holder = await locked_by_another(sqlite_url)

    waiting = [asyncio.ensure_future(write(storage, str(n))) for n in range(9)]  # noqa: TID251
    done, _ = await asyncio.wait(waiting, timeout=0.3)
    assert not done
    assert await acts(storage) == []
    await unlocked(holder)
    await asyncio.gather(*waiting)

    assert sorted(await acts(storage)) == [str(n) for n in range(9)]
    await storage.close()


async def test_a_lock_that_lasts_too_long_is_told_and_survived(sqlite_url):
    storage = await open_storage(sqlite_url)
    storage._database.writer._driver.execute("PRAGMA busy_timeout = 50")
    holder = await locked_by_another(sqlite_url)

    with pytest.raises(NotWritten, match="cannot be written: database is locked"):
        await write(storage)
    await unlocked(holder)
    await write(storage, "later")

    assert await acts(storage) == ["later"]
    await storage.close()


@pytest.mark.parametrize(
    ("pragma", "back", "told"),
    [
        ("query_only = ON", "query_only = OFF", "readonly"),
        ("max_page_count = 1", "max_page_count = 1000000", "full"),
    ],
)
async def test_a_database_that_takes_no_rows_is_told_by_type(pragma, back, told, sqlite_url):
    storage = await open_storage(sqlite_url)
    driver = storage._database.writer._driver
    driver.execute(f"PRAGMA {pragma}")

    texts = [f"{n:04}" * 1000 for n in range(90)]
    results = await asyncio.gather(*(write(storage, t) for t in texts), return_exceptions=True)
    refused = [result for result in results if result is not None]
    driver.execute(f"PRAGMA {back}")
    await write(storage, "later")

    assert refused
    assert all(isinstance(error, DatabaseFailed) for error in refused)
    assert any(told in str(error) for error in refused)
    kept = {text for text, result in zip(texts, results, strict=True) if result is None}
    assert set(await acts(storage)) == {"later", *kept}
    await storage.close()


async def test_a_file_damaged_under_a_running_process_is_told_by_type(sqlite_url):
    path = sqlite_url.removeprefix("sqlite+aiosqlite:///")
    storage = await open_storage(sqlite_url)
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    with open(path, "r+b") as file:  # noqa: PTH123, ASYNC230 - a fault, not a way to write
        file.seek(4096)
        file.write(b"\xff" * 400_000)

    with pytest.raises(SkipperError, match=r"malformed|not a database"):
        await acts(storage)
    await storage.close()


@pytest.mark.postgres
async def test_a_server_that_drops_its_connections_is_told_by_type_and_met_again(postgres_url):
    storage = await open_storage(postgres_url)
    name = postgres_url.rsplit("/", 1)[1]
    drop = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    async with storage.system() as unit:
        await unit.audit.add(AuditEntry(1, "me", "lost", "this", AT))
        await on_server(drop)
        with pytest.raises(DatabaseFailed):
            await unit.audit.add(AuditEntry(1, "me", "lost", "this", AT))
    await write(storage, "later")
    assert await acts(storage) == ["later"]

    await on_server(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", drop)
    with pytest.raises(DatabaseFailed):
        await write(storage)
    with pytest.raises(DatabaseFailed):
        await acts(storage)
    await on_server(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert await acts(storage) == ["later"]
    await storage.close()
