"""EMA crossing with an RSI filter."""

from collections.abc import Sequence

from engine.core.signal import Action
from engine.strategies.base import Param, Values
from engine.strategies.indicators import Ema, Indicator, Rsi
from engine.strategies.rules import Case, Readings, RuleStrategy, crossed_above


def _indicators(params: Values) -> dict[str, Indicator]:
    return {
        "ema_fast": Ema(params["ema_fast"]),
        "ema_slow": Ema(params["ema_slow"]),
        "rsi": Rsi(params["rsi_period"]),
    }


def _rule(params: Values, now: Readings, before: Readings) -> Sequence[Case]:
    """BUY when the fast average crosses above the slow one, SELL when it crosses below.

    ``rsi_filter`` = ``trend`` lets a BUY pass while the RSI is below overbought and a SELL while
    it is above oversold; ``reversal`` asks for oversold to BUY and for overbought to SELL.
    """
    up = crossed_above("ema_fast", "ema_slow", now, before)
    down = crossed_above("ema_slow", "ema_fast", now, before)
    rsi = now["rsi"]
    if params["rsi_filter"] == "trend":
        may_buy, may_sell = rsi < params["overbought"], rsi > params["oversold"]
    else:
        may_buy, may_sell = rsi < params["oversold"], rsi > params["overbought"]
    return (
        Case(up & may_buy, Action.BUY, "ema_cross_up"),
        Case(down & may_sell, Action.SELL, "ema_cross_down"),
        Case(up, Action.HOLD, "rsi_blocked_buy"),
        Case(down, Action.HOLD, "rsi_blocked_sell"),
    )


EMA_RSI = RuleStrategy(
    name="ema_rsi",
    title="EMA/RSI",
    params=(
        Param("ema_fast", "int", 8, "param.ema_fast", low=2, high=500),
        Param("ema_slow", "int", 21, "param.ema_slow", low=3, high=1000),
        Param("rsi_period", "int", 7, "param.rsi_period", low=2, high=200),
        Param("oversold", "float", 35.0, "param.oversold", low=1, high=99),
        Param("overbought", "float", 65.0, "param.overbought", low=1, high=99),
        Param("rsi_filter", "choice", "trend", "param.rsi_filter", choices=("trend", "reversal")),
    ),
    indicators=_indicators,
    rule=_rule,
    otherwise="no_cross",
    below=(("ema_fast", "ema_slow"), ("oversold", "overbought")),
)
