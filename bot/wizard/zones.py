"""PURE time zones as people type them: ``Europe/Berlin``, ``berlin``, ``new york``, ``utc``."""

from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import available_timezones

from engine.core.errors import InvalidValue

_MOST = 3


def zone(field: str, raw: str) -> str:
    """The zone's name; raises ``InvalidValue`` with those that it may mean."""
    wanted = _plain(raw)
    by_name, by_city = _tables()
    if wanted in by_name:
        return by_name[wanted]
    cities = by_city.get(wanted, ())
    if len(cities) == 1:
        return cities[0]
    close = cities or [
        found
        for name in get_close_matches(wanted, [*by_name, *by_city], _MOST)
        for found in ((by_name[name],) if name in by_name else by_city[name])
    ]
    suggestions = ", ".join(dict.fromkeys([*close, "UTC"][:_MOST]))
    raise InvalidValue(field, raw, "unknown_zone", suggestions=suggestions)


def _plain(text: str) -> str:
    """Comparable form, bounded: nothing longer than the longest zone is looked up."""
    return "_".join(text.casefold().split())[:40]


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Zones by name, and by their last part where they lie in a region."""
    names = sorted(available_timezones())
    by_city: dict[str, tuple[str, ...]] = {}
    for name in names:
        region, _, city = name.rpartition("/")
        if region and not region.startswith(("posix", "right", "Etc")):
            known = by_city.get(_plain(city), ())
            by_city[_plain(city)] = (*known, name)
    return {_plain(name): name for name in names}, by_city
