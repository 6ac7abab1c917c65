"""Commits units from many tasks for ever and prints the number of each one that was acked."""

import asyncio
import itertools
import sys

from engine.core.account import AuditEntry
from storage.opening import open_storage


async def main(url: str) -> None:
    storage = await open_storage(url)
    numbers = itertools.count()

    async def work() -> None:
        while True:
            number = next(numbers)
            async with storage.system() as unit:
                await unit.audit.add(AuditEntry(1, "a", "act", str(number), number))
                await unit.commit()
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()

    await asyncio.gather(*(work() for _ in range(20)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
