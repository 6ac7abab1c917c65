"""Typed reading of the exchange's JSON: a field is what it must be, or it is ``Unreadable``."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.exchange.binance.errors import Unreadable

Json = Mapping[str, Any]


def field(raw: Any, name: str) -> Any:
    """A field that must be there."""
    if not isinstance(raw, Mapping) or name not in raw:
        raise Unreadable(f"{name} is missing")
    return raw[name]


def text(raw: Json, name: str) -> str:
    """A field that must be text."""
    value = field(raw, name)
    if not isinstance(value, str):
        raise Unreadable(f"{name} is not text")
    return value


def integer(raw: Json, name: str) -> int:
    """A field that must be a whole number."""
    value = field(raw, name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unreadable(f"{name} is not a whole number")
    return value


def flag(raw: Json, name: str) -> bool:
    """A field that must be true or false."""
    value = field(raw, name)
    if not isinstance(value, bool):
        raise Unreadable(f"{name} is neither true nor false")
    return value


def number(raw: Json, name: str) -> Decimal:
    """A field that must be a decimal number, which the exchange writes as text."""
    try:
        value = Decimal(text(raw, name))
    except InvalidOperation:
        raise Unreadable(f"{name} is not a number") from None
    if not value.is_finite():
        raise Unreadable(f"{name} is not a finite number")
    return value


def items(raw: Any, what: str) -> list[Any]:
    """A list, of whatever."""
    if not isinstance(raw, list):
        raise Unreadable(f"{what} are not a list")
    return raw
