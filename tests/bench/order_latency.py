# ruff: noqa: T201 - a benchmark prints
"""From the message that a candle closed to the order request on the socket. By hand:

    python -m tests.bench.order_latency [bots ...] [--candles N] [--profile]

Prints p50 and p99 beside the limits for 1, 100 and 1,000 bots whose strategy signals on that
candle, and the CPU time of this process until then, which a busy machine distorts less. The
exchange is a process of its own with a frozen clock and limits that nobody reaches (1,000 bots on
one address would); the engine is wired as the service wires it, on SQLite with its durable
writes. Time begins when the socket's read hands the closed candle over and ends when the order's
request is handed to its socket, whose intent is durable by then.
"""

import argparse
import asyncio
import cProfile
import gc
import itertools
import pstats
import statistics
import sys
import tempfile
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import aiohttp

from engine.core.account import Credentials, Role
from engine.core.bot_config import BotConfig, Environment, Mode
from engine.core.bot_state import BotEvent, next_bot_state
from engine.core.position import ProtectionState
from engine.exchange.binance.ask import Product
from engine.exchange.binance.limits import DEFAULTS
from engine.exchange.simulator import symbols
from engine.exchange.simulator.limits import Limits
from engine.exchange.simulator.server import DemoAccount, ExchangeOptions, LocalExchange
from engine.runtime.observe import set_up_logs
from storage.opening import open_storage
from storage.vault import FernetVault
from tests.bench.stopwatch import Stopwatch
from tests.contract.engine.clock import START, LabClock
from tests.contract.engine.life import Life

P99_LIMITS = {1: 5.0, 100: 40.0, 1000: 200.0}
BOTS_PER_ACCOUNT = 20
PRICES = (Decimal(50_000), Decimal(50_500))
SECRET = "S" * 64
# Averages this short cross at every candle when the price goes up and down.
HASTY = {"ema_fast": 2, "ema_slow": 3, "rsi_period": 14, "oversold": 1.0, "overbought": 99.0}
# Candles until the averages have forgotten the prices before; the next one goes up.
QUIET = 20
MINUTE = 60_000


