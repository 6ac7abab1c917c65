"""Buys a close above the highest high of the candles before, sells one below the lowest low."""

from engine.strategies.base import Param
from engine.strategies.frames import Plugin


def signals(candles, params):
    before, close = candles[:-1].tail(params["candles"]), candles["close"].iloc[-1]
    if close > before["high"].max():
        return "BUY", 80, f"{close:g} is above {before['high'].max():g}"
    if close < before["low"].min():
        return "SELL", 80, f"{close:g} is below {before['low'].min():g}"
    return "HOLD", 0, "within the range"


BREAKOUT = Plugin(
    name="breakout",
    title="Breakout",
    about="Buys new highs and sells new lows.",
    params=(Param("candles", "int", 20, "candles that make the range.", low=2, high=500),),
    periods=("candles",),
    signals=signals,
)
