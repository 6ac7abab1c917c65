"""Parking: bots that a limit pauses, or whose strategy failed; what they hold stays protected."""

from dataclasses import dataclass, replace

import structlog

from engine.core.bot import Bot
from engine.core.bot_state import BotEvent, next_bot_state
from engine.core.checks import PAUSING, Refused
from engine.core.errors import InvalidValue
from engine.core.hours import day_of
from engine.cycles import tell_bots
from engine.cycles.days import pause_for_today
from engine.cycles.judges import Problem
from engine.cycles.ledger import Ledger
from engine.cycles.signal import SignalCycle, Verdict
from engine.ports.storage import Unit
from engine.strategies.registry import strategy

_log = structlog.get_logger("parking")
_TOLD_DAILY = frozenset(
    {"too_small", "balance", "sufficient", "trade_value", "symbol_trading", "liquidity"}
    | {"open_positions", "exposure"}
)


@dataclass(frozen=True, slots=True)
class Parking:
    """Writes why a bot pauses or fails, and the alert that tells it."""

    ledger: Ledger
    signals: SignalCycle

    async def park(self, verdict: Verdict) -> None:
        """Stop the bots that ask the judges which failed, in one commit with their alerts."""
        members = self.ledger.fleet.on_stream(verdict.stream)
        found = {
            m.bot.id: verdict.problems[m.judge] for m in members if m.judge in verdict.problems
        }

        async def work(unit: Unit) -> tuple[set[int], bool]:
            running = [b for b in await unit.bots.many(set(found)) if b.state.running]
            for bot in running:
                await self._park(unit, bot, found[bot.id])
            return set(found), bool(found)

        await self.ledger.change(work)
        for key in verdict.problems:
            if key is not None:
                self.signals.forget(verdict.stream, key)

    async def refused(self, unit: Unit, bot: Bot, refused: Refused) -> None:
        """Pause until the next day what a daily limit refused; tell what its user can mend."""
        now, zone = self.ledger.guard.clock.now_ms(), self.ledger.guard.zone_of(bot.owner_id)
        if refused.check in PAUSING and not refused.unknown:
            await pause_for_today(unit, bot, refused, zone, now)
        elif refused.check in _TOLD_DAILY:
            alert = tell_bots.entry_refused(bot, refused, day_of(now, zone))
            await unit.outbox.add(alert, now)

    async def _park(self, unit: Unit, bot: Bot, problem: Problem) -> None:
        _log.error("strategy failed", bot=bot.id, why=problem.why, detail=problem.detail)
        parked = replace(
            bot,
            state=next_bot_state(bot.state, BotEvent.FAIL),
            why=problem.why,
            why_params={"strategy": _title(bot), "detail": problem.detail},
            paused_until=None,
        )
        saved = await unit.bots.save(parked)
        await unit.outbox.add(tell_bots.bot_failed(saved), self.ledger.guard.clock.now_ms())


def _title(bot: Bot) -> str:
    try:
        return strategy(bot.config.strategy).title
    except InvalidValue:
        return bot.config.strategy
