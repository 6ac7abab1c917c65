"""When and at what price a resting order fills: shared by backtest, paper and the local exchange.

A price moves either by a jump (a gap: the next price simply is there) or along a segment (it
passes through every price between two points). A limit fills at its price, or better after a
jump; a stop fills at its trigger, or worse after a jump. All functions are scalar and generic
over ``Decimal`` and ``float``, so that a compiled backtest can run the very same rules.
"""

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, TypeVar

from engine.core.market import Side

N = TypeVar("N", float, Decimal)


class Resting(StrEnum):
    """The two ways in which an order may wait for a price."""

    LIMIT = "limit"
    STOP = "stop"


class CandlePath(NamedTuple):
    """The four points that a price visits inside one candle, in order."""

    open: Decimal
    first: Decimal
    second: Decimal
    close: Decimal


def limit_touched(side: Side, limit: N, price: N) -> bool:
    """Whether a limit order can fill at ``price``: a SELL at or above it, a BUY at or below."""
    return price >= limit if side is Side.SELL else price <= limit


def stop_touched(side: Side, trigger: N, price: N) -> bool:
    """Whether a stop fires at ``price``: a SELL stop at or below it, a BUY stop at or above."""
    return price <= trigger if side is Side.SELL else price >= trigger


def touched(kind: Resting, side: Side, level: N, price: N) -> bool:
    """Whether an order resting at ``level`` acts at ``price``."""
    if kind is Resting.LIMIT:
        return limit_touched(side, level, price)
    return stop_touched(side, level, price)


def fill_after_jump(kind: Resting, side: Side, level: N, price: N) -> N | None:
    """Fill price when the market jumps to ``price``, or None: whatever is touched fills there."""
    return price if touched(kind, side, level, price) else None


def fill_along_segment(kind: Resting, side: Side, level: N, end: N) -> N | None:
    """Fill price when the market moves continuously to ``end``, or None.

    The order was not touched where the segment starts (it would have filled before), so once the
    end touches it, the price has passed exactly through ``level``.
    """
    return level if touched(kind, side, level, end) else None


def worst_first_path(
    open_: Decimal, high: Decimal, low: Decimal, close: Decimal, *, long: bool = True
) -> CandlePath:
    """Path through a candle that visits the side harmful to the position first.

    With it a stop wins whenever stop and target lie inside one candle, as the backtest semantics
    demand.
    """
    first, second = (low, high) if long else (high, low)
    return CandlePath(open_, first, second, close)
