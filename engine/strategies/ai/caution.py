"""Caution: what an owner's last trades say about how far a model may be trusted.

Enforced here, not only asked for in the prompt. The trades are the last ``TRADES`` closed ones of
the owner's AI bots on the same symbol and market, real ones and those on paper apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.core.position import ExitReason
from engine.core.trade import Trade

LEAST_CONFIDENCE = 60
"""No answer below this is followed, whatever a bot's settings say."""
TRADES, RECENT = 15, 5
LOW_WIN_RATE, CONFIDENCE_THEN = 40, 85
LOSING_PENALTY = 20
HIGH_STOP_RATE, SIZE_THEN = 60, Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Record:
    """The last trades in figures; rates and P&L in percent, None without any trade.

    ``recent`` are the results of the last 5 in percent, oldest first. Break-even is no win.
    """

    trades: int = 0
    win_rate: Decimal | None = None
    average: Decimal | None = None
    stop_rate: Decimal | None = None
    target_rate: Decimal | None = None
    recent: tuple[Decimal, ...] = ()

    @property
    def losing(self) -> bool:
        """Whether there are 5 recent ones and every one lost."""
        return len(self.recent) == RECENT and all(result < 0 for result in self.recent)


@dataclass(frozen=True, slots=True)
class Caution:
    """What follows: the confidence asked for, what is taken off it, the share of the size."""

    least: int = LEAST_CONFIDENCE
    penalty: int = 0
    size: Decimal = Decimal(1)


def record_of(trades: Sequence[Trade]) -> Record:
    """Figures of closed trades, given newest first; only the first ``TRADES`` count."""
    known = trades[:TRADES]
    if not known:
        return Record()
    recent = tuple(trade.percent for trade in reversed(known[:RECENT]))
    return Record(
        trades=len(known),
        win_rate=_share(sum(trade.net > 0 for trade in known), len(known)),
        average=_round(sum((t.percent for t in known), Decimal(0)) / len(known)),
        stop_rate=_share(sum(t.reason is ExitReason.STOP_LOSS for t in known), len(known)),
        target_rate=_share(sum(t.reason is ExitReason.TAKE_PROFIT for t in known), len(known)),
        recent=recent,
    )


def caution_of(record: Record, least: int = LEAST_CONFIDENCE) -> Caution:
    """The rules; ``least`` is the confidence that the bot asks for anyway."""
    least = max(least, LEAST_CONFIDENCE)
    if record.win_rate is not None and record.win_rate < LOW_WIN_RATE:
        least = max(least, CONFIDENCE_THEN)
    stopped = record.stop_rate is not None and record.stop_rate > HIGH_STOP_RATE
    return Caution(
        least=least,
        penalty=LOSING_PENALTY if record.losing else 0,
        size=SIZE_THEN if stopped else Decimal(1),
    )


def _share(part: int, whole: int) -> Decimal:
    # Exact enough that no rate is rounded over a threshold: 15 trades give 1/15 steps.
    return _round(Decimal(part * 100) / whole)


def _round(value: Decimal) -> Decimal:
    return round(value, 2)
