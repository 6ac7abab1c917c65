# ruff: noqa: T201 - a benchmark prints
"""How long a killed service takes until everything is reconciled and covered. By hand:

    python -m tests.bench.recovery [bots] [accounts]

A service with that many bots (100) on that many accounts (10) holds a position with every bot. It
is killed in the middle of placing exits for a part of them, and started again. From outside, by
the exchange's book and the rows, it prints the seconds from the start until every position stands
under a live stop of its whole size, and until an order whose answer and request were lost is
settled. Limits: 15 s and 45 s.
"""

import asyncio
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from engine.core.account import Credentials, Role
from engine.core.bot_config import BotConfig, Environment, Mode
from engine.core.bot_state import BotEvent, next_bot_state
from storage.opening import check_canary, open_storage
from storage.vault import FernetVault, load_master_key
from tests.chaos.evidence import Evidence, Row, Watch
from tests.chaos.installation import Installation, installation
from tests.chaos.order_checks import positions_are_covered

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT")
COVERED_LIMIT, SETTLED_LIMIT = 15.0, 45.0
MONEY = {"USDT": Decimal(100_000)}
SPEED, SEED = 60.0, 3
_GIVE_UP = 120.0
_BUY_SOON = {"ema_fast": 2, "ema_slow": 4, "overbought": 95}


async def furnish(world: Installation, bots: int, accounts: int) -> dict[int, str]:
    """People with an account of their own, and running bots; returns API keys by user."""
    folder = world.service.folder
    await world.service.migrate()
    storage = await open_storage(f"sqlite+aiosqlite:///{folder / 'skipper.db'}")
    vault = FernetVault(load_master_key(folder / "master.key"))
    await check_canary(storage, vault)
    keys = {}
    for user in range(1, accounts + 1):
        name = keys[user] = f"{user:02}{'K' * 62}"
        account = {"key": name, "secret": name, "balances": {"USDT": str(MONEY["USDT"])}}
        (await world.market.post("/sandbox/accounts", json=account)).raise_for_status()
        async with storage.system() as unit:
            owner = await unit.accounts.add(user, f"user {user}", Role.TRADER, 0)
            await unit.commit()
        sealed = vault.seal(owner.id, Credentials(name, name, Environment.LOCAL))
        async with storage.of(owner.id) as unit:
            key = await unit.keys.add(
                "main", Environment.LOCAL, f"print {user}", sealed, 0, ip_restricted=True
            )
            for number in range(user, bots + 1, accounts):
                config = BotConfig(
                    name=f"bot {number}", symbol=SYMBOLS[number % len(SYMBOLS)], mode=Mode.LOCAL,
                    key_id=key.id, size=Decimal(100), max_daily_trades=None, params=_BUY_SOON,
                    stop_loss=Decimal(20), take_profit=Decimal(20),
                )  # fmt: skip
                bot = await unit.bots.add(config, 0)
                state = next_bot_state(bot.state, BotEvent.START)
                await unit.bots.save(replace(bot, state=state))
            await unit.commit()
    await storage.close()
    return keys


async def until(watch: Watch, what: str, fits: Callable[[Evidence], bool]) -> float:
    """Real seconds until a look fits."""
    began = time.monotonic()
    while time.monotonic() - began < _GIVE_UP:
        if fits(await watch.look()):
            return time.monotonic() - began
        await asyncio.sleep(0.1)
    raise SystemExit(f"{what}: not within {_GIVE_UP} s")


def held(seen: Evidence) -> int:
    return sum(p["state"] != "closed" for p in seen.tables["positions"])


def in_doubt(seen: Evidence) -> list[Row]:
    """Orders of which nobody knows what became of them."""
    return [o for o in seen.tables["orders"] if o["state"] in {"sent", "unknown"}]


def covered(seen: Evidence, before: Evidence, *, doubtful: bool) -> bool:
    """Whether what was held before is covered or closed; bots go on, so more comes and goes.

    Without ``doubtful`` positions are left out whose exits were in doubt: until that is settled
    a second pair could sell twice.
    """
    left_out = set() if doubtful else {o["position_id"] for o in in_doubt(before)}
    known = {p["id"] for p in before.tables["positions"]} - left_out
    mine = [p for p in seen.tables["positions"] if p["id"] in known]
    return not list(positions_are_covered(replace(seen, tables=seen.tables | {"positions": mine})))


def settled(seen: Evidence, before: Evidence) -> bool:
    """Whether it is known what became of every order of before."""
    known = {o["id"] for o in before.tables["orders"]}
    return not any(o["id"] in known for o in in_doubt(seen))


async def measure(world: Installation, bots: int, accounts: int) -> dict[str, tuple[float, float]]:
    """Seconds and limits by what was waited for."""
    watch = Watch(world, MONEY)
    await furnish(world, bots, accounts)
    await world.service.start()
    await until(watch, "half of the bots hold", lambda seen: held(seen) >= bots // 2)
    # Requests that never arrive and whose senders die: nobody knows what became of them.
    for path in ("/api/v3/order", "/api/v3/orderList/oco"):
        await world.fault(what="drop_before", method="POST", path=path, times=None)
    await until(watch, "an order in doubt", lambda seen: bool(in_doubt(seen)))
    process = world.service.process
    assert process is not None
    process.send_signal(signal.SIGKILL)
    await world.service.kill()
    await world.heal()
    before = await watch.look()
    doubts = len(in_doubt(before))
    began = time.monotonic()
    await world.service.start()
    trading = time.monotonic() - began
    within = await until(watch, "covered", lambda seen: covered(seen, before, doubtful=False))
    settles = within + await until(watch, "settled", lambda seen: settled(seen, before))
    everything = settles + await until(
        watch, "all covered", lambda seen: covered(seen, before, doubtful=True)
    )
    print(
        f"{held(before)} positions of {bots} bots on {accounts} accounts, {doubts} orders in doubt"
    )
    return {
        "reconciled and trading": (trading, COVERED_LIMIT),
        "covered, exits known": (trading + within, COVERED_LIMIT),
        "no order in doubt": (trading + settles, SETTLED_LIMIT),
        "every position covered": (trading + everything, SETTLED_LIMIT),
    }


async def main(bots: int = 100, accounts: int = 10) -> int:
    logging.disable(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="recovery-"))
    async with installation(folder, speed=SPEED, seed=SEED) as world:
        figures = await measure(world, bots, accounts)
    for what, (seconds, limit) in figures.items():
        verdict = "ok" if seconds <= limit else "TOO SLOW"
        print(f"{what:24} {seconds:6.1f} s of {limit:.0f} s  {verdict}")
    return int(any(seconds > limit for seconds, limit in figures.values()))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*map(int, sys.argv[1:]))))
