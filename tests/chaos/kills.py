"""The journey killed at random moments: ``python -m tests.chaos.kills --seeds 20 --kills 10``.

Every seed is its own world: people, bots, both local servers. The seed chooses symbols, speed and
the moments of death; a failing one is printed with what was found, and its folder is kept.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.chaos import book_checks, chat_checks, order_checks
from tests.chaos.chat_checks import repeats
from tests.chaos.evidence import Evidence, gather, read_tables
from tests.chaos.killer import Moment, kill, moments, start_and_kill
from tests.chaos.traders import (
    DRAFT_NAME,
    DRAFT_SYMBOL,
    MONEY,
    Trader,
    finish_draft,
    settle_in,
    stop_all,
)
from tests.journeys.world import World, world

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "DOGEUSDT")
# An order in doubt is proven absent after 30 s; an alert goes out once a second.
SETTLES_WITHIN = 60.0
Check = Callable[[Evidence], Iterator[str]]
AT_ONCE: tuple[Check, ...] = (
    order_checks.every_order_has_its_row,
    order_checks.no_order_is_doubled,
    order_checks.one_leg_of_a_list_fills,
    book_checks.one_position_at_a_time,
    book_checks.positions_are_sums_of_fills,
    lambda seen: iter(seen.integrity),
)
SETTLED: tuple[Check, ...] = (
    *AT_ONCE,
    order_checks.every_row_is_settled,
    order_checks.positions_are_covered,
    book_checks.every_trade_is_booked_once,
    book_checks.money_is_accounted_for,
    chat_checks.every_event_has_one_alert,
    chat_checks.every_alert_was_shown,
)


@dataclass
class Outcome:
    """What happened in one world, and what was wrong."""

    seed: int
    problems: list[str] = field(default_factory=list)
    deaths: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    settling: float = 0.0
    seen: Evidence | None = None

    def __str__(self) -> str:
        figures = "it broke off"
        if self.seen is not None:
            states = Counter(row["state"] for row in self.seen.tables["orders"])
            figures = (
                f"{len(self.seen.exchange['orders'])} orders, "
                f"{len(self.seen.exchange['trades'])} trades, "
                f"{len(self.seen.tables['positions'])} positions, "
                f"{states['not_placed']} not placed, "
                f"{len(self.seen.tables['outbox'])} alerts, {repeats(self.seen)} repeated"
            )
        verdict = "ok" if not self.problems else f"{len(self.problems)} PROBLEMS"
        kills = f"{self.deaths.total()} kills"
        spans = f"{self.seconds:.0f} s, settled after {self.settling:.0f} s"
        return f"seed {self.seed}: {verdict} in {spans}; {kills}: {figures}"


def problems(seen: Evidence, checks: Sequence[Check]) -> list[str]:
    """Everything that is wrong."""
    return [found for check in checks for found in check(seen)]


async def play(
    folder: Path, seed: int, deaths: Sequence[Moment], *, symbols: Sequence[str], speed: float
) -> Outcome:
    """One world: settle in, die again and again, come to rest, and be judged."""
    outcome, began = Outcome(seed), time.monotonic()
    async with world(folder, speed=speed, seed=seed) as w:
        await w.service.start()
        traders = await settle_in(w, symbols)
        draft = _draft(w)
        for number, moment in enumerate(deaths):
            hit = await (start_and_kill if number else kill)(w, moment)
            outcome.deaths[str(moment) if hit else f"{moment.phase}: nothing to hit"] += 1
            seen = await gather(w, traders, MONEY)
            outcome.problems += [f"kill {number} ({moment}): {p}" for p in problems(seen, AT_ONCE)]
        await w.service.start()
        started = time.monotonic()
        if draft != _draft(w):
            outcome.problems.append(f"the draft was {draft}, is {_draft(w)}")
        await finish_draft(traders[0])
        await stop_all(traders)
        outcome.seen, left = await _settled(w, traders)
        outcome.settling = time.monotonic() - started
        outcome.problems += left
    outcome.problems += read_tables(folder / "skipper.db")[1]
    outcome.seconds = time.monotonic() - began
    return outcome


def _draft(w: World) -> object:
    drafts = read_tables(w.service.folder / "skipper.db")[0]["drafts"]
    return [{name: row[name] for name in ("owner_id", "step", "data")} for row in drafts]


async def _settled(w: World, traders: Sequence[Trader]) -> tuple[Evidence, list[str]]:
    """The first look at which nothing moved meanwhile and nothing is wrong, or the last one.

    The market goes on, so an exit that fills between two readings is no contradiction: only what
    stays wrong is.
    """
    give_up = time.monotonic() + SETTLES_WITHIN
    while True:
        before = await gather(w, traders, MONEY)
        seen = await gather(w, traders, MONEY)
        found = problems(seen, SETTLED) + list(_made_of_the_draft(seen))
        still = (
            before.tables == seen.tables and before.exchange["orders"] == seen.exchange["orders"]
        )
        if (still and not found) or time.monotonic() > give_up:
            return seen, found
        await asyncio.sleep(0.2)


def _made_of_the_draft(seen: Evidence) -> Iterator[str]:
    """The bot has the answers given before the first kill and those given after the last."""
    made = [b for b in seen.tables["bots"] if b["config"]["name"] == DRAFT_NAME]
    asked = {"symbol": DRAFT_SYMBOL, "timeframe": "1m", "stop_loss": "0.5", "take_profit": "1"}
    if [{name: bot["config"][name] for name in asked} for bot in made] != [asked]:
        yield f"the draft became {[bot['config'] for bot in made]}"
    if seen.tables["drafts"]:
        yield "a draft is left"
    yield from (
        f"bot {b['id']} is {b['state']}" for b in seen.tables["bots"] if b["state"] != "stopped"
    )


async def _one(seed: int, kills: int) -> Outcome:
    random = Random(seed)
    folder = Path(tempfile.mkdtemp(prefix=f"kills-{seed}-"))
    symbols = random.sample(SYMBOLS, random.randint(2, 4))
    speed = random.choice((120.0, 200.0, 300.0))
    deaths = moments(random, kills)
    try:
        outcome = await play(folder, seed, deaths, symbols=symbols, speed=speed)
    except Exception as error:  # noqa: BLE001 - the other seeds are still worth running
        outcome = Outcome(seed, [f"{type(error).__name__}: {str(error)[-300:]}"])
        (folder / "traceback").write_text(traceback.format_exc())
    if not outcome.problems:
        shutil.rmtree(folder)
    else:
        outcome.problems.append(f"kept: {folder}")
    return outcome


def main() -> int:
    """Play the seeds one after the other; the exit code says whether anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many worlds")
    parser.add_argument("--first", type=int, default=1, help="the first one's seed")
    parser.add_argument("--kills", type=int, default=10, help="kills in each")
    options = parser.parse_args()
    bad, deaths = [], Counter[str]()
    for seed in range(options.first, options.first + options.seeds):
        outcome = asyncio.run(_one(seed, options.kills))
        sys.stdout.write("\n    ".join([str(outcome), *outcome.problems]) + "\n")
        sys.stdout.flush()
        deaths.update(outcome.deaths)
        bad += [seed] if outcome.problems else []
    verdict = f"seeds with problems: {bad}" if bad else "no problems"
    sys.stdout.write(f"{options.seeds} seeds, {deaths.total()} kills: {verdict}\n")
    for name, count in sorted(deaths.items()):
        sys.stdout.write(f"    {count} {name}\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
