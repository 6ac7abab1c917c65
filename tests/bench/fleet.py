# ruff: noqa: T201 - a benchmark prints
"""What a large fleet costs when one candle closes on all of its symbols. By hand:

    python -m tests.bench.fleet [bots ...]

Paper bots on 400 symbols with 8 parameter sets are loaded from a real database. Then a candle
that is in memory closes on every symbol at once, and the signal and the risk cycle work until all
of it is decided and written: once with HOLD alone, once with a signal for every bot of one
stream, each refused by a check (its symbol's rules are not known). Prints the longest time for
which the loop stood still, seconds to load, memory per further bot, and the CPU time that a
DataFrame with the same three indicators for each bot would take, measured here.
"""

import argparse
import asyncio
import gc
import multiprocessing
import resource
import tempfile
import time
from collections import deque
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pandas_ta_classic as ta

from engine.core.account import Role
from engine.core.bot_config import BotConfig, Environment, Mode
from engine.core.bot_state import BotEvent, next_bot_state
from engine.core.market import Candle, Market, StreamState
from engine.cycles.endurance import Endurance
from engine.cycles.engine import Engine, Parts
from engine.cycles.guard import Guard
from engine.cycles.ledger import Ledger
from engine.cycles.nudges import Nudges
from engine.cycles.rulebook import Rulebook
from engine.runtime.nursery import Nursery
from engine.runtime.observe import set_up_logs
from storage.opening import open_storage
from tests.contract.engine.clock import START, LabClock

HERE = Environment.LOCAL
SYMBOLS, SETS, ROUNDS, MINUTE = 400, 8, 5, 60_000
HASTY = {"ema_fast": 2, "ema_slow": 3, "rsi_period": 14, "oversold": 1.0, "overbought": 99.0}
LIMIT_MS, LIMIT_STALL_MS, LIMIT_KB = 20.0, 10.0, 10.0


class Candles:
    """A feed without an exchange: whoever asks has 300 candles, and ``close`` adds the next."""

    def __init__(self) -> None:
        self.windows = {}
        self.closed = START

    def listen(self, on_candle):
        self.on_candle = on_candle

    async def ensure(self, key, warmup):
        if key not in self.windows:
            first = self.closed - 300 * MINUTE
            history = (candle(first + number * MINUTE, 100.0) for number in range(300))
            self.windows[key] = deque(history, maxlen=300)

    def candles(self, key, count=None):
        window = list(self.windows[key])
        return window if count is None else window[-count:]

    def state(self, key):
        return StreamState.LIVE if key in self.windows else None

    def close(self, prices):
        """The next candle of every stream; ``prices`` by symbol, 100 for others."""
        for key, window in self.windows.items():
            new = candle(self.closed, prices.get(key.symbol, 100.0))
            window.append(new)
            self.on_candle(key, new, True)
        self.closed += MINUTE


class Unknown:
    """A catalogue that knows no symbol."""

    def rules(self, market, symbol):
        return None


def candle(open_time, close):
    return Candle(open_time, close, close, close, close, 1.0)


def settings(number):
    """Bot ``number``: its symbol, and one of the parameter sets."""
    step = number // SYMBOLS % SETS
    return BotConfig(
        name=f"bot {number}",
        symbol=f"S{number % SYMBOLS:03}USDT",
        params=HASTY | {"rsi_period": 14 + step},
        mode=Mode.PAPER,
        stop_loss=Decimal(1),
    )


async def furnish(url, bots):
    storage = await open_storage(url)
    async with storage.system() as unit:
        owner = (await unit.accounts.add(1, "bench", Role.ADMIN, START)).id
        await unit.commit()
    async with storage.of(owner) as unit:
        for number in range(bots):
            bot = await unit.bots.add(settings(number), START)
            await unit.bots.save(replace(bot, state=next_bot_state(bot.state, BotEvent.START)))
        await unit.commit()
    await storage.close()


