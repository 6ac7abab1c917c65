"""Closes outside of the Bollinger bands."""

from collections.abc import Sequence

from engine.core.signal import Action
from engine.strategies.base import Param, Values
from engine.strategies.indicators import Close, Indicator
from engine.strategies.ranges import Band
from engine.strategies.rules import Case, Readings, RuleStrategy, above


def _indicators(params: Values) -> dict[str, Indicator]:
    period, width = params["band_period"], params["band_width"]
    return {"close": Close(), "lower": Band(period, -width), "upper": Band(period, width)}


def _rule(_params: Values, now: Readings, _before: Readings) -> Sequence[Case]:
    """BUY on every candle that closes below the lower band, SELL on those above the upper one."""
    return (
        Case(above(now["lower"], now["close"], now["close"]), Action.BUY, "below_band"),
        Case(above(now["close"], now["upper"], now["close"]), Action.SELL, "above_band"),
    )


BOLLINGER = RuleStrategy(
    name="bollinger",
    title="Bollinger",
    params=(
        Param("band_period", "int", 20, "param.band_period", low=2, high=500),
        Param("band_width", "float", 2.0, "param.band_width", low=0.1, high=10),
    ),
    indicators=_indicators,
    rule=_rule,
    otherwise="within_bands",
)
