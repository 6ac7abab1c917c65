"""PURE words for what a bot is set to: hours, durations, sizes, a strategy and its parameters."""

from bot.texts import Texts
from engine.core.bot_config import BotConfig, Sizing
from engine.core.errors import InvalidValue
from engine.core.hours import DAYS, TradingHours, joined, span
from engine.core.market import Market
from engine.core.money import fixed
from engine.strategies.base import Param
from engine.strategies.registry import strategy

_DAY, _HOUR = 1440, 60
_WEEK = 7
_LONGEST = 200


def hours_of(hours: TradingHours, texts: Texts) -> str:
    """Trading hours: ``Mon–Fri 09:00–17:30 Europe/Berlin``."""
    names_of = tuple(texts.plain(f"weekday.{day}") for day in DAYS)
    every = len(hours.weekdays) == _WEEK
    days = texts.plain("hours.daily") if every else joined(hours.weekdays, names_of)
    whole = hours.start == hours.end and not (hours.start.hour or hours.start.minute)
    window = texts.plain("hours.whole_day") if whole else span(hours)
    return f"{days} {window}".replace("-", "–") + f" {hours.zone}"


def length(minutes: int, texts: Texts) -> str:
    """An exact duration: ``30 min``, ``4 h``, ``1 d 12 h``."""
    parts = {
        "span.day": minutes // _DAY,
        "span.hour": minutes % _DAY // _HOUR,
        "span.minute": minutes % _HOUR,
    }
    return " ".join(texts.plain(key, n=n) for key, n in parts.items() if n)


def size_of(config: BotConfig, quote: str, texts: Texts) -> str:
    """How much an entry takes, HTML: ``25 USDT a trade``, ``risk 1 % a trade``."""
    figures = {"size": fixed(config.size), "quote": quote}
    capital = fixed(config.initial_capital)
    staked = config.market is Market.FUTURES and config.sizing is not Sizing.RISK
    key = f"settings.{'stake' if staked else 'size'}.{config.sizing.value}"
    return texts.say(key, capital=capital, **figures)


def setting_lines(config: BotConfig, quote: str, texts: Texts) -> list[str]:
    """What a bot is set to, line by line."""
    figures = {
        "symbol": config.symbol,
        "market": config.market.value,
        "timeframe": config.timeframe.value,
        "strategy": title_of(config.strategy),
    }
    lines = [texts.say("card.what", **figures)]
    if config.market is Market.FUTURES:
        direction = texts.plain(f"direction.{config.direction.value}")
        lines.append(texts.say("card.futures", leverage=config.leverage, direction=direction))
    lines.append(size_of(config, quote, texts))
    exits = {"stop": fixed(config.stop_loss), "target": fixed(config.take_profit)}
    lines.append(texts.say("card.exits", **exits))
    if config.trailing_stop is not None:
        start = config.trailing_activation
        figures = {"trailing": fixed(config.trailing_stop)}
        figures |= {} if start is None else {"start": fixed(start)}
        key = "card.trailing" if start is not None else "card.trailing_now"
        lines.append(texts.say(key, **figures))
    if config.max_holding_minutes is not None:
        lines.append(texts.say("card.holding", span=length(config.max_holding_minutes, texts)))
    if config.trading_hours is not None:
        lines.append(texts.say("card.hours", hours=hours_of(config.trading_hours, texts)))
    if config.auto_transfer and config.transfer_amount is not None:
        amount = fixed(config.transfer_amount)
        lines.append(texts.say("card.transfer", amount=amount, quote=quote))
    return lines


def title_of(name: str) -> str:
    """Title of a strategy, its bare name where it is not installed any more."""
    try:
        return strategy(name).title
    except InvalidValue:
        return name


def about(name: str, texts: Texts) -> str:
    """What a strategy does, in one line; "" when it does not say."""
    key = f"strategy_about.{name}"
    told = texts.plain(key) if texts.has(key) else getattr(strategy(name), "about", "")
    return shortened(told)


def help_of(param: Param, texts: Texts) -> str:
    """What a parameter means; third parties bring their own words."""
    return shortened(texts.plain(param.help) if texts.has(param.help) else param.help)


def shortened(text: str) -> str:
    """One line of bounded length."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
