"""PURE reading of what people type: numbers, names, and what looks like a secret."""

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
    if sign in {"-", "\u2212"} or not low <= value <= high:
        raise InvalidValue(field, raw, "range", **bounds)
    return value


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
