"""kill -9 while a thousand units are acknowledged: every acknowledged one is there."""

import asyncio
import sys
from pathlib import Path

from storage.opening import open_storage
from tests.contract.storage import writer_process

ROOT = Path(__file__).parents[3]


async def test_a_killed_process_loses_no_acknowledged_unit(url):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        writer_process.__file__,
        url,
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    acked = set()
    async with asyncio.timeout(60):
        while len(acked) < 1000:
            acked.add((await process.stdout.readline()).strip().decode())
        process.kill()
        rest = await process.stdout.read()
        await process.wait()
    # The pipe's last line may be cut in half by the kill.
    acked |= {line.decode() for line in rest.split(b"\n")[:-1]}
    storage = await open_storage(url)
    async with storage.reading() as unit:
        stored = [entry.target for entry in await unit.audit.recent(limit=1_000_000)]
    await storage.close()
    assert acked <= set(stored)
    assert len(stored) == len(set(stored))
