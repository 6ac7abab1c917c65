"""RSI levels, with the trend of a simple moving average to confirm them."""

from collections.abc import Sequence

from engine.core.signal import Action
from engine.strategies.base import Param, Values
from engine.strategies.indicators import Indicator, Rsi, Sma
from engine.strategies.rules import Case, Readings, RuleStrategy, above


def _indicators(params: Values) -> dict[str, Indicator]:
    found: dict[str, Indicator] = {"rsi": Rsi(params["rsi_period"])}
    if params["confirm"]:
        found["sma"] = Sma(params["sma_period"])
    return found


def _rule(params: Values, now: Readings, before: Readings) -> Sequence[Case]:
    """BUY on every candle on which the RSI is below oversold, SELL while it is above overbought.

    ``confirm`` lets a BUY pass only while the average rises from candle to candle, and a SELL
    while it falls. (Where the RSI is low the close lies below its average nearly always, so that
    asking for a close above it would never trade.)
    """
    cheap, dear = now["rsi"] < params["oversold"], now["rsi"] > params["overbought"]
    if not params["confirm"]:
        return (Case(cheap, Action.BUY, "rsi_cheap"), Case(dear, Action.SELL, "rsi_dear"))
    rising = above(now["sma"], before["sma"], now["sma"])
    falling = above(before["sma"], now["sma"], now["sma"])
    return (
        Case(cheap & rising, Action.BUY, "rsi_cheap"),
        Case(dear & falling, Action.SELL, "rsi_dear"),
        Case(cheap, Action.HOLD, "rsi_cheap_unconfirmed"),
        Case(dear, Action.HOLD, "rsi_dear_unconfirmed"),
    )


RSI_SMA = RuleStrategy(
    name="rsi_sma",
    title="RSI/SMA",
    params=(
        Param("rsi_period", "int", 14, "param.rsi_period", low=2, high=200),
        Param("oversold", "float", 30.0, "param.oversold", low=1, high=99),
        Param("overbought", "float", 70.0, "param.overbought", low=1, high=99),
        Param("confirm", "bool", False, "param.confirm"),
        Param("sma_period", "int", 50, "param.sma_period", low=2, high=1000),
    ),
    indicators=_indicators,
    rule=_rule,
    otherwise="rsi_between",
    below=(("oversold", "overbought"),),
)
