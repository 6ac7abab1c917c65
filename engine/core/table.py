"""State tables: every life is one table, and an event that it does not list changes nothing."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from engine.core.errors import IllegalEvent

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


def follow(what: str, table: Mapping[tuple[S, E], S], state: S, event: E) -> S:
    """State after ``event``; raises IllegalEvent when the table has no such entry."""
    try:
        return table[state, event]
    except KeyError:
        raise IllegalEvent(what, state, event) from None
