"""Checks of the money: what is free, what the entry takes, what the exchange asks for."""

from decimal import Decimal

from engine.core.checks.facts import EntryFacts, Refused
from engine.core.margin import FUTURES_FEES
from engine.core.market import Market
from engine.core.money import fixed, floor_to_step
from engine.core.sizing import SAFETY, TooSmall, size_entry, smallest_entry

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
    return _unpaid(facts, facts.stake)


def filters(facts: EntryFacts) -> Refused | None:
    """The exchange's filters take it, and what it buys can be sold at its stop."""
    size = size_entry(facts.config, facts.rules, facts.price, facts.capital, facts.advice)
    return too_small(size) if isinstance(size, TooSmall) else None


def unfit(facts: EntryFacts, quantity: Decimal) -> Refused | None:
    """Why a quantity that was decided before must not be entered now; None when it may.

    Filters and money may have changed since: it must lie on the step and between the bounds, be
    worth the minimum at its stop too, and be paid for.
    """
    rules, value = facts.rules, quantity * facts.price
    step = max(rules.step_size, rules.market_step_size)
    if floor_to_step(quantity, step) != quantity:
        return Refused("step", fixed(step), fixed(quantity))
    ceilings = [most for most in (rules.max_qty, rules.market_max_qty) if most]
    if ceilings and quantity > min(ceilings):
        return Refused("too_large", fixed(min(ceilings)), fixed(quantity))
    least = smallest_entry(rules, facts.price, facts.stop_percent) / SAFETY
    if value < least:
        return Refused("too_small", fixed(round(least, 8)), fixed(round(value, 8)))
    if rules.max_notional and value > rules.max_notional:
        return Refused("too_large", fixed(rules.max_notional), fixed(round(value, 8)))
    return _unpaid(facts, value / facts.config.leverage)


def _unpaid(facts: EntryFacts, stake: Decimal) -> Refused | None:
    if facts.rules.market is Market.FUTURES:
        # Commission of entry and exit is taken from the wallet, beside the margin.
        stake += stake * facts.config.leverage * FUTURES_FEES
    if stake <= facts.free:
        return None
    return Refused("sufficient", fixed(round(stake, 8)), fixed(facts.free))


def too_small(size: TooSmall) -> Refused:
    """The refusal that names the smallest stake which works."""
    return Refused("too_small", fixed(round(size.smallest, 8)), fixed(round(size.wanted, 8)))
