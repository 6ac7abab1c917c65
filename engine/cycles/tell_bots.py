"""Alerts of bots that are paused, held back, resumed, or stopped by a problem."""

from collections.abc import Mapping

from engine.core.bot import Bot
from engine.core.checks import Refused
from engine.core.events import Alert, AlertKind


def of_bot(bot: Bot, kind: AlertKind, dedup: str, figures: Mapping[str, str]) -> Alert:
    """An alert about a bot, which it names."""
    params = {"bot": bot.config.name, **figures}
    return Alert(bot.owner_id, kind, dedup, bot_id=bot.id, params=params)


def paused(bot: Bot, refused: Refused, day: str) -> Alert:
    """A daily limit was reached."""
    dedup = f"paused:{bot.id}:{refused.check}:{day}"
    about = _of_check(refused) | {"why": bot.why, "until": str(bot.paused_until)}
    return of_bot(bot, AlertKind.BOT_PAUSED, dedup, about)


def resumed(bot: Bot, until: int) -> Alert:
    """A bot that was paused until then (ms) goes on."""
    return of_bot(bot, AlertKind.BOT_RESUMED, f"resumed:{bot.id}:{until}", {})


def entry_refused(bot: Bot, refused: Refused, once: str) -> Alert:
    """A signal was not followed; told once for each check and ``once``, a day or an order."""
    dedup = f"refused:{bot.id}:{refused.check}:{once}"
    about = _of_check(refused) | {"symbol": bot.config.symbol}
    return of_bot(bot, AlertKind.ENTRY_REFUSED, dedup, about)


def bot_failed(bot: Bot) -> Alert:
    """A bot was stopped by a problem; it says itself why."""
    dedup = f"failed:{bot.id}:{bot.revision}"
    return of_bot(bot, AlertKind.BOT_FAILED, dedup, {"problem": bot.why, **bot.why_params})


def _of_check(refused: Refused) -> dict[str, str]:
    return {"check": refused.check, "limit": refused.limit, "measured": refused.measured}
