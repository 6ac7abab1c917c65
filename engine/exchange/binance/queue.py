"""Requests that wait to be let through: by priority, and within one owner after owner."""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.exchange.binance.ask import Ask, Priority


@dataclass(slots=True, eq=False)
class Waiter:
    """A request that waits; ``granted`` is done once it may leave, or once it has gone away."""

    ask: Ask
    granted: asyncio.Future[Any]


@dataclass(slots=True)
class Row:
    """Waiters of one priority: owners take turns, each in the order of its asking."""

    waiting: dict[str, deque[Waiter]] = field(default_factory=dict)

    def heads(self) -> Iterator[Waiter]:
        """The first waiter of every owner, in the order of their turns; those gone are dropped."""
        for owner, mine in list(self.waiting.items()):
            while mine and mine[0].granted.done():
                mine.popleft()
            if mine:
                yield mine[0]
            else:
                del self.waiting[owner]

    def to_the_end(self, owner: str) -> None:
        """It had its turn."""
        self.waiting[owner] = self.waiting.pop(owner)


class Queue:
    """All rows, the most urgent first."""

    def __init__(self) -> None:
        self._rows = {priority: Row() for priority in Priority}

    def add(self, waiter: Waiter) -> None:
        """Put it behind its owner's others."""
        row = self._rows[waiter.ask.priority]
        row.waiting.setdefault(waiter.ask.owner, deque()).append(waiter)

    def heads(self, down_to: Priority = Priority.OPTIONAL) -> Iterator[Waiter]:
        """Who may leave next, in order, down to a priority."""
        for priority, row in self._rows.items():
            if priority <= down_to:
                yield from row.heads()

    def served(self, waiter: Waiter) -> None:
        """Its owner's next one comes after the other owners'."""
        self._rows[waiter.ask.priority].to_the_end(waiter.ask.owner)
