"""Alerts of bots that are paused, held back, resumed, or stopped by a problem."""

from engine.core.bot import Bot
from engine.core.checks import Refused
from engine.core.events import Alert, AlertKind


def paused(bot: Bot, refused: Refused, day: str) -> Alert:
    """A daily limit was reached."""
    return Alert(
        owner_id=bot.owner_id,
        kind=AlertKind.BOT_PAUSED,
        dedup=f"paused:{bot.id}:{refused.check}:{day}",
        bot_id=bot.id,
        params={
            "bot": bot.config.name,
            "check": refused.check,
            "limit": refused.limit,
            "measured": refused.measured,
            "why": bot.why,
            "until": str(bot.paused_until),
        },
    )


def resumed(bot: Bot, until: int) -> Alert:
    """A bot that was paused until then (ms) goes on."""
    return Alert(
        owner_id=bot.owner_id,
        kind=AlertKind.BOT_RESUMED,
        dedup=f"resumed:{bot.id}:{until}",
        bot_id=bot.id,
        params={"bot": bot.config.name},
    )


def entry_refused(bot: Bot, refused: Refused, once: str) -> Alert:
    """A signal was not followed; told once for each check and ``once``, a day or an order."""
    return Alert(
        owner_id=bot.owner_id,
        kind=AlertKind.ENTRY_REFUSED,
        dedup=f"refused:{bot.id}:{refused.check}:{once}",
        bot_id=bot.id,
        params={
            "bot": bot.config.name,
            "symbol": bot.config.symbol,
            "check": refused.check,
            "limit": refused.limit,
            "measured": refused.measured,
        },
    )


def bot_failed(bot: Bot) -> Alert:
    """A bot was stopped by a problem; it says itself why."""
    return Alert(
        owner_id=bot.owner_id,
        kind=AlertKind.BOT_FAILED,
        dedup=f"failed:{bot.id}:{bot.revision}",
        bot_id=bot.id,
        params={"bot": bot.config.name, "problem": bot.why, **bot.why_params},
    )
