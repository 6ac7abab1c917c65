"""PURE words for a bot's day: what it did against each limit, and when it may enter again."""

from bot.texts import Texts
from bot.views.figures import money, signed
from bot.views.settings import length
from bot.views.times import clock_of
from engine.core.money import fixed
from engine.services.cards import BotCard


def today_lines(facts: BotCard, texts: Texts) -> list[str]:
    """Trades and result of the day, each beside its limit."""
    config, day = facts.bot.config, facts.day
    quote = facts.rules.quote if facts.rules else ""
    figures = {"n": day.entries, "net": signed(money(day.net)), "quote": quote}
    if config.max_daily_trades is None:
        lines = [texts.say("card.today_free", **figures)]
    else:
        lines = [texts.say("card.today", limit=config.max_daily_trades, **figures)]
    loss, goal = config.max_daily_loss, config.daily_target
    limits = {"quote": quote}
    limits |= {} if loss is None else {"loss": fixed(loss)}
    limits |= {} if goal is None else {"goal": fixed(goal)}
    if loss is not None or goal is not None:
        key = "both" if loss is not None and goal is not None else "loss" if loss else "goal"
        lines.append(texts.say(f"card.day_ends.{key}", **limits))
    if config.cooldown_minutes is not None:
        span = length(config.cooldown_minutes, texts)
        lines.append(texts.say("card.cooldown", span=span))
    return lines


def entry_state(facts: BotCard, texts: Texts) -> str | None:
    """Why a bot that waits for a signal would not follow one now; None: nothing of its own."""
    hours = facts.bot.config.trading_hours
    if hours is not None and not hours.open_at(facts.now):
        opens = clock_of(hours.opens_at(facts.now), facts.limits.zone, facts.now, texts)
        return texts.say("card.state.closed", opens=opens)
    if facts.cooldown_until is not None:
        until = clock_of(facts.cooldown_until, facts.limits.zone, facts.now, texts)
        return texts.say("card.state.cooling", until=until)
    return None
