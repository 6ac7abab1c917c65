"""Analyst: what the judges of AI bots share: whom to ask, what is known, where it is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import structlog

from engine.advisors.budget import Budget
from engine.core.analysis import Analysis
from engine.core.errors import Conflict, DatabaseFailed
from engine.core.market import Candle
from engine.core.signal import Signal
from engine.core.trade import Trade
from engine.cycles.fleet import EnvStream, Fleet, Member
from engine.cycles.twins import Twins
from engine.ports.advisor import Advisor
from engine.ports.clock import Clock
from engine.ports.storage import Storage
from engine.strategies.ai.caution import TRADES
from engine.strategies.ai.readings import Reader, Reading

_log = structlog.get_logger("analyst")
KEPT_MS = 30 * 86_400_000
"""How long analyses are kept."""
_STREAMS = 500  # whose indicators are remembered from candle to candle
_LOOKED_BACK = 5
MayEnter = Callable[[Member, Signal], bool]


@dataclass(frozen=True, slots=True)
class Advising:
    """Whom AI bots ask, and its bounds: calls a day by one user and by all, US dollars per
    million tokens read and written (None: not known). ``advisor`` is None where there is none.
    """

    advisor: Advisor | None = None
    per_user: int = 0
    per_day: int = 0
    prices: tuple[Decimal, Decimal] | None = None


@dataclass(slots=True)
class Analyst:
    """The collaborators of ``analyst_judge.AiJudge``.

    ``may_enter`` says whether a bot would enter on a signal by all its checks at this moment.
    """

    fleet: Fleet
    storage: Storage
    clock: Clock
    advising: Advising
    budget: Budget
    may_enter: MayEnter
    twins: Twins
    _readers: dict[EnvStream, Reader] = field(default_factory=dict)

    async def forget_old(self) -> None:
        """Delete analyses that were kept long enough."""
        async with self.storage.system() as unit:
            await unit.analyses.delete_before(self.clock.now_ms() - KEPT_MS)
            await unit.commit()

    def readings(self, stream: EnvStream, candles: Sequence[Candle]) -> list[Reading]:
        """Indicators of the window, reckoned once for all judges of a stream."""
        if stream not in self._readers and len(self._readers) >= _STREAMS:
            self._readers.clear()
        return self._readers.setdefault(stream, Reader()).read(candles)

    async def knows(self, stream: str, part: str, candle_open: int) -> bool:
        """Whether this judge has analysed the candle before: a crash may have lost its verdict."""
        async with self.storage.reading() as unit:
            last = await unit.analyses.recent(limit=_LOOKED_BACK, part=part, stream=stream)
        return any(analysis.candle_open == candle_open for analysis in last)

    async def trades_of(self, stream: EnvStream, askers: Sequence[Member]) -> list[Trade]:
        """Last trades of the family, newest first.

        The family are all the owner's AI bots on this market and symbol: those with real orders
        where one of the askers has such, else those on paper.
        """
        keyed = any(member.bot.config.mode.keyed for member in askers)
        owner_id = askers[0].bot.owner_id
        family = [
            member.bot
            for member in self.fleet.members.values()
            if (member.bot.owner_id, member.bot.config.strategy) == (owner_id, "ai")
            and member.bot.config.stream[:2] == stream[1][:2]
            and member.bot.config.mode.keyed is keyed
        ]
        trades: list[Trade] = []
        async with self.storage.reading(owner_id) as unit:
            for bot in family:
                trades += await unit.trades.recent(limit=TRADES, bot_id=bot.id)
        trades.sort(key=lambda trade: (trade.closed_at, trade.id), reverse=True)
        return trades[:TRADES]

    async def store(self, analysis: Analysis) -> bool:
        """Whether it is stored now; an answer that is not must not be followed."""
        try:
            async with self.storage.system() as unit:
                await unit.analyses.add(analysis)
                await unit.commit()
        except (Conflict, DatabaseFailed) as error:
            _log.warning("an analysis was not stored", part=analysis.part, error=str(error))
            return False
        return True


def make_analyst(
    advising: Advising, fleet: Fleet, storage: Storage, clock: Clock, may_enter: MayEnter
) -> Analyst:
    """The analyst of an engine."""
    budget = Budget(storage, clock, advising.per_user, advising.per_day)
    return Analyst(fleet, storage, clock, advising, budget, may_enter, Twins(fleet, storage))
