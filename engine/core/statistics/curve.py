"""Equity curve: its drawdown, and the returns of its days."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.core.money import HUNDRED, ZERO
from engine.core.statistics.periods import dates_of
from engine.core.statistics.tally import Closed

Point = tuple[int, Decimal]
"""An instant (ms UTC) and the equity (quote asset) from then on."""


@dataclass(frozen=True, slots=True)
class Drawdown:
    """A fall of equity: how deep (quote asset, and percent of the peak), from when to when.

    Times ms UTC. ``ended_at`` is when the peak was reached again, or the end of the range while
    it was not (``recovered`` is False then). ``percent`` is None where equity began at nothing.
    """

    amount: Decimal
    percent: Decimal | None
    peak_at: int
    trough_at: int
    ended_at: int
    recovered: bool

    @property
    def length_ms(self) -> int:
        """From the peak until it was reached again, or until the end of the range."""
        return self.ended_at - self.peak_at


def equity_curve(trades: Sequence[Closed], start: Decimal, since: int) -> tuple[Point, ...]:
    """``start`` at ``since``, then what it has become at each instant at which trades closed.

    Trades in order. Realised results alone: an open position is not in it.
    """
    points: list[Point] = [(since, start)]
    equity = start
    for place, trade in enumerate(trades):
        equity += trade.net
        if place and trades[place - 1].closed_at == trade.closed_at:
            points.pop()
        points.append((trade.closed_at, equity))
    return tuple(points)


def max_drawdown(curve: Sequence[Point], until: int) -> Drawdown | None:
    """The greatest fall from a peak, as a share of the peak; None when equity never fell.

    As Magdon-Ismail and Atiya, "Maximum drawdown", Risk 17 (10), 2004, define it, over every
    point of the curve. Where equity begins at nothing or below, shares mean nothing and the
    greatest amount counts.
    """
    shares = curve[0][1] > 0
    peak_at, peak = curve[0]
    worst, found = ZERO, None
    for at, equity in curve:
        if equity >= peak:
            peak_at, peak = at, equity
            continue
        depth = (peak - equity) / peak if shares else peak - equity
        if depth > worst:
            worst, found = depth, (peak_at, peak, at, peak - equity)
    if found is None:
        return None
    peak_at, peak, trough_at, amount = found
    recovery = [at for at, equity in curve if at > trough_at and equity >= peak]
    ended_at = recovery[0] if recovery else until
    percent = worst * HUNDRED if shares else None
    return Drawdown(amount, percent, peak_at, trough_at, ended_at, bool(recovery))


def daily_returns(curve: Sequence[Point], until: int, zone: str = "UTC") -> tuple[float, ...]:
    """Return of each calendar day from the curve's first to that of ``until`` (ms UTC).

    Return = equity at the end of the day / equity at its beginning - 1, where 0.01 is one
    percent. The first and the last day may be parts of days. Empty where equity was not positive
    throughout: there is no return on nothing.
    """
    if any(equity <= 0 for _, equity in curve):
        return ()
    *days, last = dates_of((*(at for at, _ in curve), until), zone)
    closing = dict(zip(days, (equity for _, equity in curve), strict=True))
    returns = [0.0] * ((last - days[0]).days + 1)
    before = curve[0][1]
    for day, equity in closing.items():
        returns[(day - days[0]).days] = float((equity - before) / before)
        before = equity
    return tuple(returns)