class RealPaceClock(LabClock):
    """Market time that stands still, and real waits."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    sleep_real = sleep


class Bench:
    """The part of a lab that ``Life`` and the measurement need."""

    def __init__(self, url: str, session: aiohttp.ClientSession, folder: Path) -> None:
        self.exchange = argparse.Namespace(url=url)
        self.session = session
        self.database = f"sqlite+aiosqlite:///{folder / 'bench.db'}"
        self.clock = RealPaceClock()
        self.vault = FernetVault(b"m" * 32)
        self.modes = frozenset({Mode.LOCAL})
        self.advisor = None
        self.watch = Stopwatch()
        self.closes = itertools.cycle(PRICES)
        self.last = PRICES[1]

    async def furnish(self, bots: int) -> None:
        """Accounts, keys and running bots, straight into the database."""
        self.storage = await open_storage(self.database)
        async with self.storage.system() as unit:
            owner = (await unit.accounts.add(1, "bench", Role.ADMIN, START)).id
            await unit.commit()
        async with self.storage.of(owner) as unit:
            for number in range(bots):
                if number % BOTS_PER_ACCOUNT == 0:
                    name = key_name(number // BOTS_PER_ACCOUNT)
                    sealed = self.vault.seal(owner, Credentials(name, SECRET, Environment.LOCAL))
                    key = await unit.keys.add(
                        name, Environment.LOCAL, name, sealed, START, ip_restricted=False
                    )
                bot = await unit.bots.add(settings(number, key.id), START)
                state = next_bot_state(bot.state, BotEvent.START)
                await unit.bots.save(replace(bot, state=state))
            await unit.commit()

    async def begin(self) -> None:
        """Start the engine; returns when every bot may enter."""
        self.life = Life(self)
        await self.life.begin()
        governor = self.life.connection.governor(Product.SPOT)
        governor.learn([limit._replace(most=10**9) for limit in DEFAULTS[Product.SPOT]])
        gc.freeze()
        engine = self.life.engine
        await until(
            lambda: all(
                engine.signals.follows(member) and engine.readiness.account(member.bot.account)
                for member in engine.fleet.members.values()
            )
        )

    async def candle(self) -> None:
        """Let a candle close: down, up, down, …"""
        before, self.last = self.last, next(self.closes)
        body = {"symbol": "BTCUSDT", "open": before, "close": self.last}
        body |= {"low": min(PRICES), "high": max(PRICES)}
        await self.control("candle", {name: str(value) for name, value in body.items()})
        to = (self.clock.now_ms() // MINUTE + 1) * MINUTE
        self.clock.set(to)
        await self.control("advance", {"to": to})

    async def enter(self) -> None:
        """A measured candle: every bot buys; returns when all are protected."""
        self.watch.on = True
        await self.candle()
        await self.all_members(
            lambda m: m.position and m.position.protection is ProtectionState.STANDING
        )
        self.watch.on = False

    async def leave(self) -> None:
        """A candle at which every bot sells; returns when all are flat."""
        await self.candle()
        await self.all_members(lambda m: m.position is None and not m.busy)

    async def all_members(self, check: object) -> None:
        await until(lambda: all(map(check, self.life.engine.fleet.members.values())))

    async def control(self, name: str, body: dict) -> None:
        url = f"{self.exchange.url}/sandbox/{name}"
        async with self.session.post(url, json=body) as answer:
            assert answer.status == 200, await answer.text()


def key_name(number: int) -> str:
    return f"K{number:03}" * 16


def settings(number: int, key_id: int) -> BotConfig:
    return BotConfig(
        name=f"bot {number}",
        symbol="BTCUSDT",
        params=HASTY,
        mode=Mode.LOCAL,
        key_id=key_id,
        size=Decimal(100),
        stop_loss=Decimal(10),
        take_profit=Decimal(10),
        max_daily_trades=None,
    )


async def until(check: object, seconds: float = 300.0) -> None:
    async with asyncio.timeout(seconds):
        while not check():  # noqa: ASYNC110 - the picture in memory has no event
            await asyncio.sleep(0.02)


async def measure(bots: int, candles: int, profiler: cProfile.Profile | None) -> Stopwatch:
    accounts = -(-bots // BOTS_PER_ACCOUNT)
    with tempfile.TemporaryDirectory() as folder:
        async with exchange(accounts) as url, aiohttp.ClientSession(trust_env=False) as session:
            bench = Bench(url, session, Path(folder))
            await bench.furnish(bots)
            for _ in range(QUIET):
                await bench.candle()
            await bench.begin()
            bench.watch.install()
            await bench.enter()
            await bench.leave()
            bench.watch.forget()
            for _ in range(candles):
                if profiler:
                    profiler.enable()
                await bench.enter()
                if profiler:
                    profiler.disable()
                await bench.leave()
            await bench.life.crash()
            await bench.storage.close()
    return bench.watch


@asynccontextmanager
async def exchange(accounts: int):
    """A local exchange in a process of its own; its URL."""
    command = [sys.executable, "-m", __spec__.name, "--exchange", str(accounts)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()
        await process.wait()


async def serve(accounts: int) -> None:
    """The exchange's process: until its standard input ends."""
    Limits.spend_weight = Limits.spend_orders = lambda *_: None
    many = {"max_algo_orders": 1000, "max_lists": 1000, "max_orders": 1000}
    symbols.LISTED["BTCUSDT"] = replace(symbols.LISTED["BTCUSDT"], **many)
    money = {"USDT": Decimal(1_000_000)}
    options = ExchangeOptions(
        speed=0.0,
        start_ms=START,
        symbols=("BTCUSDT",),
        accounts=tuple(DemoAccount(key_name(n), SECRET, money) for n in range(accounts)),
    )
    server = LocalExchange(options)
    await server.start()
    print(server.url, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()


def told(seconds: list[float]) -> str:
    marks = statistics.quantiles(seconds, n=100, method="inclusive")
    return f"p50 {marks[49] * 1000:8.2f} ms   p99 {marks[98] * 1000:8.2f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bots", type=int, nargs="*", default=[1, 100, 1000])
    parser.add_argument("--candles", type=int, help="measured candles (default: 200 to 5)")
    parser.add_argument("--profile", action="store_true", help="where the engine's time goes")
    parser.add_argument("--exchange", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.exchange is not None:
        asyncio.run(serve(chosen.exchange))
        return
    set_up_logs("critical", "console")
    for bots in chosen.bots:
        profiler = cProfile.Profile() if chosen.profile else None
        candles = chosen.candles or max(5, 200 // bots)
        watch = asyncio.run(measure(bots, candles, profiler))
        limit = f"limit {P99_LIMITS[bots]:g} ms" if bots in P99_LIMITS else ""
        print(f"{bots:5} bots   {told(watch.latencies)}   {limit}   n {len(watch.latencies)}")
        print(f"             CPU   {told(watch.cpu)}")
        print(f"      round trip   {told(watch.round_trips)}")
        if profiler:
            pstats.Stats(profiler).sort_stats("tottime").print_stats(45)


if __name__ == "__main__":
    main()
