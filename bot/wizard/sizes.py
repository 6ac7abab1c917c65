"""PURE how much a trade buys: three ways to say it, and the range in which each works.

An answer is ``25`` (quote money), ``2%`` (of the capital) or ``1%risk`` (what the stop may cost,
of the balance). On futures all of them name the stake, before leverage.
"""

import re
from decimal import Decimal

from bot.wizard.bounds import CENT, DEFAULTS, Answers, Facts, get, leverage_of
from bot.wizard.typed import number
from engine.core import sizing
from engine.core.bot_config import BotConfig, Sizing
from engine.core.checks import MIN_TRADE_VALUE
from engine.core.errors import InvalidValue
from engine.core.money import HUNDRED, ceil_to_step, fixed, floor_to_step, percent_of

RISK = "risk"
MOST_RISK = Decimal(10)
_LEAST_RISK = Decimal("0.01")
_ROOM = Decimal("1.1")
_RISK = re.compile(rf"\s*{RISK}\s*", re.IGNORECASE)


def sizing_of(size: str) -> tuple[Sizing, Decimal]:
    """The rule and the figure of a valid answer."""
    if size.endswith(RISK):
        return Sizing.RISK, Decimal(size.removesuffix(RISK).removesuffix("%"))
    if size.endswith("%"):
        return Sizing.PERCENT, Decimal(size.removesuffix("%"))
    return Sizing.FIXED, Decimal(size)


def read_size(raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
    """What an answer about the size changes; raises ``InvalidValue`` with the range that works."""
    low, high = size_range(answers, facts)
    if low > high:
        capital, cap = get(answers, "capital"), get(answers, "cap")
        raise InvalidValue(
            "size", raw, "capital_too_small", low=fixed(low), capital=capital, cap=cap
        )
    rest = _RISK.sub(" ", raw)
    if rest != raw:
        least, most = risk_range(answers, facts)
        return {"size": fixed(_number(raw, rest, least, most, "%")) + f"%{RISK}"}
    if raw.strip().endswith("%"):
        least, most = percent_range(answers, facts)
        return {"size": fixed(_number(raw, raw, least, most, "%")) + "%"}
    return {"size": fixed(_number(raw, raw, low, high, facts.quote))}


def size_range(answers: Answers, facts: Facts) -> tuple[Decimal, Decimal]:
    """Smallest and largest workable amount per trade in quote asset: on futures, of the stake."""
    leverage = leverage_of(answers)
    low = MIN_TRADE_VALUE
    if facts.rules is not None and facts.price is not None:
        stop = Decimal(get(answers, "stop"))
        low = max(low, sizing.smallest_entry(facts.rules, facts.price, stop))
    high = cap_of(answers)
    if facts.rules is not None and facts.rules.max_notional:
        high = min(high, floor_to_step(facts.rules.max_notional / leverage, CENT))
    return ceil_to_step(low / leverage, CENT), high


def percent_range(answers: Answers, facts: Facts) -> tuple[Decimal, Decimal]:
    """The same range in percent of the capital."""
    low, high = size_range(answers, facts)
    capital = Decimal(get(answers, "capital"))
    least = ceil_to_step(low * HUNDRED / capital, CENT)
    return least, floor_to_step(high * HUNDRED / capital, CENT)


def risk_range(answers: Answers, facts: Facts) -> tuple[Decimal, Decimal]:
    """Smallest risk whose entry is placeable, and the largest, in percent of the balance.

    What a larger risk would buy is cut at the cap, so it is no upper bound.
    """
    position = size_range(answers, facts)[0] * leverage_of(answers)
    at_stop = percent_of(position, Decimal(get(answers, "stop")))
    least = ceil_to_step(at_stop * HUNDRED / Decimal(get(answers, "capital")), CENT)
    return max(least, _LEAST_RISK), max(least, MOST_RISK)


def fitting_size(answers: Answers, facts: Facts) -> str:
    """The suggested amount, or one that works and goes on working when the price has risen."""
    low, high = size_range(answers, facts)
    usual = Decimal(DEFAULTS["size"])
    if low > high or low <= usual <= high:
        return fixed(usual)
    whole = ceil_to_step(low * _ROOM, Decimal(1))
    return fixed(high if usual > high else min(whole, high))


def cap_of(answers: Answers) -> Decimal:
    """Most quote money that one trade may take of the capital."""
    return percent_of(Decimal(get(answers, "capital")), Decimal(get(answers, "cap")))


def stake_of(answers: Answers, size: str) -> Decimal:
    """Quote money that a trade takes, as long as all of the capital is free."""
    return sizing.stake_of(_sized(answers, size), Decimal(get(answers, "capital")))


def uncapped(answers: Answers, size: str) -> Decimal:
    """The same without the cap."""
    return sizing.wanted_quote(_sized(answers, size), Decimal(get(answers, "capital")))


def _sized(answers: Answers, size: str) -> BotConfig:
    """As much of a configuration as says how large a trade is."""
    rule, figure = sizing_of(size)
    return BotConfig.model_construct(
        sizing=rule,
        size=figure,
        initial_capital=Decimal(get(answers, "capital")),
        max_position=Decimal(get(answers, "cap")),
        stop_loss=Decimal(get(answers, "stop")),
        leverage=leverage_of(answers),
    )


def _number(raw: str, text: str, low: Decimal, high: Decimal, unit: str) -> Decimal:
    """A number out of a part of an answer, refused with all of it."""
    try:
        return number("size", text, low, high, unit=unit)
    except InvalidValue as invalid:
        figures = {k: v for k, v in invalid.params.items() if k not in {"field", "value"}}
        raise InvalidValue("size", raw, invalid.problem, **figures) from None
