"""Installations under chaos: ``python -m tests.chaos.run --mode kill --seeds 20 --acts 10``.

Every seed is a world of its own: people, bots, both local servers and the service, three
processes. The seed chooses symbols, speed and what is done; a failing one is printed with what
was found, and its folder is kept. The same options play it again.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.chaos.acts import MODES, Act, Stage, choose
from tests.chaos.chat_checks import repeats
from tests.chaos.evidence import Evidence, Watch, read_tables
from tests.chaos.installation import Installation, installation
from tests.chaos.invariants import When, violations
from tests.chaos.traders import MONEY, begin_draft, settle_in, stop_all
from tests.chaos.venues import MARKETS

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT")
SPEEDS = (120.0, 200.0, 300.0)
# An order in doubt is proven absent after 30 s; an alert goes out once a second.
SETTLES_WITHIN = 75.0
_MIDNIGHT = 1_780_099_200_000  # 2026-05-30T00:00:00Z


@dataclass(frozen=True)
class Plan:
    """What is played in one world."""

    seed: int
    mode: str
    market: str
    acts: Sequence[Act]
    symbols: Sequence[str]
    speed: float
    start_ms: int


@dataclass
class Outcome:
    """What happened in one world, and what was wrong."""

    seed: int
    problems: list[str] = field(default_factory=list)
    did: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    settling: float = 0.0
    seen: Evidence | None = None

    def __str__(self) -> str:
        figures = "it broke off"
        if self.seen is not None:
            tables, exchange = self.seen.tables, self.seen.exchange
            states = Counter(row["state"] for row in tables["orders"])
            figures = (
                f"{len(exchange['orders'])} orders, {len(exchange['trades'])} trades, "
                f"{len(tables['positions'])} positions, {states['not_placed']} not placed, "
                f"{states['rejected']} refused, {len(tables['outbox'])} alerts, "
                f"{repeats(self.seen)} repeated, slowest start {max(self.seen.starts):.1f} s"
            )
        verdict = "ok" if not self.problems else f"{len(self.problems)} PROBLEMS"
        spans = f"{self.seconds:.0f} s, settled after {self.settling:.0f} s"
        return f"seed {self.seed}: {verdict} in {spans}; {self.did.total()} acts: {figures}"


def plan(seed: int, mode: str, market: str, acts: int) -> Plan:
    """What a seed chooses."""
    random = Random(seed)
    symbols = random.sample(SYMBOLS, random.randint(2, 4))
    speed = random.choice(SPEEDS)
    # Half of the worlds meet a midnight: they begin a few minutes before it.
    before = random.choice((0, random.randint(5, 60))) * 60_000
    start = _MIDNIGHT - before if before else _MIDNIGHT + 36_000_000
    return Plan(seed, mode, market, choose(random, mode, acts), symbols, speed, start)


async def play(folder: Path, wanted: Plan) -> Outcome:
    """One world: settle in, suffer, come to rest, and be judged."""
    outcome, began = Outcome(wanted.seed), time.monotonic()
    options = {"speed": wanted.speed, "seed": wanted.seed, "start_ms": wanted.start_ms}
    async with installation(folder, **options) as world:
        random = Random(wanted.seed)
        watch = Watch(world, MONEY)
        watch.traders = await settle_in(
            world, random, wanted.symbols, wanted.start_ms, MARKETS[wanted.market]
        )
        await world.service.start()
        await begin_draft(watch.traders[0])
        draft = _draft(world)

        async def judge(did: str) -> None:
            found = violations(await watch.look(), When.AT_ONCE)
            outcome.problems += [f"act {outcome.did.total()} ({did}): {p}" for p in found]

        stage = Stage(
            world, random, MARKETS[wanted.market], watch.traders, judge, outcome.problems
        )
        for act in wanted.acts:
            outcome.did[await act(stage)] += 1
        await _come_to_rest(watch, outcome)
        if _draft(world) != draft:
            outcome.problems.append(f"the draft was {draft}, is {_draft(world)}")
    outcome.problems += read_tables(folder / "skipper.db")[1]
    outcome.seconds = time.monotonic() - began
    return outcome


async def _come_to_rest(watch: Watch, outcome: Outcome) -> None:
    """Stop all bots, die once more, and be judged when nothing moves."""
    world, started = watch.world, time.monotonic()
    await world.heal()
    watch.stopped = await stop_all(watch.traders)
    await world.service.kill()
    await world.service.start()
    outcome.seen, left = await _settled(watch)
    outcome.settling = time.monotonic() - started
    outcome.problems += left


def _draft(world: Installation) -> object:
    drafts = read_tables(world.service.folder / "skipper.db")[0]["drafts"]
    return [{name: row[name] for name in ("owner_id", "step", "data")} for row in drafts]


async def _settled(watch: Watch) -> tuple[Evidence, list[str]]:
    """The first look at which nothing moved meanwhile and nothing is wrong, or the last one.

    The market goes on, so an exit that fills between two readings is no contradiction: only what
    stays wrong is.
    """
    give_up = time.monotonic() + SETTLES_WITHIN
    while True:
        before = await watch.look()
        seen = await watch.look()
        found = violations(seen)
        still = (
            before.tables == seen.tables and before.exchange["orders"] == seen.exchange["orders"]
        )
        if (still and not found) or time.monotonic() > give_up:
            return seen, found
        await asyncio.sleep(0.2)


async def _one(wanted: Plan) -> Outcome:
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-{wanted.mode}-{wanted.seed}-"))
    try:
        outcome = await play(folder, wanted)
    except Exception as error:  # noqa: BLE001 - the other seeds are still worth running
        outcome = Outcome(wanted.seed, [f"{type(error).__name__}: {str(error)[-300:]}"])
        (folder / "traceback").write_text(traceback.format_exc())
    if not outcome.problems:
        shutil.rmtree(folder)
    else:
        if outcome.seen is not None:
            state = json.dumps(outcome.seen.exchange, indent=1)
            (folder / "exchange.json").write_text(state)
        outcome.problems.append(f"kept: {folder}")
    return outcome


async def _all(options: argparse.Namespace) -> list[Outcome]:
    free = asyncio.Semaphore(options.jobs)

    async def one(seed: int) -> Outcome:
        async with free:
            outcome = await _one(plan(seed, options.mode, options.market, options.acts))
        shown = [p[:300] for p in outcome.problems[:20]] + outcome.problems[20:][-1:]
        sys.stdout.write("\n    ".join([str(outcome), *shown]) + "\n")
        sys.stdout.flush()
        return outcome

    seeds = range(options.first, options.first + options.seeds)
    return list(await asyncio.gather(*(one(seed) for seed in seeds)))


def main() -> int:
    """Play the seeds; the exit code says whether anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=MODES, default="kill", help="what is done")
    parser.add_argument("--market", choices=MARKETS, default="spot", help="where bots trade")
    parser.add_argument("--seeds", type=int, default=20, help="how many worlds")
    parser.add_argument("--first", type=int, default=1, help="the first one's seed")
    parser.add_argument("--acts", type=int, default=5, help="acts in each")
    parser.add_argument("--jobs", type=int, default=1, help="worlds at the same time")
    options = parser.parse_args()
    began = time.monotonic()
    outcomes = asyncio.run(_all(options))
    did = sum((outcome.did for outcome in outcomes), Counter[str]())
    bad = [outcome.seed for outcome in outcomes if outcome.problems]
    verdict = f"seeds with problems: {bad}" if bad else "no problems"
    pace = did.total() / (time.monotonic() - began)
    sys.stdout.write(
        f"{len(outcomes)} seeds, {did.total()} acts, {pace:.2f} a second: {verdict}\n"
    )
    for name, count in sorted(did.items()):
        sys.stdout.write(f"    {count} {name}\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
