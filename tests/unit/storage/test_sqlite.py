"""The SQLite file: how it is opened, and what is refused at start."""

import shutil
import sqlite3

import pytest
from sqlalchemy import make_url

from engine.core.account import Credentials
from engine.core.bot_config import Environment
from engine.core.errors import ConfigError
from storage.opening import check_canary, open_storage, rotate_master_key
from storage.sqlite import version_warnings, writer_engine
from storage.vault import FernetVault, SqlKeyRing
from tests.contract.storage import makers
from tests.contract.storage.makers import AT


def at(path) -> str:
    return f"sqlite+aiosqlite:///{path}"


@pytest.mark.parametrize(
    ("version", "warns"), [((3, 40, 1), True), ((3, 51, 2), True), ((3, 51, 3), False)]
)
def test_a_library_with_the_wal_fault_is_warned_of(version, warns):
    assert bool(version_warnings(version)) is warns


def test_the_writer_is_durable_and_holds_foreign_keys(tmp_path):
    engine = writer_engine(make_url(at(tmp_path / "w.db")))
    with engine.connect() as connection:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]
    engine.dispose()
    assert found == ["wal", 2, 1, 10_000]


async def full_file(path):
    storage = await open_storage(at(path))
    for n in range(50):
        await makers.person(storage, n, f"person {n}")
    await storage.close()
    return path


@pytest.mark.parametrize("damage", ["text", "cut", "flipped"])
async def test_a_damaged_file_is_refused_with_what_to_do(tmp_path, damage):
    path = await full_file(tmp_path / "w.db")
    content = bytearray(path.read_bytes())
    if damage == "text":
        content = bytearray(b"not a database at all, " * 1000)
    elif damage == "cut":
        content = content[: len(content) // 2]
    else:
        for page in range(1, len(content) // 4096):
            content[page * 4096 + 3 : page * 4096 + 12] = b"\xff" * 9
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be used") as caught:
        await open_storage(at(path))
    assert "\n" not in str(caught.value)


async def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be used"):
        await open_storage(at(tmp_path / "file" / "w.db"))


async def test_a_copy_of_a_file_opens_elsewhere(tmp_path):
    path = await full_file(tmp_path / "w.db")
    shutil.copy(path, tmp_path / "copy.db")
    storage = await open_storage(at(tmp_path / "copy.db"))
    async with storage.reading() as unit:
        assert len(await unit.accounts.all()) == 50
    await storage.close()


async def test_unfinished_orders_and_waiting_alerts_are_found_by_index(tmp_path):
    path = await full_file(tmp_path / "w.db")
    storage = await open_storage(at(path))
    seen = []
    storage._database.writer._driver.set_trace_callback(seen.append)
    async with storage.system() as unit:
        await unit.orders.unfinished("paper:1")
        await unit.outbox.claim(limit=5, at=AT)
        await unit.outbox.depth()
    await storage.close()
    with sqlite3.connect(path) as other:
        plans = [
            other.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()[0][3]
            for sql in seen
            if sql.startswith("SELECT")
        ]
    other.close()
    assert "ix_orders_unfinished" in plans[0]
    assert all("ix_outbox_waiting" in plan for plan in plans[1:])
    assert len(plans) == 3


async def test_a_key_is_read_with_the_master_key_it_was_rotated_to(tmp_path):
    storage = await open_storage(at(tmp_path / "w.db"))
    old, new = FernetVault(b"o" * 32), FernetVault(b"n" * 32)
    credentials = Credentials("api", "secret", Environment.LIVE)
    await check_canary(storage, old)
    who = await makers.person(storage, 1, "Anna")
    async with storage.of(who.account.id) as unit:
        await unit.keys.set_state(who.key.id, who.key.state.REMOVED, "", AT)
        sealed = old.seal(who.account.id, credentials)
        key = await unit.keys.add("k", Environment.LIVE, "f", sealed, AT, ip_restricted=True)
        await unit.commit()
    assert await SqlKeyRing(storage, old).credentials(key.id) == credentials
    assert await rotate_master_key(storage, old, new) == 1
    await check_canary(storage, new)
    assert await SqlKeyRing(storage, new).credentials(key.id) == credentials
    with pytest.raises(ConfigError):
        await check_canary(storage, old)
    assert await rotate_master_key(storage, old, new) == 1
    with pytest.raises(ConfigError):
        await rotate_master_key(storage, old, FernetVault(b"x" * 32))
    await storage.close()


async def test_a_secret_swapped_into_another_users_row_is_refused(tmp_path):
    storage = await open_storage(at(tmp_path / "w.db"))
    vault = FernetVault(b"o" * 32)
    anna, bert = [await makers.person(storage, n, name) for n, name in ((1, "A"), (2, "B"))]
    async with storage.system() as unit:
        sealed = vault.seal(anna.account.id, Credentials("a", "s", Environment.LIVE))
        await unit.keys.reseal(anna.key.id, sealed)
        await unit.keys.reseal(bert.key.id, sealed)
        await unit.commit()
    ring = SqlKeyRing(storage, vault)
    assert (await ring.credentials(anna.key.id)).secret == "s"
    with pytest.raises(ConfigError):
        await ring.credentials(bert.key.id)
    await storage.close()
