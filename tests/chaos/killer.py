"""Moments of sudden death: while starting, while trading, or inside the order protocol."""

import asyncio
from dataclasses import dataclass
from random import Random

from tests.chaos.installation import Installation
from tests.chaos.processes import Program
from tests.chaos.venues import Venue

EARLIEST, LATEST = 0.02, 0.6
# A protocol moment that does not come by itself is not waited for longer.
_PATIENCE = 2.0
# A request that is read is carried out, unless the line broke: then its death is told as "lost",
# and the order is in doubt for half a minute, so it is rare.
_AT = {"request_read": 5, "accepted_not_answered": 5, "half_answer": 4, "lost": 1}
_EVENTS = 0.15
STARTING, RECOVERING, TRADING, PROTOCOL = "starting", "recovering", "trading", "protocol"
_PHASES = {STARTING: 2, RECOVERING: 2, TRADING: 3, PROTOCOL: 6}


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
        where = (self.fault.get("method", ""), self.fault.get("path", ""))
        return " ".join([f"{self.phase}: {self.fault['at']}", *where]).strip()


def moments(random: Random, count: int, venues: tuple[Venue, ...]) -> list[Moment]:
    """Random moments."""
    phases = random.choices(list(_PHASES), list(_PHASES.values()), k=count)
    return [_moment(random, phase, random.choice(venues)) for phase in phases]


def _moment(random: Random, phase: str, venue: Venue) -> Moment:
    seconds = random.uniform(EARLIEST, LATEST)
    if phase in {STARTING, TRADING}:
        return Moment(phase, seconds)
    if random.random() < _EVENTS:
        return Moment(phase, seconds, {"at": "event_sent", "stream": venue.events})
    method, path = random.choice(venue.orders)
    at = random.choices(list(_AT), list(_AT.values()))[0]
    return Moment(phase, seconds, {"at": at, "method": method, "path": path})


async def dies(world: Installation, moment: Moment) -> bool:
    """Kill the running service at the moment; False when a protocol moment did not come."""
    service = world.service
    if moment.phase in {STARTING, RECOVERING}:
        await service.kill()
        service.begin()
    process = service.process
    assert process is not None
    if moment.phase != RECOVERING:
        await asyncio.sleep(moment.seconds)
    hit = moment.fault is None or await _killed_by_fault(world, process, moment.fault)
    await service.kill()
    await world.heal()
    return hit


async def _killed_by_fault(world: Installation, process: Program, fault: dict[str, str]) -> bool:
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
