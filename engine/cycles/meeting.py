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
        """Every market at once; returns when each has answered or proved silent."""
        await asyncio.gather(*(self._first(place) for place in self.times))

    async def clocks(self) -> None:
        """Measure every clock again."""
        await _each(time.measure() for time in self.times.values())

    async def rules(self) -> None:
        """Read every market's rules again."""
        catalogues = self.rulebook.catalogues
        await _each(catalogues[where].refresh(market) for where, market in self.times)

    async def _first(self, place: Place) -> None:
        environment, market = place
        name = f"{environment.value} {market.value}"
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._meet(environment, market)
        except (TimeoutError, ExchangeError) as error:
            _log.error("the exchange does not answer; trying on", name=name, error=str(error))
            self.nursery.start(f"wait for {name}", self._until_met(environment, market))

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


async def _each(works: Iterable[Coroutine[object, object, None]]) -> None:
    """Do all, whatever fails: a market that is away must not cost the others theirs."""
    for outcome in await asyncio.gather(*works, return_exceptions=True):
        if isinstance(outcome, ExchangeError):
            _log.warning("the exchange did not answer", error=str(outcome))
        elif isinstance(outcome, BaseException):
            raise outcome
