"""Days, weeks and months of a time zone, and what closed in each of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from engine.core.hours import day_of, next_day
from engine.core.statistics.tally import Closed, Tally, tally_of

_WEEK = timedelta(days=7)
_LONGER_THAN_A_MONTH = timedelta(days=32)


class Period(StrEnum):
    """A span of the calendar; weeks begin on Monday (ISO 8601)."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def begins(self, day: date) -> date:
        """First day of the period that holds ``day``."""
        if self is Period.WEEK:
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self is Period.MONTH else day

    def after(self, begins: date) -> date:
        """First day of the period after the one that begins so."""
        if self is Period.MONTH:
            return self.begins(begins + _LONGER_THAN_A_MONTH)
        return begins + (_WEEK if self is Period.WEEK else timedelta(days=1))

    def before(self, begins: date) -> date:
        """First day of the period before the one that begins so."""
        return self.begins(begins - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Bucket:
    """What closed in the period that begins on a day."""

    begins: date
    tally: Tally


def dates_of(instants: Iterable[int], zone: str) -> list[date]:
    """Calendar day in ``zone`` of each instant (ms UTC); instants ascend.

    The calendar is asked once per day, not once per instant.
    """
    days: list[date] = []
    ends = None
    for at in instants:
        if ends is None or at >= ends:
            day, ends = date.fromisoformat(day_of(at, zone)), next_day(at, zone)
            days.append(day)
        else:
            days.append(days[-1])
    return days


def by_period(trades: Sequence[Closed], period: Period, zone: str = "UTC") -> dict[date, Tally]:
    """Tallies by the first day of the period in which trades closed; trades in order.

    Periods in which nothing closed are left out, see ``filled``.
    """
    days = dates_of((trade.closed_at for trade in trades), zone)
    groups: dict[date, list[Closed]] = {}
    for day, trade in zip(days, trades, strict=True):
        groups.setdefault(period.begins(day), []).append(trade)
    return {begins: tally_of(members) for begins, members in groups.items()}


def filled(
    tallies: dict[date, Tally], period: Period, first: date, last: date
) -> tuple[Bucket, ...]:
    """Every period from that of the day ``first`` to that of ``last``, empty ones too."""
    buckets: list[Bucket] = []
    begins = period.begins(first)
    while begins <= last:
        buckets.append(Bucket(begins, tallies.get(begins, Tally())))
        begins = period.after(begins)
    return tuple(buckets)
