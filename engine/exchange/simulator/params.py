"""Parameters of one request: read from query and form body, checked and typed."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar
from urllib.parse import parse_qsl

from engine.exchange.simulator.errors import QUANTITY_RANGE, Refused, empty, illegal, missing

_CLIENT_ID = r"^[a-zA-Z0-9-_]{1,36}$"
_INTEGER = r"^[0-9]{1,20}$"
T = TypeVar("T")


def merged(query: str, body: str) -> dict[str, str]:
    """Names and values of both parts; a name in both takes the value of the query.

    Raises:
        Refused: a name comes twice in one part.
    """
    values: dict[str, str] = {}
    for part in (body, query):
        pairs = parse_qsl(part, keep_blank_values=True)
        if len({name for name, _ in pairs}) != len(pairs):
            raise Refused(-1101, "Duplicate values for a parameter detected.")
        values.update(pairs)
    return values


class Params:
    """Typed reading of request parameters; every reader raises ``Refused`` on bad values."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str, default: str | None = None) -> str:
        """A string; mandatory without ``default``."""
        value = self.values.get(name)
        if value is None:
            if default is None:
                raise missing(name)
            return default
        if value == "":
            raise empty(name)
        return value

    def choice(self, name: str, allowed: Mapping[str, T], error: Refused, default: str = "") -> T:
        """One of the words in ``allowed``, or ``error``."""
        value = self.text(name, default or None)
        if value not in allowed:
            raise error
        return allowed[value]

    def integer(self, name: str) -> int | None:
        """A whole number or None when absent."""
        if name not in self.values:
            return None
        value = self.text(name)
        if not re.fullmatch(_INTEGER, value):
            raise illegal(name, _INTEGER)
        return int(value)

    def limit(self, default: int, most: int) -> int:
        """``limit``: at least 1; more than the most is the most."""
        value = self.integer("limit")
        if value == 0:
            raise Refused(-1130, "Data sent for parameter 'limit' is not valid.")
        return min(default if value is None else value, most)

    def decimal(self, name: str) -> Decimal:
        """A positive fixed-point number, or 0 when absent."""
        if name not in self.values:
            return Decimal(0)
        value = self.text(name)
        if not re.fullmatch(QUANTITY_RANGE, value):
            raise illegal(name, QUANTITY_RANGE)
        return Decimal(value)

    def needed(self, name: str) -> Decimal:
        """A number that must be there and above zero."""
        value = self.decimal(name)
        if name not in self.values:
            raise missing(name)
        return value

    def client_id(self, name: str, legal: str = _CLIENT_ID) -> str:
        """A client order id, or an empty string when absent."""
        value = self.values.get(name, "")
        if name in self.values and not re.fullmatch(legal, value):
            raise illegal(name, legal)
        return value

    def flag(self, name: str) -> bool:
        """A boolean, false when absent."""
        value = self.values.get(name, "false").lower()
        if value not in {"true", "false"}:
            raise illegal(name, "true|false")
        return value == "true"
