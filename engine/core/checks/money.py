"""Checks of the money: what is free, what the entry takes, what the exchange asks for."""

from decimal import Decimal

from engine.core.checks.facts import EntryFacts, Refused
from engine.core.margin import FUTURES_FEES
from engine.core.market import Market
from engine.core.money import fixed
from engine.core.sizing import TooSmall, size_entry

MIN_BALANCE = Decimal(10)
MIN_TRADE_VALUE = Decimal(5)


def balance(facts: EntryFacts) -> Refused | None:
    """There is something to trade with."""
    if facts.free >= MIN_BALANCE:
        return None
    return Refused("balance", fixed(MIN_BALANCE), fixed(facts.free))


def trade_value(facts: EntryFacts) -> Refused | None:
    """The entry, cut at its cap, is worth more than its fees and its dust."""
    if facts.value >= MIN_TRADE_VALUE:
        return None
    return Refused("trade_value", fixed(MIN_TRADE_VALUE), fixed(round(facts.value, 8)))


def sufficient(facts: EntryFacts) -> Refused | None:
    """The free money pays for it."""
    needed = facts.stake
    if facts.rules.market is Market.FUTURES:
        # Commission of entry and exit is taken from the wallet, beside the margin.
        needed += facts.value * FUTURES_FEES
    if needed <= facts.free:
        return None
    return Refused("sufficient", fixed(round(needed, 8)), fixed(facts.free))


def filters(facts: EntryFacts) -> Refused | None:
    """The exchange's filters take it, and what it buys can be sold at its stop."""
    size = size_entry(facts.config, facts.rules, facts.price, facts.capital, facts.advice)
    return too_small(size) if isinstance(size, TooSmall) else None


def too_small(size: TooSmall) -> Refused:
    """The refusal that names the smallest stake which works."""
    return Refused("too_small", fixed(round(size.smallest, 8)), fixed(round(size.wanted, 8)))
