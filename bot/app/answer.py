"""Answer: a tap is answered once, in time, whatever becomes of its screen."""

import asyncio
from types import TracebackType

from bot.delivery import Delivery
from engine.runtime.nursery import Nursery


class Answer:
    """The one answer of a tap, given at the latest after ``patience`` real seconds.

    An empty ``query_id`` stands for something that is no tap and gets no answer.
    """

    def __init__(
        self, delivery: Delivery, query_id: str, nursery: Nursery, patience: float
    ) -> None:
        self._delivery = delivery
        self._query_id = query_id
        self._nursery = nursery
        self._patience = patience
        self._given = not query_id
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> "Answer":
        if not self._given:
            self._timer = asyncio.get_running_loop().call_later(self._patience, self._late)
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await self.give()

    async def give(self, toast: str = "", *, alert: bool = False) -> bool:
        """Answer, unless that was done; whether this call did it."""
        if self._given:
            return False
        self._given = True
        await self._delivery.answer(self._query_id, toast, alert=alert)
        return True

    def _late(self) -> None:
        """The work takes long: take the waiting mark from the button."""
        work = self._give_quietly()
        try:
            self._nursery.start("answer to a tap", work)
        except RuntimeError:
            return  # closing; the nursery closed the coroutine too

    async def _give_quietly(self) -> None:
        await self.give()
