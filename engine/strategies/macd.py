"""MACD crossing its signal line."""

from collections.abc import Sequence

from engine.core.signal import Action
from engine.strategies.base import Param, Values
from engine.strategies.indicators import Close, Indicator
from engine.strategies.macd_lines import Macd, MacdSignal
from engine.strategies.rules import Case, Readings, RuleStrategy, crossed_above


def _indicators(params: Values) -> dict[str, Indicator]:
    periods = params["macd_fast"], params["macd_slow"], params["macd_signal"]
    return {"macd": Macd(*periods), "macd_signal": MacdSignal(*periods), "close": Close()}


def _rule(_params: Values, now: Readings, before: Readings) -> Sequence[Case]:
    """BUY when the MACD crosses above its signal line, SELL when it crosses below.

    Both lines are small differences of prices: what counts as rounding is measured by the price.
    """
    up = crossed_above("macd", "macd_signal", now, before, scale="close")
    down = crossed_above("macd_signal", "macd", now, before, scale="close")
    return (Case(up, Action.BUY, "macd_cross_up"), Case(down, Action.SELL, "macd_cross_down"))


MACD = RuleStrategy(
    name="macd",
    title="MACD",
    params=(
        Param("macd_fast", "int", 12, "param.macd_fast", low=2, high=500),
        Param("macd_slow", "int", 26, "param.macd_slow", low=3, high=1000),
        Param("macd_signal", "int", 9, "param.macd_signal", low=2, high=500),
    ),
    indicators=_indicators,
    rule=_rule,
    otherwise="no_macd_cross",
    below=(("macd_fast", "macd_slow"),),
)
