"""Following: screens that change by themselves are drawn anew until they stand still."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.delivery import Delivery
from bot.screen import Screen
from engine.runtime.nursery import Nursery

Redraw = Callable[[str], Awaitable[Screen]]


@dataclass(slots=True)
class Following:
    """One task for each message that is followed; the next tap on it ends that.

    ``pause`` is in real seconds; after ``most`` looks a person has to ask for more.
    """

    delivery: Delivery
    nursery: Nursery
    pause: float = 1.5
    most: int = 400
    _tasks: dict[tuple[int, int], asyncio.Task[None]] = field(default_factory=dict)

    def begin(self, chat_id: int, message_id: int, screen: Screen, redraw: Redraw) -> None:
        """Follow a message that shows a screen; ``redraw`` gives the next one."""
        self.end(chat_id, message_id)
        key = (chat_id, message_id)
        work = self._follow(key, screen, redraw)
        task = self._tasks[key] = self.nursery.start(f"follow {message_id}", work)
        task.add_done_callback(lambda done: self._ended(key, done))

    def end(self, chat_id: int, message_id: int) -> None:
        """Leave a message as it is."""
        task = self._tasks.pop((chat_id, message_id), None)
        if task is not None:
            task.cancel()

    def _ended(self, key: tuple[int, int], task: asyncio.Task[None]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]

    async def _follow(self, key: tuple[int, int], screen: Screen, redraw: Redraw) -> None:
        chat_id, message_id = key
        for _ in range(self.most):
            if not screen.again:
                return
            await asyncio.sleep(self.pause)
            fresh = await redraw(screen.again)
            if not fresh.text:
                return
            if (fresh.text, fresh.rows) != (screen.text, screen.rows):
                await self.delivery.redraw(chat_id, message_id, fresh)
            screen = fresh
