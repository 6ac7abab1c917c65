"""Checks of the limits that the bot's owner set, for the bot and for all bots together."""

from decimal import Decimal

from engine.core.bot_config import BotConfig
from engine.core.checks.facts import UNKNOWN, EntryFacts, Refused
from engine.core.hours import wall_clock, written
from engine.core.money import ZERO, fixed

MIN_CONFIDENCE = 60
_MINUTE_MS = 60_000
PAUSING = frozenset({"daily_trades", "daily_loss", "daily_target"})
"""Refusals that last until the next day begins: they pause the bot."""


def hours(facts: EntryFacts) -> Refused | None:
    """The wall clock of the trading hours' zone lies within them."""
    window = facts.config.trading_hours
    if window is None or window.open_at(facts.now):
        return None
    return Refused("hours", written(window), wall_clock(facts.now, window.zone))


def cooldown(facts: EntryFacts) -> Refused | None:
    """The pause after a losing trade is over; both figures in minutes."""
    minutes = facts.config.cooldown_minutes
    if minutes is None or facts.last_loss_at is None:
        return None
    passed = facts.now - facts.last_loss_at
    if passed >= minutes * _MINUTE_MS:
        return None
    return Refused("cooldown", str(minutes), str(max(passed, 0) // _MINUTE_MS))


def one_position(facts: EntryFacts) -> Refused | None:
    """The bot holds nothing and nothing of its is under way."""
    return Refused("one_position", "0", "1") if facts.holding else None


def open_positions(facts: EntryFacts) -> Refused | None:
    """With this one, the owner's bots hold no more positions than allowed."""
    limit = facts.limits.max_open_positions
    if limit is None or facts.open_positions < limit:
        return None
    return Refused("open_positions", str(limit), str(facts.open_positions))


def exposure(facts: EntryFacts) -> Refused | None:
    """With this one, what the owner's bots hold is worth no more than allowed."""
    limit = facts.limits.max_exposure
    if limit is None:
        return None
    if facts.exposure is None:
        return Refused("exposure", fixed(limit), UNKNOWN)
    would_be = facts.exposure + facts.value
    if would_be <= limit:
        return None
    return Refused("exposure", fixed(limit), fixed(round(would_be, 2)))


def open_result(facts: EntryFacts) -> Refused | None:
    """What is open can be valued, where a limit over all bots is measured with it."""
    return None if facts.drawdown_known else Refused("open_result", "ok", UNKNOWN)


def daily_trades(facts: EntryFacts) -> Refused | None:
    """The bot may enter once more on this limit day."""
    limit = facts.config.max_daily_trades
    if limit is None or facts.day.entries < limit:
        return None
    return Refused("daily_trades", str(limit), str(facts.day.entries))


def daily_loss(facts: EntryFacts) -> Refused | None:
    """The day's closed trades and the open position together lost less than the limit."""
    limit = facts.config.max_daily_loss
    if limit is not None and facts.open_result is None:
        return Refused("daily_loss", fixed(limit), UNKNOWN)
    return lost(facts.config, facts.day.net + (facts.open_result or ZERO))


def daily_target(facts: EntryFacts) -> Refused | None:
    """The day's closed trades have not earned the target yet."""
    return _earned(facts.config, facts.day.net)


def day_over(config: BotConfig, net: Decimal) -> Refused | None:
    """The limit of its day that a bot has reached with this net result, or None."""
    return lost(config, net) or _earned(config, net)


def lost(config: BotConfig, net: Decimal) -> Refused | None:
    """The loss of a day that is reached with this net result, or None."""
    limit = config.max_daily_loss
    if limit is None or -net < limit:
        return None
    return Refused("daily_loss", fixed(limit), fixed(-net))


def _earned(config: BotConfig, net: Decimal) -> Refused | None:
    target = config.daily_target
    if target is None or net < target:
        return None
    return Refused("daily_target", fixed(target), fixed(net))


def confidence(facts: EntryFacts) -> Refused | None:
    """The signal is sure enough; rules that know no doubt say 100."""
    if facts.confidence >= MIN_CONFIDENCE:
        return None
    return Refused("confidence", str(MIN_CONFIDENCE), str(facts.confidence))
