"""PURE reading of what people type: numbers, durations, names, and what looks like a secret."""

import re
import unicodedata
from decimal import Decimal

from engine.core.bot_config import MAX_NAME
from engine.core.errors import InvalidValue
from engine.core.money import fixed

_NUMBER = re.compile(r"([+\-\u2212]?)(\d{1,40})(?:([.,])(\d{1,8}))?", re.ASCII)
# Letters and symbols by category that show nothing: a name of them is a button without a label.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# Keys and secrets of the exchange have 64 letters and digits, or come as PEM.
_SECRET = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z0-9]{64}(?![A-Za-z0-9])|-----BEGIN [A-Z ]*PRIVATE KEY"
)
_UNITS = {"%": "%", "×": "×xX"}
"""How people write a unit behind a number, where it may stand there."""
_THOUSANDS = re.compile(r"[1-9]\d{0,2},\d{3}", re.ASCII)
_DURATION = re.compile(
    r"(?:(\d{1,9}(?:[.,]\d{1,4})?)\s*(?:d|days?))?\s*"
    r"(?:(\d{1,9}(?:[.,]\d{1,4})?)\s*(?:h|hrs?|hours?))?\s*"
    r"(?:(\d{1,9})\s*(?:m|mins?|minutes?)?)?",
    re.ASCII | re.IGNORECASE,
)
_DAY_HOUR_MINUTE = (1440, 60, 1)


def number(
    field: str, raw: str, low: Decimal, high: Decimal, *, unit: str = "", whole: bool = False
) -> Decimal:
    """A typed number with comma or dot; raises ``InvalidValue`` with the range and the value.

    ``1,000`` is refused: nobody can tell whether it is one or a thousand.
    """
    bounds = {"low": fixed(low), "high": fixed(high), "unit": unit}
    text = raw.strip()
    for written in _UNITS.get(unit, ()):
        text = text.removesuffix(written).rstrip()
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise InvalidValue(field, raw, "not_a_number", **bounds)
    if _THOUSANDS.fullmatch(text):
        raise InvalidValue(field, raw, "thousands", plain=text.replace(",", ""), **bounds)
    sign, integer, _, fraction = match.groups()
    value = Decimal(f"{integer}.{fraction or 0}")
    if whole and value != value.to_integral_value():
        raise InvalidValue(field, raw, "not_whole", **bounds)
    negative = sign in {"-", "\u2212"}
    value = -value if negative else value
    if (negative and low >= 0) or not low <= value <= high:
        raise InvalidValue(field, raw, "range", **bounds)
    return value


def minutes(field: str, raw: str, low: int, high: int) -> int:
    """A typed duration in whole minutes: ``90``, ``90m``, ``2h``, ``1h30``, ``1.5 h``, ``1d``.

    Raises ``InvalidValue`` with the range and the value.
    """
    bounds = {"low": str(low), "high": str(high), "unit": "min"}
    match = _DURATION.fullmatch(raw.strip())
    if match is None or not any(match.groups()):
        raise InvalidValue(field, raw, "not_a_duration", **bounds)
    parts = zip(match.groups(), _DAY_HOUR_MINUTE, strict=True)
    total = sum(Decimal(part.replace(",", ".")) * unit for part, unit in parts if part)
    if total != int(total):
        raise InvalidValue(field, raw, "not_a_duration", **bounds)
    if not low <= total <= high:
        raise InvalidValue(field, raw, "range", **bounds)
    return int(total)


def looks_secret(text: str) -> bool:
    """Whether a key or a secret of the exchange seems to stand anywhere in a message."""
    return _SECRET.search(text) is not None


def name(field: str, raw: str, *, longest: int = MAX_NAME) -> str:
    """A typed name without control, invisible and direction-changing characters."""
    kept = (" " if unicodedata.category(c) == "Cc" or c in _BLANK else c for c in raw)
    text = " ".join("".join(c for c in kept if unicodedata.category(c)[0] != "C").split())
    if all(unicodedata.category(c)[0] == "M" for c in text):
        raise InvalidValue(field, raw, "empty")
    if len(text) > longest:
        raise InvalidValue(field, raw, "too_long", limit=longest)
    return text
