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


def stop_price(entry: Decimal, percent: Decimal, rules: SymbolRules, *, long: bool) -> Decimal:
    """Stop on the tick grid, rounded towards the earlier trigger."""
    level = stop_level(entry, percent, long=long)
    rounded = ceil_to_step if long else floor_to_step
    return rounded(level, rules.tick_size)


def target_price(entry: Decimal, percent: Decimal, rules: SymbolRules, *, long: bool) -> Decimal:
    """Target on the tick grid, rounded away from the entry: never less profit than asked for."""
    level = target_level(entry, percent, long=long)
    rounded = ceil_to_step if long else floor_to_step
    return rounded(level, rules.tick_size)
