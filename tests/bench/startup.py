# ruff: noqa: T201 - a benchmark prints
"""How long `skipper run` takes until it trades, and what it then weighs. By hand:

    PYTHONPATH=. python tests/bench/startup.py [bots]

Prints start-up seconds and resident megabytes beside the limits (2 s, 130 MB) for a service with
that many running bots (10) on the local servers; half of them hold a protected position.
"""

import asyncio
import sys
import tempfile
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from engine.core.account import Role
from engine.core.bot_config import BotConfig, Mode
from engine.core.bot_state import BotEvent, next_bot_state
from storage.opening import open_storage
from tests.journeys.world import World, world

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT")
LIMIT_SECONDS, LIMIT_MB = 2.0, 130.0


async def furnish(folder: Path, bots: int) -> None:
    """Write running paper bots straight into the database."""
    storage = await open_storage(f"sqlite+aiosqlite:///{folder / 'skipper.db'}")
    async with storage.system() as unit:
        account = await unit.accounts.add(1, "operator", Role.ADMIN, 0)
        await unit.commit()
    async with storage.of(account.id) as unit:
        for number in range(bots):
            config = BotConfig(
                name=f"bot {number}",
                symbol=SYMBOLS[number % len(SYMBOLS)],
                mode=Mode.PAPER,
                stop_loss=Decimal(1),
            )
            bot = await unit.bots.add(config, 0)
            await unit.bots.save(replace(bot, state=next_bot_state(bot.state, BotEvent.START)))
        await unit.commit()
    await storage.close()


def resident_mb(pid: int) -> float:
    """Resident memory of a process now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


async def one_start(w: World) -> tuple[float, float]:
    """Seconds to trading, and megabytes some seconds later."""
    began = time.perf_counter()
    await w.service.start()
    seconds = time.perf_counter() - began
    await asyncio.sleep(8)
    megabytes = resident_mb(w.service.pid)
    await w.service.stop()
    return seconds, megabytes


async def main(bots: int) -> None:
    folder = Path(tempfile.mkdtemp())
    async with world(folder, speed=60) as w:
        await furnish(folder, bots)
        runs = [await one_start(w) for _ in range(3)]
    seconds = sorted(run[0] for run in runs)[1]
    megabytes = max(run[1] for run in runs)
    share, weight = seconds / LIMIT_SECONDS, megabytes / LIMIT_MB
    print(f"{bots} bots: trading after {seconds:.2f} s ({share:.0%} of the limit)")
    print(f"{bots} bots: {megabytes:.0f} MB resident ({weight:.0%} of the limit)")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
