"""Daily reset: bots whose pause has ended go on, and are told so: those that a daily limit paused
when its next day begins, all of an account's when its pause is over.

Counters need no reset: they are rows per day of their owner's limits. The reset is a comparison
with the row's own time, so it happens once however often it runs, and after a crash around
midnight too.
"""

from dataclasses import dataclass, replace

from engine.core.account_guard import WHYS
from engine.core.bot import Bot
from engine.core.bot_state import BotEvent, BotState, next_bot_state
from engine.core.events import Alert
from engine.cycles import tell_account, tell_bots
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
                await unit.outbox.add(_told(bot, bot.paused_until), now)
                resumed.add(bot.id)
            return resumed, bool(resumed)

        await self.ledger.change(work)


def _told(bot: Bot, until: int) -> Alert:
    """One alert for each bot, or one for all that an account's limit had paused."""
    if bot.why in WHYS:
        return tell_account.resumed(bot.owner_id, until, keyed=bot.config.mode.keyed)
    return tell_bots.resumed(bot, until)
