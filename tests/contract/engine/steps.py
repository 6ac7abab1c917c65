"""A stepping event loop: the engine dies at its k-th step, for every k of a scenario.

A step is one resumption of one of the engine's tasks: between two steps lies exactly one await.
At step k everything of the engine freezes where it stands, as a kill would leave it; the exchange
goes on. Then the frozen tasks are thrown away, an engine begins anew on the rows, and once it has
come to rest the books are held against the exchange's.
"""

import asyncio
import shutil
from collections.abc import Coroutine
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from unittest.mock import patch

from engine.cycles import doubt, execution
from engine.exchange.simulator.server import DemoAccount
from tests.contract.engine.lab import KEYS, MONEY, SECRET, opened
from tests.contract.engine.rest import come_to_rest, faults_of

PATIENCE = 40.0
_meter = ContextVar("meter", default=None)


class Meter:
    """Counts the engine's steps; at ``last`` nothing of it moves any more."""

    def __init__(self, last=None):
        self.last = last
        self.steps = 0
        self.counting = self.dead = self.burying = False
        self.died = asyncio.Event()

    def stops(self):
        """Count one step; True when it must not be taken."""
        if self.counting and not self.dead:
            self.steps += 1
            if self.steps == self.last:
                self.dead = True
                self.died.set()
        return self.dead


class Watched(Coroutine):
    """A coroutine whose every step the meter counts, or holds back for ever."""

    def __init__(self, inner, meter):
        self._inner = inner
        self._meter = meter
        self._dying = False

    def send(self, value):
        if not self._dying and self._meter.stops():
            return _never()
        return self._inner.send(value)

    def throw(self, *error):
        if self._meter.burying:
            self._dying = True
        elif self._meter.stops():
            return _never()
        return self._inner.throw(*error)

    def close(self):
        self._inner.close()

    def __await__(self):
        return self._inner.__await__()


def _never():
    future = asyncio.get_running_loop().create_future()
    future._asyncio_future_blocking = True  # what a task expects of a future that was awaited
    return future


class Stepper:
    """Makes the tasks of one engine watched ones, and buries them."""

    def __init__(self, meter):
        self.meter = meter
        self._context = copy_context()
        self._context.run(_meter.set, meter)
        self._tasks = set()

    def install(self):
        asyncio.get_running_loop().set_task_factory(self._task)

    def run(self, work):
        """Do it as the engine does: watched, and so does everything that it starts."""
        return asyncio.get_running_loop().create_task(work, context=self._context)

    async def bury(self):
        """End every task of the dead engine: only a cancel still reaches them."""
        self.meter.dead = self.meter.burying = True
        pending = set(self._tasks)
        while pending:
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=0.1)

    def _task(self, loop, work, context=None, **more):
        meter = context.get(_meter) if context is not None else _meter.get()
        if meter is None or meter.burying:  # whoever ends may need helpers for it
            return asyncio.Task(work, loop=loop, context=context, **more)
        task = asyncio.Task(Watched(work, meter), loop=loop, context=context, **more)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


@dataclass
class Run:
    """How one death went. ``steps``: how many were taken; ``died``: not over before."""

    scenario: str
    last: int | None
    steps: int = 0
    died: bool = False
    problems: list = field(default_factory=list)


@contextmanager
def quick():
    """Questions follow each other quickly, and absence is proven after two seconds."""
    begin = doubt.Doubts.begin

    def soon(self, order, *, delay=0.0):
        begin(self, order, delay=delay / 50)

    with ExitStack() as stack:
        for where, name, value in (
            (doubt, "_STEPS", (0.02,)),
            (doubt, "PROOF_SECONDS", 2.0),
            (doubt.Doubts, "begin", soon),
            (execution, "_BUSY", 0.05),
        ):
            stack.enter_context(patch.object(where, name, value))
        yield


async def die_at(scenario, last, template, folder):
    """Play the scenario, die at step ``last`` (never when None), recover, and judge."""
    folder.mkdir(parents=True)
    shutil.copy(template, folder / template.name)
    run = Run(scenario.name, last)
    with quick():
        accounts = tuple(DemoAccount(key, SECRET, MONEY, futures=MONEY) for key in KEYS)
        async with opened(folder, accounts=accounts) as lab:
            await _live(lab, scenario, run)
            run.problems += await come_to_rest(lab)
            run.problems += await faults_of(lab)
            run.problems += await scenario.verdict(lab)
    if not run.problems:
        shutil.rmtree(folder)
    return run


async def _live(lab, scenario, run):
    meter = Meter(run.last)
    stepper = Stepper(meter)
    stepper.install()
    await stepper.run(lab.begin())
    await scenario.prepare(lab)
    meter.counting = True
    story = stepper.run(_story(lab, scenario))
    died = asyncio.get_running_loop().create_task(meter.died.wait())
    await asyncio.wait({story, died}, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
    meter.counting = False
    run.steps, run.died = meter.steps, meter.dead
    died.cancel()
    if not meter.dead and not story.done():
        run.problems.append(f"the scenario did not end within {PATIENCE} s")
    lab.engine._scheduler._scheduler.shutdown(wait=False)
    await stepper.bury()
    asyncio.get_running_loop().set_task_factory(None)
    if story.done() and not story.cancelled() and story.exception() is not None:
        run.problems.append(f"the scenario broke: {story.exception()!r}")
    await lab.crash()
    await lab.begin()


async def _story(lab, scenario):
    await scenario.act(lab)
    await scenario.done(lab)
