"""PURE answers that are figures: percentages, money, counts, durations, each with its bounds."""

import re
from collections.abc import Callable
from decimal import Decimal

from bot.wizard.bounds import (
    CENT,
    OFF,
    PERCENTS,
    Answers,
    Facts,
    chosen_key,
    get,
    leverage_of,
    may_transfer,
    stop_range,
)
from bot.wizard.typed import minutes, number
from engine.core.bot_config import MAX_LEVERAGE
from engine.core.checks import MIN_BALANCE
from engine.core.errors import InvalidValue
from engine.core.money import fixed

MOST_MONEY = Decimal(1_000_000_000)
MOST_TRADES = 1000
MOST_MINUTES = 43_200
_NOTHING = frozenset({OFF, "no", "none"})
_TOO_HIGH = re.compile(r"\s*\+?\d*[1-9]", re.ASCII)

Reader = Callable[[str, Answers, Facts], dict[str, str]]
"""What an answer changes; raises ``InvalidValue`` with what is allowed."""


def or_off(question: str, reader: Reader) -> Reader:
    """The same question, which may also be answered with ``off``."""

    def read_or_off(raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
        off = raw.strip().casefold() in _NOTHING
        return {question: OFF} if off else reader(raw, answers, facts)

    return read_or_off


def percent(question: str) -> Reader:
    """A percentage."""
    low, high = PERCENTS[question]

    def read_percent(raw: str, _answers: Answers, _facts: Facts) -> dict[str, str]:
        return {question: fixed(number(question, raw, low, high, unit="%"))}

    return read_percent


def duration(question: str) -> Reader:
    """Whole minutes, however they are written."""

    def read_duration(raw: str, _answers: Answers, _facts: Facts) -> dict[str, str]:
        return {question: str(minutes(question, raw, 1, MOST_MINUTES))}

    return read_duration


def money(question: str, low: Decimal = CENT) -> Reader:
    """An amount of the quote asset."""

    def read_money(raw: str, _answers: Answers, facts: Facts) -> dict[str, str]:
        return {question: fixed(number(question, raw, low, MOST_MONEY, unit=facts.quote))}

    return read_money


def transfer(raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
    """The most that is moved at a time, with a key that may."""
    changed = money("transfer")(raw, answers, facts)
    if not may_transfer(answers, facts):
        key = chosen_key(answers, facts)
        raise InvalidValue("transfer", raw, "no_transfer", label=key.label if key else "–")
    return changed


def stop(raw: str, answers: Answers, _facts: Facts) -> dict[str, str]:
    """The stop loss, which must be reached before liquidation."""
    low, high = PERCENTS["stop"]
    value = number("stop", raw, low, high, unit="%")
    widest = stop_range(answers)[1]
    if value > widest:
        bounds = {"low": fixed(low), "high": fixed(widest), "leverage": leverage_of(answers)}
        raise InvalidValue("stop", raw, "beyond_liquidation", unit="%", **bounds)
    return {"stop": fixed(value)}


def trades(raw: str, _answers: Answers, _facts: Facts) -> dict[str, str]:
    """How many trades a day."""
    most = Decimal(MOST_TRADES)
    return {"trades": fixed(number("trades", raw, Decimal(1), most, whole=True))}


def loss(raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
    """The loss after which a day is over; no more than the capital."""
    capital = Decimal(get(answers, "capital"))
    return {"loss": fixed(number("loss", raw, CENT, capital, unit=facts.quote))}


def capital(raw: str, _answers: Answers, facts: Facts) -> dict[str, str]:
    """What the bot works with."""
    return money("capital", MIN_BALANCE)(raw, _answers, facts)


def leverage(raw: str, _answers: Answers, _facts: Facts) -> dict[str, str]:
    """How many times the stake is traded."""
    return {"leverage": str(capped_leverage(raw)[0])}


def capped_leverage(raw: str) -> tuple[int, bool]:
    """A typed leverage and whether it was lowered to the cap; raises ``InvalidValue``."""
    most = Decimal(MAX_LEVERAGE)
    try:
        return int(number("leverage", raw, Decimal(1), most, unit="×", whole=True)), False
    except InvalidValue as invalid:
        if invalid.problem != "range" or not _TOO_HIGH.match(raw):
            raise
    return MAX_LEVERAGE, True
