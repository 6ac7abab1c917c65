"""Tally: how many trades there were, how many of them won, and what they brought."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from engine.core.money import ZERO
from engine.core.position import ExitReason


class Closed(Protocol):
    """A closed trade as statistics see it, ``engine.core.trade.Trade`` is one.

    Times ms UTC, money in quote asset: ``gross`` before commissions, ``net`` after commissions
    and ``funding`` (negative when paid); ``fees`` are the commissions by asset.
    """

    @property
    def opened_at(self) -> int: ...
    @property
    def closed_at(self) -> int: ...
    @property
    def gross(self) -> Decimal: ...
    @property
    def net(self) -> Decimal: ...
    @property
    def funding(self) -> Decimal: ...
    @property
    def fees(self) -> Mapping[str, Decimal]: ...
    @property
    def reason(self) -> ExitReason: ...


@dataclass(frozen=True, slots=True)
class Tally:
    """Number of trades, of wins and of losses, and their net result in quote asset.

    A net result of exactly zero is neither win nor loss.
    """

    count: int = 0
    wins: int = 0
    losses: int = 0
    net: Decimal = ZERO

    @property
    def win_rate(self) -> float | None:
        """Share of the trades that won (0 to 1), None without a trade."""
        return self.wins / self.count if self.count else None

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(
            self.count + other.count,
            self.wins + other.wins,
            self.losses + other.losses,
            self.net + other.net,
        )


def tally_of(trades: Iterable[Closed]) -> Tally:
    """The tally of some trades."""
    nets = [trade.net for trade in trades]
    wins, losses = sum(net > 0 for net in nets), sum(net < 0 for net in nets)
    return Tally(len(nets), wins, losses, sum(nets, ZERO))


def by_reason(trades: Iterable[Closed]) -> dict[ExitReason, Tally]:
    """Tallies by what ended the trades, the most frequent reason first."""
    groups: dict[ExitReason, list[Closed]] = {}
    for trade in trades:
        groups.setdefault(trade.reason, []).append(trade)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return {reason: tally_of(members) for reason, members in ordered}


def in_order(trades: Iterable[Closed]) -> list[Closed]:
    """The trades as they ended; what ended at the same instant in an order of its own."""
    return sorted(trades, key=lambda t: (t.closed_at, t.opened_at, t.net, t.gross))


def longest_streaks(trades: Sequence[Closed]) -> tuple[int, int]:
    """Most wins and most losses in a row; trades in order. A trade that is even ends both."""
    won = lost = most_won = most_lost = 0
    for trade in trades:
        won = won + 1 if trade.net > 0 else 0
        lost = lost + 1 if trade.net < 0 else 0
        most_won, most_lost = max(most_won, won), max(most_lost, lost)
    return most_won, most_lost


def held_ms(trades: Iterable[Closed], since: int, until: int) -> int:
    """For how long within a range (ms UTC) at least one of the trades was open, ms."""
    held, reached = 0, since
    for trade in sorted(trades, key=lambda t: t.opened_at):
        ends = min(trade.closed_at, until)
        held += max(0, ends - max(trade.opened_at, reached))
        reached = max(reached, ends)
    return held
