"""Daily reset: at 00:00 UTC the bots that a daily limit paused go on, and are told so.

Counters need no reset: they are rows per UTC day. The reset is a comparison with the row's own
time, so it happens once however often it runs, and after a crash around midnight too.
"""

from dataclasses import dataclass, replace

from engine.core.bot_state import BotEvent, BotState, next_bot_state
from engine.cycles import tell_bots
from engine.cycles.books import day_of
from engine.cycles.ledger import Ledger
from engine.ports.clock import Clock
from engine.ports.storage import Unit


@dataclass(frozen=True, slots=True)
class DailyReset:
    """Resumes bots whose pause has ended."""

    ledger: Ledger
    clock: Clock

    async def run(self) -> None:
        """Resume every paused bot whose time has come, in one commit."""
        now = self.clock.now_ms()

        async def work(unit: Unit) -> tuple[set[int], bool]:
            resumed = set()
            for bot in await unit.bots.by_state([BotState.PAUSED]):
                if bot.paused_until is None or bot.paused_until > now:
                    continue
                holding = await unit.positions.open_of(bot.id) is not None
                event = BotEvent.RESUME_HOLDING if holding else BotEvent.RESUME
                state = next_bot_state(bot.state, event)
                await unit.bots.save(
                    replace(bot, state=state, why="", why_params={}, paused_until=None)
                )
                await unit.outbox.add(tell_bots.resumed(bot, day_of(now)), now)
                resumed.add(bot.id)
            return resumed, bool(resumed)

        await self.ledger.change(work)
