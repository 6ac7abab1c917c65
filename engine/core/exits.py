"""Exits: where stop and target stand. Scalar functions, generic over ``Decimal`` and ``float``."""

from decimal import Decimal
from typing import TypeVar

from engine.core.market import SymbolRules
from engine.core.money import ceil_to_step, floor_to_step

N = TypeVar("N", float, Decimal)


def stop_level(entry: N, percent: N, *, long: bool) -> N:
    """Stop loss ``percent`` hundredths away from ``entry`` on the losing side."""
    part = entry * percent / 100
    return entry - part if long else entry + part


def target_level(entry: N, percent: N, *, long: bool) -> N:
    """Take profit ``percent`` hundredths away from ``entry`` on the winning side."""
    part = entry * percent / 100
    return entry + part if long else entry - part


def trailing_level(entry: N, best: N, percent: N, activation: N, *, long: bool) -> N | None:
    """Stop that follows the best price seen ``percent`` hundredths behind it.

    None until the best price lies ``activation`` hundredths in profit. The caller keeps the
    tighter of this and the stop that stands: a trailing stop never loosens.
    """
    active = target_level(entry, activation, long=long)
    if (best < active) if long else (best > active):
        return None
    return stop_level(best, percent, long=long)


def tighter(stop: N, other: N, *, long: bool) -> N:
    """The one of two stops that loses less."""
    return max(stop, other) if long else min(stop, other)


def better(price: N, other: N, *, long: bool) -> N:
    """The one of two prices that the position gains more from."""
    return max(price, other) if long else min(price, other)


def on_tick(level: Decimal, rules: SymbolRules, *, long: bool) -> Decimal:
    """A stop level on the tick grid, rounded towards the earlier trigger."""
    rounded = ceil_to_step if long else floor_to_step
    return rounded(level, rules.tick_size)


def stop_price(entry: Decimal, percent: Decimal, rules: SymbolRules, *, long: bool) -> Decimal:
    """Stop on the tick grid, rounded towards the earlier trigger."""
    return on_tick(stop_level(entry, percent, long=long), rules, long=long)


def target_price(entry: Decimal, percent: Decimal, rules: SymbolRules, *, long: bool) -> Decimal:
    """Target on the tick grid, rounded away from the entry: never less profit than asked for."""
    level = target_level(entry, percent, long=long)
    rounded = ceil_to_step if long else floor_to_step
    return rounded(level, rules.tick_size)
