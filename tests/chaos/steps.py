"""A death at every step of every scenario: ``python -m tests.chaos.steps``; prints a table.

``--every N`` takes each N-th step only, ``--only WORD`` the scenarios whose name holds the word,
``--at K`` one step. A folder with the database of each failure is kept.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path

import structlog

from storage.migrations import migrate
from tests.contract.engine.scenarios import SCENARIOS
from tests.contract.engine.steps import die_at

# Two runs never take exactly the same steps: so many further ones are tried beyond the first's.
_MARGIN = 1.15


async def enumerate_deaths(scenario, template, folder, steps):
    """Die at each step; yields the runs. A run that was over before its step ends it."""
    for last in steps:
        run = await die_at(scenario(), last, template, folder / f"{scenario.__name__}-{last}")
        yield run
        if not run.died:
            return


async def _table(options):
    folder = Path(tempfile.mkdtemp(prefix="steps-"))
    await migrate(f"sqlite+aiosqlite:///{folder / 'lab.db'}")
    bad = 0
    sys.stdout.write(f"{'scenario':32} {'steps':>6} {'deaths':>6} {'violations':>10}\n")
    for scenario in SCENARIOS:
        if options.only in scenario.name:
            bad += await _row(scenario, folder, options)
    sys.stdout.write(f"{bad} violations" + (f", kept in {folder}\n" if bad else "\n"))
    return bad


async def _row(scenario, folder, options):
    whole = await die_at(scenario(), None, folder / "lab.db", folder / scenario.__name__)
    steps = range(options.every, int(whole.steps * _MARGIN), options.every)
    failed, deaths = [whole] if whole.problems else [], 0
    chosen = [options.at] if options.at else steps
    async for run in enumerate_deaths(scenario, folder / "lab.db", folder, chosen):
        deaths += run.died
        failed += [run] if run.problems else []
    sys.stdout.write(f"{scenario.name:32} {whole.steps:6} {deaths:6} {len(failed):10}\n")
    for run in failed:
        sys.stdout.write("\n    ".join([f"  step {run.last}:", *run.problems]) + "\n")
    sys.stdout.flush()
    return len(failed)


def main():
    """The exit code says whether anything was violated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="each so-manieth step")
    parser.add_argument("--only", default="", help="part of a scenario's name")
    parser.add_argument("--at", type=int, default=0, help="this step alone")
    silent = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=silent)
    return 1 if asyncio.run(_table(parser.parse_args())) else 0


if __name__ == "__main__":
    sys.exit(main())
