"""Units of work: all or nothing, and readers beside the writer."""

import asyncio

import pytest

from engine.core.account import AuditEntry
from engine.core.errors import ConfigError, Conflict
from storage.opening import check_canary, open_storage
from storage.vault import FernetVault
from tests.contract.storage import makers
from tests.contract.storage.makers import AT

ENTRY = AuditEntry(1, "me", "did", "this", AT)


async def entries(storage) -> int:
    async with storage.reading() as unit:
        return len(await unit.audit.recent(limit=1000))


async def test_a_committed_unit_is_there_after_opening_again(storage, url):
    async with storage.system() as unit:
        await unit.audit.add(ENTRY)
        await unit.commit()
    await storage.close()
    again = await open_storage(url)
    assert await entries(again) == 1
    await again.close()


async def test_a_unit_left_without_commit_leaves_nothing(storage):
    async with storage.system() as unit:
        await unit.audit.add(ENTRY)
    assert await entries(storage) == 0


async def test_a_unit_left_by_an_exception_leaves_nothing(storage):
    async def fail() -> None:
        async with storage.system() as unit:
            await unit.audit.add(ENTRY)
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    assert await entries(storage) == 0


async def test_a_refused_row_does_not_spoil_the_rest_of_its_unit(storage, anna):
    async with storage.system() as unit:
        await unit.signals.add(anna.bot.id, makers.signal(), "entry", None)
        with pytest.raises(Conflict):
            await unit.signals.add(anna.bot.id, makers.signal(), "entry", None)
        await unit.audit.add(ENTRY)
        await unit.commit()
    assert await entries(storage) == 1


async def test_nothing_is_written_after_the_commit(storage):
    async with storage.system() as unit:
        await unit.audit.add(ENTRY)
        await unit.commit()
        with pytest.raises(RuntimeError):
            await unit.audit.add(ENTRY)
        with pytest.raises(RuntimeError):
            await unit.commit()
    assert await entries(storage) == 1


async def test_a_reader_neither_sees_nor_blocks_what_is_not_committed(storage):
    async with storage.system() as unit:
        await unit.audit.add(ENTRY)
        async with asyncio.timeout(5):
            assert await entries(storage) == 0
        await unit.commit()
    assert await entries(storage) == 1


async def test_a_reader_sees_one_moment(storage):
    async with storage.reading() as reader:
        assert await reader.audit.recent(limit=5) == []
        async with asyncio.timeout(5), storage.system() as unit:
            await unit.audit.add(ENTRY)
            await unit.commit()
        assert await reader.audit.recent(limit=5) == []
    assert await entries(storage) == 1


async def test_a_reading_unit_cannot_write(storage):
    async with storage.reading() as unit:
        with pytest.raises(RuntimeError):
            await unit.commit()
    with pytest.raises(Exception, match=r"readonly|read-only"):
        async with storage.reading() as unit:
            await unit.audit.add(ENTRY)
    assert await entries(storage) == 0


async def test_a_cancelled_reader_leaves_the_storage_usable(storage):
    async def read() -> None:
        async with storage.reading() as unit:
            while True:
                await unit.audit.recent(limit=5)
                await asyncio.sleep(0)

    readers = [asyncio.ensure_future(read()) for _ in range(5)]  # noqa: TID251
    for n in range(20):
        await asyncio.sleep(0)
        if n % 4 == 0:
            readers[n // 4].cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    assert await entries(storage) == 0


async def test_each_start_has_its_own_id_part(storage):
    async with storage.system() as unit:
        boots = [await unit.installs.boot(AT + n) for n in range(40)]
        await unit.commit()
    parts = [boot.install for boot in boots]
    assert [boot.lease for boot in boots] == list(range(1, 41))
    assert len(set(parts)) == 40
    assert {part[:4] for part in parts} == {parts[0][:4]}
    assert parts[0][4:] == "1"
    assert parts[35][4:] == "10"
    assert all((part.isalnum() and part.islower()) or part.isdigit() for part in parts)


async def test_two_installations_have_different_parts(storage):
    async with storage.system() as unit:
        first = (await unit.installs.boot(AT)).install
    async with storage.system() as unit:
        assert (await unit.installs.boot(AT)).install != first


async def test_a_wrong_master_key_is_refused_at_start(storage):
    right, wrong = FernetVault(b"r" * 32), FernetVault(b"w" * 32)
    await check_canary(storage, right)
    await check_canary(storage, right)
    with pytest.raises(ConfigError, match="not the one this database was made with"):
        await check_canary(storage, wrong)


async def test_keys_without_the_mark_of_their_master_key_are_refused(storage, anna):
    with pytest.raises(ConfigError, match="mark of their master key"):
        await check_canary(storage, FernetVault(b"r" * 32))
