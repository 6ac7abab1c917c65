"""Days: the counters of a limit day, and the pause that lasts until the next one."""

from dataclasses import replace

from engine.core.bot import Bot
from engine.core.bot_state import BotEvent, next_bot_state
from engine.core.checks import DayCount, Refused
from engine.core.hours import day_of, day_starts, next_day
from engine.core.money import ZERO
from engine.cycles import tell_bots
from engine.ports.storage import Unit


async def rebuild_day(unit: Unit, bot_id: int, zone: str, now: int) -> DayCount:
    """Count a bot's present day of a zone anew, from its positions and trades.

    For when its owner's days begin at another time than they did; writes the row and returns it.
    """
    day = day_of(now, zone)
    start = day_starts(day, zone)
    closed = await unit.trades.since(start, bot_id)
    count = DayCount(
        day,
        entries=await unit.positions.opened_since(bot_id, start),
        closed=len(closed),
        net=sum((trade.net for trade in closed), ZERO),
    )
    await unit.counters.put(bot_id, count)
    return count


def paused(bot: Bot, refused: Refused, until: int) -> Bot:
    """The bot, pausing until then (ms) for what a check refused."""
    return replace(
        bot,
        state=next_bot_state(bot.state, BotEvent.PAUSE),
        why=f"check.{refused.check}",
        why_params={"limit": refused.limit, "measured": refused.measured},
        paused_until=until,
    )


async def pause_for_today(unit: Unit, bot: Bot, refused: Refused, zone: str, now: int) -> Bot:
    """Pause a running bot until its owner's next day begins, with the alert that tells it."""
    saved = await unit.bots.save(paused(bot, refused, next_day(now, zone)))
    await unit.outbox.add(tell_bots.paused(saved, refused, day_of(now, zone)), now)
    return saved
