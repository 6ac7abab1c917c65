"""Random units, failures and cancellations: no acknowledged work is lost, no undone work kept."""

import asyncio
import itertools
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from tests.unit.storage.test_writer import ROW, House, task

_files = itertools.count()


class Chaos:
    """Tasks that write, fail or are cancelled at random moments."""

    def __init__(self, house: House, random: Random) -> None:
        self.house = house
        self.random = random
        self.acked: set[str] = set()
        self.undone: set[str] = set()

    async def unit(self, name: str) -> None:
        fails = self.random.random() < 0.2
        committing = False
        try:
            async with self.house.writer.turn() as turn:
                await turn.change(insert(ROW), {"name": name})
                for _ in range(self.random.choice([0, 0, 1, 5])):
                    await asyncio.sleep(0)
                if fails:
                    raise KeyError  # noqa: TRY301 - a unit that fails in its middle
                committing = True
                await turn.commit()
        except (KeyError, asyncio.CancelledError):
            # A cancelled commit may have happened or not.
            if not committing:
                self.undone.add(name)
            raise
        self.acked.add(name)

    async def run(self, count: int) -> None:
        tasks = []
        for n in range(count):
            tasks.append(task(self.unit(str(n))))
            for _ in range(self.random.choice([0, 0, 0, 1, 3])):
                await asyncio.sleep(0)
            if self.random.random() < 0.5:
                self.random.choice(tasks).cancel()
        async with asyncio.timeout(10):
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.house.write("last")


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 40), limit=st.integers(1, 10))
def test_acknowledged_units_stay_and_undone_ones_do_not(tmp_path_factory, seed, count, limit):
    path = tmp_path_factory.getbasetemp() / f"chaos{next(_files)}.db"

    async def run() -> tuple[Chaos, list[str]]:
        house = House(path, limit)
        chaos = Chaos(house, Random(seed))
        await chaos.run(count)
        stored = house.stored()
        await house.close()
        return chaos, stored

    chaos, stored = asyncio.run(run())
    assert chaos.acked <= set(stored)
    assert not chaos.undone & set(stored)
    assert stored[-1] == "last"
    assert len(stored) == len(set(stored))
