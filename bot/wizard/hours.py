"""PURE trading hours as people type them, like ``09:00-17:30 mon-fri Europe/Berlin``.

Time, days and zone stand in any order, each may be left out. ``engine.core.hours.written`` gives
the form that ``read`` takes again.
"""

import re
from datetime import time

from bot.wizard.typed import name as cleaned
from bot.wizard.zones import zone as read_zone
from engine.core.errors import InvalidValue
from engine.core.hours import TradingHours

FIELD = "hours"
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ALL, _WORKING, _FREE = tuple(range(7)), tuple(range(5)), (5, 6)
_WORDS = {
    **dict.fromkeys(("daily", "everyday"), _ALL),
    **dict.fromkeys(("weekday", "weekdays", "workdays"), _WORKING),
    **dict.fromkeys(("weekend", "weekends"), _FREE),
}
_FILLERS = {"from", "on", "in", "at", "and", "every", "day", "days", "time"}
_PHRASES = (
    (re.compile(r"[\u2010-\u2015\u2212]"), "-"),
    (re.compile(r"\boffice\b"), "09:00-17:00 weekdays"),
    (re.compile(r"\bnot on weekends?\b"), "weekdays"),
    (re.compile(r"\b(to|until|till)\b"), "-"),
    (re.compile(r"\s*-\s*"), "-"),
)
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(am|pm)?", re.ASCII)
_LONGEST = 80


def read(raw: str, zone: str) -> TradingHours:
    """Hours of a text, in ``zone`` where it names none; raises ``InvalidValue``."""
    text = cleaned(FIELD, raw, longest=_LONGEST).casefold()
    for pattern, plain in _PHRASES:
        text = pattern.sub(plain, text)
    window: tuple[time, time] | None = None
    days: set[int] = set()
    places: list[str] = []
    for part in re.split(r"[\s,;]+", text):
        if not part or part in _FILLERS:
            continue
        if part[0].isdigit():
            if window is not None:
                raise InvalidValue(FIELD, raw, "hours_twice", part=part)
            window = _window(part, raw)
        elif (found := _days(part)) is not None:
            days |= found
        else:
            places.append(part)
    named = _zone(" ".join(places), raw) if places else zone
    if window is None and not days:
        raise InvalidValue(FIELD, raw, "hours_missing")
    start, end = window or (time(0), time(0))
    return TradingHours(start=start, end=end, weekdays=tuple(days or _ALL), zone=named)


def always(hours: TradingHours) -> bool:
    """Whether they leave nothing out."""
    return hours.start == hours.end and hours.weekdays == _ALL


def _window(part: str, raw: str) -> tuple[time, time]:
    ends = part.split("-")
    if len(ends) != 2:
        raise InvalidValue(FIELD, raw, "hours_time", part=part)
    start, end = (_time(each) for each in ends)
    if start is None or end is None:
        raise InvalidValue(FIELD, raw, "hours_time", part=part)
    return start, end


def _time(text: str) -> time | None:
    """A time of day; 24:00 is midnight."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    if (hour, minute) == (24, 0):
        hour = 0
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _days(part: str) -> set[int] | None:
    """Weekdays that a word or a range of two names, None when it names none."""
    if part in _WORDS:
        return set(_WORDS[part])
    ends = [_day(each) for each in part.split("-")]
    if len(ends) > 2 or None in ends:
        return None
    first, last = ends[0] or 0, ends[-1] or 0
    return {(first + step) % 7 for step in range((last - first) % 7 + 1)}


def _day(text: str) -> int | None:
    short = text.rstrip(".")
    found = [i for i, name in enumerate(_NAMES) if name.startswith(short) or short == f"{name}s"]
    return found[0] if len(short) > 1 and len(found) == 1 else None


def _zone(text: str, raw: str) -> str:
    try:
        return read_zone(FIELD, text)
    except InvalidValue as unknown:
        suggestions = unknown.params["suggestions"]
        raise InvalidValue(FIELD, raw, "hours_word", part=text, suggestions=suggestions) from None
