"""Trailing cycle: a candle has closed, so trailing stops may tighten. Also for stopped bots."""

from dataclasses import dataclass

import structlog

from engine.core.errors import SkipperError
from engine.core.market import Candle
from engine.core.trailing import trail
from engine.cycles import tell
from engine.cycles.fleet import EnvStream, Fleet, Member
from engine.cycles.ledger import Ledger
from engine.cycles.signal import SignalCycle
from engine.ports.storage import Unit

_log = structlog.get_logger("trailing")


@dataclass(frozen=True, slots=True)
class TrailingCycle:
    """Moves stops along with the candles of their bots' streams."""

    fleet: Fleet
    ledger: Ledger
    signals: SignalCycle

    async def follow(self, stream: EnvStream) -> None:
        """Tighten the stops of every position on a stream whose candle has closed."""
        members = self.fleet.trailing_on(stream)
        if not members:
            return
        candles = self.signals.feeds[stream[0]].candles(stream[1])
        for member in members:
            try:
                await self.ledger.change(_Move(self.ledger, member, candles))
            except SkipperError as error:
                _log.error("stop not moved", bot=member.bot.id, error=str(error))

    async def catch_up(self) -> None:
        """The net behind the candles, and the way in after a start."""
        for stream in self.signals.streams():
            await self.follow(stream)


@dataclass(frozen=True, slots=True)
class _Move:
    """The unit of work that moves one bot's stop, with the orders that follow from it."""

    ledger: Ledger
    member: Member
    candles: list[Candle]

    async def __call__(self, unit: Unit) -> tuple[set[int], bool]:
        bot, guard = self.member.bot, self.ledger.guard
        position = await unit.positions.open_of(bot.id)
        if position is None:
            return set(), False
        rules = guard.rulebook.of(bot, position.symbol)
        moved = trail(position, bot.config, rules, self.candles)
        if moved is None:
            return set(), False
        saved = await unit.positions.save(moved)
        now = guard.clock.now_ms()
        await unit.outbox.add(tell.stop_moved(saved, bot, position.stop_price), now)
        await guard.look(unit, saved)
        return {bot.id}, True
