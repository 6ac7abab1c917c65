"""The plain rule on the same indicators: when a model is worth asking, and what its twin trades.

A setup is a turn: a close that comes back into the Bollinger bands from outside while the RSI is
stretched to the same side, or a MACD that crosses its signal line with more volume than usual and
an RSI that is not stretched against the trade already.
"""

from engine.core.signal import Action
from engine.strategies.ai.readings import Reading

STRETCHED_LOW, STRETCHED_HIGH = 35.0, 65.0
EXHAUSTED_LOW, EXHAUSTED_HIGH = 30.0, 70.0
BUSY = 1.2
"""Volume of a crossing over the usual one."""


def setup(now: Reading, before: Reading) -> Action:
    """What the rule says of a candle, given the one before; HOLD is no setup."""
    if _returns(now.close - now.lower, before.close - before.lower) and before.rsi < STRETCHED_LOW:
        return Action.BUY
    if (
        _returns(now.upper - now.close, before.upper - before.close)
        and before.rsi > STRETCHED_HIGH
    ):
        return Action.SELL
    if now.volume_ratio < BUSY:
        return Action.HOLD
    if before.histogram <= 0 < now.histogram and now.rsi < EXHAUSTED_HIGH:
        return Action.BUY
    if before.histogram >= 0 > now.histogram and now.rsi > EXHAUSTED_LOW:
        return Action.SELL
    return Action.HOLD


def _returns(inside: float, inside_before: float) -> bool:
    """Whether a close came back from beyond a band; the distances are negative beyond it."""
    return inside_before < 0 <= inside
