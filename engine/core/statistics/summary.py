"""Statistics: every figure of a range of closed trades."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from engine.core.money import HUNDRED, ZERO
from engine.core.position import ExitReason
from engine.core.statistics import ratios
from engine.core.statistics.curve import (
    Drawdown,
    Point,
    daily_returns,
    equity_curve,
    max_drawdown,
)
from engine.core.statistics.tally import (
    Closed,
    Tally,
    by_reason,
    held_ms,
    in_order,
    longest_streaks,
    tally_of,
)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the trades that closed from ``since`` to ``until`` (ms UTC) came to.

    Money in quote asset and exact: ``capital`` is the equity at the beginning, ``won`` the sum of
    the winning trades, ``lost`` of the losing ones (negative), ``fees`` the commissions by asset.
    ``sharpe``, ``sortino`` and ``calmar`` follow from the returns of ``days`` calendar days, see
    ``ratios``. ``exposure`` is the share of the range (0 to 1) in which a position was open that
    has closed. What is not defined is None.
    """

    since: int
    until: int
    capital: Decimal
    total: Tally
    gross: Decimal
    funding: Decimal
    fees: dict[str, Decimal]
    won: Decimal
    lost: Decimal
    best: Decimal | None
    worst: Decimal | None
    winning_streak: int
    losing_streak: int
    average_ms: int | None
    exposure: float | None
    reasons: dict[ExitReason, Tally]
    curve: tuple[Point, ...]
    drawdown: Drawdown | None
    days: int
    sharpe: float | None
    sortino: float | None
    calmar: float | None

    @property
    def commission(self) -> Decimal:
        """Commissions that are in the net result, in quote asset (those in other assets are not).

        Base asset taken as commission counts at what it had cost.
        """
        return self.gross + self.funding - self.total.net

    @property
    def percent(self) -> Decimal | None:
        """Net result in percent of the capital, None without capital."""
        return self.total.net / self.capital * HUNDRED if self.capital > 0 else None

    @property
    def profit_factor(self) -> float | None:
        """What the winners won / what the losers lost; None without a losing trade."""
        return float(self.won / -self.lost) if self.lost else None

    @property
    def average_win(self) -> Decimal | None:
        """Mean of the winning trades."""
        return self.won / self.total.wins if self.total.wins else None

    @property
    def average_loss(self) -> Decimal | None:
        """Mean of the losing trades, negative."""
        return self.lost / self.total.losses if self.total.losses else None

    @property
    def expectancy(self) -> Decimal | None:
        """Mean net result of a trade."""
        return self.total.net / self.total.count if self.total.count else None

    @property
    def expectancy_ratio(self) -> float | None:
        """Expectancy / mean loss: what a trade brings per unit at risk; None without a loss.

        V. K. Tharp, "Trade Your Way to Financial Freedom", 1998. Without even trades it equals
        win rate x (1 + average win / average loss) - 1.
        """
        expected, loss = self.expectancy, self.average_loss
        return float(expected / -loss) if expected is not None and loss is not None else None


def summarise(
    trades: Iterable[Closed], *, capital: Decimal, since: int, until: int, zone: str = "UTC"
) -> Statistics:
    """Statistics of all trades given, in whatever order, over the range ``since`` to ``until``.

    ``capital`` is the equity (quote asset) at ``since``; days are those of ``zone``. Raises
    ValueError when a trade did not close within the range (ms UTC, both ends included).
    """
    ordered = _within(trades, since, until)
    nets = [trade.net for trade in ordered]
    curve = equity_curve(ordered, capital, since)
    returns = daily_returns(curve, until, zone)
    winning, losing = longest_streaks(ordered)
    return Statistics(
        since=since,
        until=until,
        capital=capital,
        total=tally_of(ordered),
        gross=sum((trade.gross for trade in ordered), ZERO),
        funding=sum((trade.funding for trade in ordered), ZERO),
        fees=_fees(ordered),
        won=sum((net for net in nets if net > 0), ZERO),
        lost=sum((net for net in nets if net < 0), ZERO),
        best=max(nets, default=None),
        worst=min(nets, default=None),
        winning_streak=winning,
        losing_streak=losing,
        average_ms=_average_ms(ordered),
        exposure=held_ms(ordered, since, until) / (until - since) if until > since else None,
        reasons=by_reason(ordered),
        curve=curve,
        drawdown=max_drawdown(curve, until),
        days=len(returns),
        sharpe=ratios.sharpe(returns),
        sortino=ratios.sortino(returns),
        calmar=ratios.calmar(returns),
    )


def _within(trades: Iterable[Closed], since: int, until: int) -> list[Closed]:
    ordered = in_order(trades)
    if since > until or any(not since <= trade.closed_at <= until for trade in ordered):
        raise ValueError("trades must close within the range")
    return ordered


def _fees(trades: Iterable[Closed]) -> dict[str, Decimal]:
    fees: dict[str, Decimal] = {}
    for trade in trades:
        for asset, amount in trade.fees.items():
            fees[asset] = fees.get(asset, ZERO) + amount
    return dict(sorted(fees.items()))


def _average_ms(trades: list[Closed]) -> int | None:
    if not trades:
        return None
    return sum(trade.closed_at - trade.opened_at for trade in trades) // len(trades)
