"""Trading hours and days: wall-clock rules in a time zone, daylight-saving changes included."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_WEEK = 7
_MIDNIGHT = time(0)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@lru_cache(maxsize=1)
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(name: str) -> str:
    if name not in _known_zones():
        raise ValueError(f"{name!r} is no time zone like UTC or Europe/Berlin")
    return name


def _days(days: tuple[int, ...]) -> tuple[int, ...]:
    if not days or any(day not in range(_WEEK) for day in days):
        raise ValueError("weekdays are numbers from 0 (Monday) to 6 (Sunday)")
    return tuple(sorted(set(days)))


Zone = Annotated[str, AfterValidator(_zone)]
"""Name of an IANA time zone."""


class TradingHours(BaseModel):
    """When a bot may enter: from ``start`` until before ``end``, wall-clock time of ``zone``.

    An ``end`` not after ``start`` lies on the next day; equal ones mean the whole day.
    ``weekdays`` (Monday is 0) are those on which the window begins.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: time = _MIDNIGHT
    end: time = _MIDNIGHT
    weekdays: Annotated[tuple[int, ...], AfterValidator(_days)] = Field(
        default=tuple(range(_WEEK)), validate_default=True
    )
    zone: Zone = "UTC"

    def open_at(self, at: int) -> bool:
        """Whether entries are allowed at the instant ``at`` (ms UTC)."""
        return any(begins <= at < ends for begins, ends in self._windows(at))

    def opens_at(self, at: int) -> int:
        """The first instant from ``at`` on (ms UTC) at which entries are allowed."""
        for begins, ends in self._windows(at):
            if at < ends:
                return max(begins, at)
        raise AssertionError("some window is always within two weeks")

    def _windows(self, at: int) -> list[tuple[int, int]]:
        """The windows around an instant, in order: yesterday's until two weeks ahead.

        A change to summer time may leave out the only window of a week.
        """
        zone = ZoneInfo(self.zone)
        today = datetime.fromtimestamp(at / 1000, tz=UTC).astimezone(zone).date()
        days = (today + timedelta(days=offset) for offset in range(-1, 2 * _WEEK + 2))
        windows = [self._window(day, zone) for day in days if day.weekday() in self.weekdays]
        return [(begins, ends) for begins, ends in windows if begins < ends]

    def _window(self, day: date, zone: ZoneInfo) -> tuple[int, int]:
        last = day if self.end > self.start else day + timedelta(days=1)
        return _instant(day, self.start, zone), _instant(last, self.end, zone)


def _instant(day: date, at: time, zone: ZoneInfo) -> int:
    """When a wall clock shows this, ms UTC.

    A time that a change to summer time leaves out is the instant of the change; of one that
    comes twice the first counts (PEP 495, fold=0).
    """
    wall = datetime.combine(day, at, tzinfo=zone)
    back = wall.astimezone(UTC).astimezone(zone)
    if back.replace(tzinfo=None) != wall.replace(tzinfo=None):
        # In the gap: the offset before it puts the instant as long after the change.
        wall -= back.replace(tzinfo=None) - wall.replace(tzinfo=None)
        return _change_after(wall.astimezone(UTC), zone)
    return int(wall.timestamp() * 1000)


def _change_after(start: datetime, zone: ZoneInfo) -> int:
    """Instant (ms UTC, to the minute) within a day of ``start`` when the offset changes."""
    before = start.astimezone(zone).utcoffset()
    low, high = 0, 24 * 60
    while low < high:
        middle = (low + high) // 2
        changed = (start + timedelta(minutes=middle)).astimezone(zone).utcoffset() != before
        low, high = (low, middle) if changed else (middle + 1, high)
    return int((start + timedelta(minutes=low)).timestamp() * 1000)


def day_of(at: int, zone: str = "UTC") -> str:
    """Day (YYYY-MM-DD) of an instant in ms, as the calendar of a zone has it."""
    return datetime.fromtimestamp(at / 1000, tz=UTC).astimezone(ZoneInfo(zone)).date().isoformat()


def day_starts(day: str, zone: str = "UTC") -> int:
    """Instant (ms UTC) at which a day (YYYY-MM-DD) of a zone begins."""
    return _instant(date.fromisoformat(day), _MIDNIGHT, ZoneInfo(zone))


def next_day(at: int, zone: str = "UTC") -> int:
    """Instant (ms UTC) at which the day after that of ``at`` begins in a zone."""
    day = date.fromisoformat(day_of(at, zone)) + timedelta(days=1)
    return day_starts(day.isoformat(), zone)


def written(hours: TradingHours) -> str:
    """The window as people type it: ``09:00-17:30 mon-fri Europe/Berlin``."""
    return f"{span(hours)} {joined(hours.weekdays, DAYS)} {hours.zone}"


def span(hours: TradingHours) -> str:
    """Begin and end of the window: ``09:00-17:30``; the end of a day is ``24:00``."""
    end = "24:00" if hours.end == _MIDNIGHT else f"{hours.end:%H:%M}"
    return f"{hours.start:%H:%M}-{end}"


def joined(weekdays: Iterable[int], names: Sequence[str]) -> str:
    """Weekdays in their own names, those in a row joined: ``mon-fri``, ``mon,wed``."""
    runs: list[list[int]] = []
    for day in weekdays:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join("-".join(dict.fromkeys((names[run[0]], names[run[-1]]))) for run in runs)


def wall_clock(at: int, zone: str) -> str:
    """Weekday and wall-clock time of an instant (ms) in a zone: ``sat 12:30``."""
    local = datetime.fromtimestamp(at / 1000, tz=UTC).astimezone(ZoneInfo(zone))
    return f"{DAYS[local.weekday()]} {local:%H:%M}"
