"""Strategies by name: those built in, and those that were registered when the service started."""

from engine.core.errors import InvalidValue
from engine.strategies.ai.strategy import AI
from engine.strategies.base import Strategy
from engine.strategies.bollinger import BOLLINGER
from engine.strategies.ema_cross import EMA_CROSS
from engine.strategies.ema_rsi import EMA_RSI
from engine.strategies.macd import MACD
from engine.strategies.rsi_sma import RSI_SMA

BUILT_IN: dict[str, Strategy] = {
    built_in.name: built_in for built_in in (EMA_RSI, RSI_SMA, MACD, BOLLINGER, EMA_CROSS, AI)
}
_registered: dict[str, Strategy] = {}


def register(third_party: Strategy) -> None:
    """Make a strategy known for the life of the process; raises InvalidValue for a taken name."""
    known = _registered.get(third_party.name, third_party)
    if third_party.name in BUILT_IN or known != third_party:
        raise InvalidValue("strategy", third_party.name, "taken")
    _registered[third_party.name] = third_party


def forget_registered() -> None:
    """Know those built in alone."""
    _registered.clear()


def names() -> list[str]:
    """Names of all strategies, those built in first."""
    return [*BUILT_IN, *_registered]


def strategy(name: str) -> Strategy:
    """The strategy of that name; raises InvalidValue with the names there are."""
    found = BUILT_IN.get(name) or _registered.get(name)
    if found is None:
        raise InvalidValue("strategy", name, "choice", choices=", ".join(names()))
    return found
