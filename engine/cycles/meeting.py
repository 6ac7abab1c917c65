"""Meeting: clock and trading rules of every market, read at start and again and again.

A market that is away costs the others nothing: it is asked again until it answers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass

import structlog

from engine.core.bot_config import Environment
from engine.core.errors import ExchangeError
from engine.core.market import Market
from engine.cycles.readiness import Place
from engine.cycles.rulebook import Rulebook
from engine.ports.clock import Clock, ExchangeTime
from engine.runtime.nursery import Nursery

_log = structlog.get_logger("engine")
# An exchange that does not answer at start must not keep the rest from starting.
_PATIENCE = 15.0
_ASK_AGAIN = 5.0
_GRACE = 2.0


@dataclass(slots=True)
class Meeting:
    """Reads what all bots of a market need before anything is decided.

    ``late`` is what must be done once a market that was away has been met after all.
    """

    times: dict[Place, ExchangeTime]
    rulebook: Rulebook
    clock: Clock
    nursery: Nursery
    late: Callable[[], Awaitable[None]] | None = None

    async def all(self) -> None:
        """Every market at once; returns when each has answered or proved silent.

        Once one has answered, the others get a short grace: they are met while it trades.
        """
        met = [self.nursery.start(_name(place), self._first(place)) for place in self.times]
        await asyncio.wait(met, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait(met, timeout=_GRACE)

    async def clocks(self) -> None:
        """Measure every clock again."""
        await _each(time.measure() for time in self.times.values())

    async def rules(self) -> None:
        """Read every market's rules again."""
        catalogues = self.rulebook.catalogues
        await _each(catalogues[where].refresh(market) for where, market in self.times)

    async def _first(self, place: Place) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._meet(*place)
        except (TimeoutError, ExchangeError) as error:
            why = str(error) or "no answer"
            _log.error("the exchange does not answer; trying on", name=_name(place), error=why)
            self.nursery.start(f"wait for {_name(place)}", self._until_met(*place))
            return
        if self.late is not None:
            await self.late()

    async def _meet(self, environment: Environment, market: Market) -> None:
        await self.times[environment, market].measure()
        await self.rulebook.catalogues[environment].refresh(market)

    async def _until_met(self, environment: Environment, market: Market) -> None:
        while True:
            await self.clock.sleep_real(_ASK_AGAIN)
            try:
                await self._meet(environment, market)
            except ExchangeError:
                continue
            if self.late is not None:
                await self.late()
            return


def _name(place: Place) -> str:
    environment, market = place
    return f"{environment.value} {market.value}"


async def _each(works: Iterable[Coroutine[object, object, None]]) -> None:
    """Do all, whatever fails: a market that is away must not cost the others theirs."""
    for outcome in await asyncio.gather(*works, return_exceptions=True):
        if isinstance(outcome, ExchangeError):
            _log.warning("the exchange did not answer", error=str(outcome))
        elif isinstance(outcome, BaseException):
            raise outcome
