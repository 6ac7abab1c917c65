"""Strategies by name."""

from engine.core.errors import InvalidValue
from engine.strategies.base import Strategy
from engine.strategies.ema_rsi import EMA_RSI

BUILT_IN: dict[str, Strategy] = {built_in.name: built_in for built_in in (EMA_RSI,)}


def strategy(name: str) -> Strategy:
    """The strategy of that name; raises InvalidValue with the names there are."""
    found = BUILT_IN.get(name)
    if found is None:
        raise InvalidValue("strategy", name, "choice", choices=", ".join(BUILT_IN))
    return found
