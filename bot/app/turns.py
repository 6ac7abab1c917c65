"""Turns: one person's updates one after the other, different people's at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from inspect import iscoroutine
from typing import Any

from telegram import Update
from telegram.ext import BaseUpdateProcessor
from typing_extensions import override

from bot.app.inbox import sender

AT_ONCE = 64
WAITING = 8
_UNBOUNDED = 1_000_000  # the bounds are ours: those who wait for their turn take no place

OnDropped = Callable[[Update], Awaitable[None]]


@dataclass(slots=True)
class _Line:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    told: bool = False


class Turns(BaseUpdateProcessor):
    """At most ``AT_ONCE`` updates at work, ``WAITING`` in line per person.

    What comes on top is dropped; ``dropped`` is told of the first one, until the line moves on.
    """

    __slots__ = ("_dropped", "_lines", "_places", "_running")

    def __init__(self, dropped: OnDropped) -> None:
        super().__init__(_UNBOUNDED)
        self._dropped = dropped
        self._lines: dict[int, _Line] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._running: set[asyncio.Task[Any]] = set()

    @override
    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Wait for the person's turn, then handle the update."""
        who = sender(update)
        line = self._lines.setdefault(who, _Line())
        if line.waiting > WAITING:
            await self._drop(line, update, coroutine)
            return
        line.waiting += 1
        task = asyncio.current_task()
        try:
            if task is not None:
                self._running.add(task)
            async with line.lock:
                line.told = False
                async with self._places:
                    await coroutine
        finally:
            if iscoroutine(coroutine):
                coroutine.close()  # no effect on one that ran
            line.waiting -= 1
            if task is not None:
                self._running.discard(task)
            if not line.waiting:
                self._lines.pop(who, None)

    def cancel(self) -> int:
        """End what is still at work; how many updates that was."""
        for task in self._running:
            task.cancel()
        return len(self._running)

    @override
    async def initialize(self) -> None:
        """Nothing to prepare."""

    @override
    async def shutdown(self) -> None:
        """Nothing to release."""

    async def _drop(self, line: _Line, update: object, coroutine: Awaitable[Any]) -> None:
        if iscoroutine(coroutine):
            coroutine.close()
        first, line.told = not line.told, True
        if first and isinstance(update, Update):
            await self._dropped(update)
