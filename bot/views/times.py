"""PURE instants on a user's own clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.texts import Texts
from engine.core.hours import DAYS

_WEEK = timedelta(days=7)


def clock_of(ms: int, zone: str, now: int, texts: Texts) -> str:
    """An instant (ms UTC) as short as it is clear at ``now``: ``14:15 UTC``, ``Mon 09:00 CET``.

    Beyond a week the date stands before the time.
    """
    place = ZoneInfo(zone)
    at = datetime.fromtimestamp(ms / 1000, UTC).astimezone(place)
    today = datetime.fromtimestamp(now / 1000, UTC).astimezone(place)
    told = at.strftime("%H:%M %Z")
    if at.date() == today.date():
        return told
    if abs(at - today) < _WEEK:
        return f"{texts.plain(f'weekday.{DAYS[at.weekday()]}')} {told}"
    return f"{at.date().isoformat()} {told}"
