"""Two exponential averages crossing, without a filter."""

from collections.abc import Sequence

from engine.core.signal import Action
from engine.strategies.base import Param, Values
from engine.strategies.indicators import Ema, Indicator
from engine.strategies.rules import Case, Readings, RuleStrategy, crossed_above


def _indicators(params: Values) -> dict[str, Indicator]:
    return {"ema_fast": Ema(params["ema_fast"]), "ema_slow": Ema(params["ema_slow"])}


def _rule(_params: Values, now: Readings, before: Readings) -> Sequence[Case]:
    """BUY when the fast average crosses above the slow one, SELL when it crosses below."""
    up = crossed_above("ema_fast", "ema_slow", now, before)
    down = crossed_above("ema_slow", "ema_fast", now, before)
    return (
        Case(up, Action.BUY, "plain_cross_up"),
        Case(down, Action.SELL, "plain_cross_down"),
    )


EMA_CROSS = RuleStrategy(
    name="ema_cross",
    title="EMA cross",
    params=(
        Param("ema_fast", "int", 9, "param.ema_fast", low=2, high=500),
        Param("ema_slow", "int", 21, "param.ema_slow", low=3, high=1000),
    ),
    indicators=_indicators,
    rule=_rule,
    otherwise="no_plain_cross",
    below=(("ema_fast", "ema_slow"),),
)
