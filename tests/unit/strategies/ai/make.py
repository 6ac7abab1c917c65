"""Readings, trades and answers for tests of the analyst's pure parts."""

import json
from decimal import Decimal

from engine.core.market import Candle, Market
from engine.core.position import ExitReason, PositionSide
from engine.core.trade import Trade
from engine.strategies.ai.readings import Reading

MINUTE = 60_000


def reading(close=100.0, **changes):
    values = {
        "open_time": 0,
        "close": close,
        "volume": 1.0,
        "rsi": 50.0,
        "macd": 0.0,
        "signal": 0.0,
        "histogram": 0.0,
        "upper": close + 1,
        "lower": close - 1,
        "volume_ratio": 1.0,
    }
    return Reading(**(values | changes))


def candle(number, close, *, opened=None, high=None, low=None, volume=1.0):
    opened = close if opened is None else opened
    top, bottom = max(opened, close), min(opened, close)
    high, low = high or top, low or bottom
    return Candle(number * MINUTE, opened, high, low, close, volume)


def trade(percent, reason=ExitReason.TAKE_PROFIT):
    result = Decimal(str(percent))
    zero = Decimal(0)
    return Trade(
        0, 0, 1, 1, Market.SPOT, "BTCUSDT", PositionSide.LONG, Decimal(1), Decimal(100),
        Decimal(100), result, result, result, zero, reason, 0, 1,
    )  # fmt: skip


def answer(**changes):
    said = {
        "symbol": "BTCUSDT",
        "signal": "BUY",
        "confidence": 80,
        "entry": 100.0,
        "stop_loss": 99.5,
        "take_profit": 101.0,
        "reason": "Volume.",
    }
    return json.dumps(said | changes)
