"""PURE codec of callback data: ``<area>:<verb>:<public id>:<revision>``, at most 64 bytes."""

import re
from dataclasses import dataclass

MAX_BYTES = 64
_PATTERN = re.compile(r"^([a-z]{1,8}):([a-z_]{1,16}):([A-Za-z0-9._-]{0,28}):([0-9a-z]{0,6})$")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_REVISION_SPAN = 36**3


@dataclass(frozen=True, slots=True)
class Action:
    """What a button asks for. ``ref`` names an object or a choice; ``rev`` is what was shown.

    ``rev`` holds the low digits of the object's revision (see ``rev_of``); empty: not compared.
    """

    area: str
    verb: str
    ref: str = ""
    rev: str = ""


def rev_of(revision: int) -> str:
    """The part of a revision that travels in a button."""
    number, text = revision % _REVISION_SPAN, ""
    while True:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
        if number == 0:
            return text


def encode(action: Action) -> str:
    """Callback data of an action; raises ValueError when it does not fit the grammar."""
    data = f"{action.area}:{action.verb}:{action.ref}:{action.rev}"
    if _PATTERN.match(data) is None or len(data.encode()) > MAX_BYTES:
        raise ValueError(f"not encodable as callback data: {data!r}")
    return data


def decode(data: str) -> Action | None:
    """The action of callback data, or None for anything that we never made."""
    match = _PATTERN.match(data)
    return Action(*match.groups()) if match else None
