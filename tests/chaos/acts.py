"""What is done to a running installation, by mode: each act ends with nothing wrong any more.

An act returns what it did, for the record; what it finds to be wrong it reports at once.
"""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.chaos import faults
from tests.chaos.installation import Installation
from tests.chaos.killer import Moment, dies, moments
from tests.chaos.traders import Trader, panics, starts
from tests.chaos.venues import Venue

_SHORT, _LONG = (0.1, 0.9), (6.0, 7.0)
_HELD_MS, _SOON = 300, 1.5
# Real seconds: a request is too old for the exchange, a chat is muted, a panic has to be done.
_STALE, _MUTED, _PANIC = 7.0, 12.0, 5.0


@dataclass
class Stage:
    """Where acts are played. ``judge`` looks at everything and keeps what is wrong."""

    world: Installation
    random: Random
    venues: tuple[Venue, ...]
    traders: Sequence[Trader]
    judge: Callable[[str], Awaitable[None]]
    problems: list[str] = field(default_factory=list)

    async def while_it_lasts(self) -> None:
        await asyncio.sleep(self.random.uniform(0.3, 1.2))
        await self.world.heal()


Act = Callable[[Stage], Awaitable[str]]


async def kill(stage: Stage) -> str:
    """Die at a moment, be judged while dead, live on."""
    (moment,) = moments(stage.random, 1, stage.venues)
    return await kill_at(stage, moment)


async def kill_at(stage: Stage, moment: Moment) -> str:
    """Die at this moment, be judged while dead, live on."""
    hit = await dies(stage.world, moment)
    did = str(moment) if hit else f"{moment.phase}: nothing to hit"
    await stage.judge(did)
    await stage.world.service.start()
    return did


async def pause(stage: Stage) -> str:
    """Stand still for a while, sometimes from the moment of a send; 6 s outlast recvWindow."""
    service, random = stage.world.service, stage.random
    at_send = random.random() < 0.5
    if at_send:
        method, path = random.choice(stage.venues[0].orders)
        await stage.world.fault(what="delay", method=method, path=path, ms=_HELD_MS)
        at_send = await _arrives(stage.world, method, path)
    low, high = _LONG if random.random() < 0.1 else _SHORT
    service.freeze()
    await asyncio.sleep(random.uniform(low, high))
    service.thaw()
    await stage.world.heal()
    await stage.judge("pause")
    return "paused at a send" if at_send else "paused"


async def second_start(stage: Stage) -> str:
    """A second service on the same database, while the first works or stands still."""
    service = stage.world.service
    paused = stage.random.random() < 0.5
    if paused:
        service.freeze()
    code, words = await service.start_second()
    if paused:
        service.thaw()
    if code == 0 or "running already" not in words:
        stage.problems.append(f"a second start ended with {code}: {words}")
    return "second start refused" + (" by a paused one" if paused else "")


async def take_over(stage: Stage) -> str:
    """A second service on the same database although the first, standing still, holds it.

    Its last requests arrive when the exchange does not take them any more. What it wanted to do
    next, the database refuses.
    """
    service, began = stage.world.service, time.monotonic()
    old = await service.usurp()
    if old is None:
        return "take over: the database was locked"
    await asyncio.sleep(max(0.0, began + _STALE - time.monotonic()))
    old.send_signal(signal.SIGCONT)
    await asyncio.sleep(stage.random.uniform(1, 3))
    await stage.judge("take over")
    old.send_signal(signal.SIGKILL)
    await old.wait()
    return "take over"


async def wire(stage: Stage) -> str:
    rules = list(faults.wire(stage.random, stage.venues))
    for rule in rules:
        await stage.world.fault(**rule)
    await stage.while_it_lasts()
    await stage.judge(f"wire {rules}")
    return f"wire: {rules[0]['what']}"


async def stream(stage: Stage) -> str:
    """Events that are lost, late, doubled or out of order; connections that are cut."""
    if stage.random.random() < 0.3:
        cut = stage.random.choice(faults.CUTS)
        await stage.world.cut(**cut)
        did = f"stream: {'announced' if cut['notice'] else 'cut'} {cut['path']}"
    else:
        rule = stage.random.choice(faults.STREAM)
        await stage.world.fault(**rule)
        did = f"stream: {rule['what']} {rule['stream']}"
    await stage.while_it_lasts()
    await stage.judge(did)
    return did


async def chat(stage: Stage) -> str:
    rule = stage.random.choice(faults.CHAT)
    await stage.world.chat_fault(**rule)
    await stage.while_it_lasts()
    await _come_back(stage, stage.traders)
    await stage.judge(f"chat {rule}")
    return f"chat: {rule['what']} {rule['method']}".rstrip()


async def mute(stage: Stage) -> str:
    """One person cannot be written to, or nobody can, for a while; the others are at ease.

    Another one panics meanwhile, which must not take longer than ever, and starts again.
    """
    rule = stage.random.choice(faults.SILENCE)
    whom = stage.random.choice(stage.traders)
    alone = rule["what"] in faults.ALONE
    await stage.world.chat_fault(**rule, **({"chat": whom.user} if alone else {}))
    began = time.monotonic()
    for other in [t for t in stage.traders if t is not whom][:1] if alone else ():
        await panics(other)
        took = time.monotonic() - began
        if took > _PANIC:
            stage.problems.append(f"a panic took {took:.1f} s beside a muted chat")
        await starts(other)
    await asyncio.sleep(max(0.0, began + _MUTED - time.monotonic()))
    await stage.judge(f"mute {rule}")
    await stage.world.heal()
    await _come_back(stage, [whom] if alone else [])
    return f"mute: {rule['what']}" + (" of one" if alone else "")


async def _come_back(stage: Stage, whom: Sequence[Trader]) -> None:
    """Whoever could not be written to says something, and can be again."""
    for trader in whom:
        await stage.world.person(trader.user).say("/bots")


MODES: dict[str, tuple[tuple[int, Act], ...]] = {
    "kill": ((19, kill), (1, second_start)),
    "pause": ((8, pause), (1, second_start), (1, take_over)),
    "wire": ((1, wire),),
    "stream": ((1, stream),),
    "chat": ((3, chat), (1, mute)),
    "mixed": ((6, kill), (3, pause), (1, take_over), (8, wire), (4, stream), (2, chat), (1, mute)),
}


def choose(random: Random, mode: str, count: int) -> list[Act]:
    """Acts of a mode."""
    weights, acts = zip(*MODES[mode], strict=True)
    return random.choices(acts, weights, k=count)


async def _arrives(world: Installation, method: str, path: str) -> bool:
    """Wait a little for such a request; False when none comes."""
    before = len((await world.books())["requests"])
    for _ in range(int(_SOON / 0.02)):
        requests = (await world.books())["requests"][before:]
        if any((r["method"], r["path"]) == (method, path) for r in requests):
            return True
        await asyncio.sleep(0.02)
    return False
