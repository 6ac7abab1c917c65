"""Moments of sudden death: while starting, while trading, or inside the order protocol."""

import asyncio
import os
import signal
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.journeys.world import World

EARLIEST, LATEST = 0.05, 1.5
# A protocol moment that does not come by itself is not waited for longer.
_PATIENCE = 4.0
_REQUESTS = (
    ("POST", "/api/v3/order"),
    ("POST", "/api/v3/orderList/oco"),
    ("DELETE", "/api/v3/orderList"),
)
# A request that is read is carried out, unless the line broke: then its death is told as "lost".
_AT = ("request_read", "accepted_not_answered", "half_answer", "lost")
_EVENT = {"at": "event_sent", "stream": "user@executionReport"}
_MOMENTS = (*({"at": at, "method": m, "path": p} for at in _AT for m, p in _REQUESTS), _EVENT)
STARTING, RECOVERING, TRADING, PROTOCOL = "starting", "recovering", "trading", "protocol"
_PHASES = {STARTING: 2, RECOVERING: 2, TRADING: 3, PROTOCOL: 5}


@dataclass(frozen=True)
class Moment:
    """When to kill.

    ``starting``: ``seconds`` after the spawn; ``trading``: after it said that it trades;
    ``protocol``: the same, and then at a moment of the order protocol; ``recovering``: at such a
    moment, counted from the spawn.
    """

    phase: str
    seconds: float
    fault: dict[str, str] | None = None

    def __str__(self) -> str:
        if self.fault is None:
            return self.phase
        return f"{self.phase}: {self.fault['at']} {self.fault.get('path', '')}".strip()


def moments(random: Random, count: int) -> list[Moment]:
    """Random moments."""
    phases = random.choices(list(_PHASES), list(_PHASES.values()), k=count)
    return [_moment(random, phase) for phase in phases]


def _moment(random: Random, phase: str) -> Moment:
    seconds = random.uniform(EARLIEST, LATEST)
    if phase in {STARTING, TRADING}:
        return Moment(phase, seconds)
    return Moment(phase, seconds, random.choice(_MOMENTS))


async def start_and_kill(world: World, moment: Moment) -> bool:
    """Start the service and kill it at the moment; False when a protocol moment did not come."""
    await world.service.kill()
    start = asyncio.gather(world.service.start(), return_exceptions=True)
    if moment.phase in {TRADING, PROTOCOL}:
        for failure in await start:
            if failure is not None:
                raise failure
        return await kill(world, moment)
    async with asyncio.timeout(LATEST):
        while world.service._process is None:  # noqa: ASYNC110 - nothing tells of the spawn
            await asyncio.sleep(0)
    hit = await kill(world, moment)
    await start
    return hit


async def kill(world: World, moment: Moment) -> bool:
    """Kill the running service at the moment; False when a protocol moment did not come."""
    process: Any = world.service._process
    if moment.phase != RECOVERING:
        await asyncio.sleep(moment.seconds)
    hit = moment.fault is None or await _killed_by_fault(world, process, moment.fault)
    if process.returncode is None:
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    (await world.market.delete("/sandbox/faults")).raise_for_status()
    return hit


async def _killed_by_fault(world: World, process: Any, fault: dict[str, str]) -> bool:
    if fault["at"] == "lost":
        fault = {**fault, "at": "request_read"}
        await world.fault(what="drop_before", method=fault["method"], path=fault["path"])
    await world.fault(what="kill_pid", pid=process.pid, **fault)
    try:
        async with asyncio.timeout(_PATIENCE):
            await process.wait()
    except TimeoutError:
        return False
    return True