class Bench:
    """An engine on a database, with candles of ours and nothing to trade with."""

    async def begin(self, url):
        """Load it; returns the seconds that took."""
        began = time.perf_counter()
        self.storage = await open_storage(url)
        self.clock, self.feed, self.nursery = LabClock(), Candles(), Nursery()
        catalogue, nudges = Unknown(), Nudges()
        rulebook = Rulebook({HERE: catalogue}, {}, HERE, self.clock)
        parts = Parts(
            self.storage, self.clock, self.nursery, None, rulebook, {HERE: self.feed},
            {(HERE, Market.SPOT): None}, frozenset({Mode.PAPER}), nudges, print,
        )  # fmt: skip
        self.engine = Engine(parts)
        fleet = self.engine.fleet
        self.engine.signals.hear(HERE)
        await fleet.load()
        for member in fleet.members.values():
            if not self.engine.signals.follows(member):
                await self.engine.signals.follow(member)
        guard = Guard(rulebook, self.clock, "abcd", fleet.zone_of)
        ledger = Ledger(self.storage, fleet, guard, nudges, Endurance(print))
        self.risk = self.engine._make_risk(ledger, self.engine._make_accounts(ledger))
        return time.perf_counter() - began

    async def candle(self, prices):
        """Milliseconds until everything is decided: of the clock, of CPU, of the longest block."""
        self.clock.set(self.feed.closed + MINUTE)
        heart = self.nursery.start("heart", longest_block(blocks := []))
        await asyncio.sleep(0)
        began, cpu = time.perf_counter(), time.process_time()
        self.feed.close(prices)
        queue = self.engine.signals.verdicts
        while not queue.empty():
            await self.risk.next()
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        await asyncio.sleep(0)
        heart.cancel()
        return took * 1000, cpu * 1000, max(blocks) * 1000

    async def check_refused(self):
        """Make sure that every bot of the stream was sent a signal and refused."""
        async with self.storage.reading() as unit:
            for member in self.engine.fleet.members.values():
                if member.bot.config.symbol == "S000USDT":
                    assert (await unit.signals.last(member.bot.id)).outcome == "refused"


async def longest_block(blocks):
    """Note the seconds between any two turns of the loop."""
    last = time.perf_counter()
    while True:
        await asyncio.sleep(0)
        now = time.perf_counter()
        blocks.append(now - last)
        last = now


async def one(bots):
    """Measure a fleet; prints, and returns its resident kilobytes after loading."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'fleet.db'}"
        await in_child(furnish, url, bots)
        gc.collect()
        bench = Bench()
        loaded = await bench.begin(url)
        gc.collect()
        weight = resident_kb()
        print(f"{bots:6} bots   loaded and warm after {loaded:.2f} s   {weight / 1024:.0f} MB")
        for _ in range(2):
            await bench.candle({})
        quiet = [await bench.candle({}) for _ in range(ROUNDS)]
        tell("HOLD alone", quiet)
        loud = []
        for _ in range(ROUNDS):
            await bench.candle({"S000USDT": 99.0})
            loud.append(await bench.candle({"S000USDT": 101.0}))
            await bench.check_refused()
            for _ in range(20):
                await bench.candle({})
        tell("one stream signals", loud)
        await bench.storage.close()
        return weight


async def in_child(work, *args):
    """Run it in a process of its own, so that its memory is not counted."""
    child = multiprocessing.get_context("spawn").Process(target=run, args=(work, *args))
    child.start()
    await asyncio.to_thread(child.join)
    assert child.exitcode == 0


def run(work, *args):
    asyncio.run(work(*args))


def resident_kb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024


def tell(what, rounds):
    took, cpu, block = (sorted(column)[len(column) // 2] for column in zip(*rounds, strict=True))
    print(
        f"       {what:20} decided after {took:7.1f} ms ({took / LIMIT_MS:.1f} of the limit)   "
        f"CPU {cpu:7.1f} ms   longest block {block:6.1f} ms ({block / LIMIT_STALL_MS:.1f})"
    )


def frame_ms():
    """CPU ms of one bot's decision over a DataFrame of its own."""
    rows = [candle(START + number * MINUTE, 100.0 + number % 7) for number in range(200)]
    began = time.process_time()
    for _ in range(20):
        frame = pd.DataFrame(rows)
        for column in (ta.ema(frame.close, 8), ta.ema(frame.close, 21), ta.rsi(frame.close, 7)):
            column.iloc[-1]
    return (time.process_time() - began) / 20 * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bots", type=int, nargs="*", default=[1_000, 10_000])
    chosen = parser.parse_args()
    set_up_logs("critical", "console")
    weights = {bots: asyncio.run(one(bots)) for bots in chosen.bots}
    (few, light), (many, heavy) = min(weights.items()), max(weights.items())
    if many > few:
        each = (heavy - light) / (many - few)
        print(f"a further bot weighs {each:.1f} kB ({each / LIMIT_KB:.1f} of the limit)")
    frame = frame_ms()
    print(f"a DataFrame per bot: {frame:.2f} ms each, {frame * many / 1000:.1f} s for {many} bots")


if __name__ == "__main__":
    main()
