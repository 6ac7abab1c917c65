"""The queue of updates a bot has not confirmed yet, and the one poller that may read it."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.refusals import TERMINATED, Refusal

_LONGEST_POLL_S = 50
_MOST = 100
LIFETIME = {"callback_query": timedelta(seconds=150)}
"""How long an unread update is kept; anything not listed: 24 hours after it came about."""


class Bell:
    """Wakes everybody who waits for something to change."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Wake all waiters once."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()

    async def heard(self, seconds: float) -> bool:
        """Wait for the next ring; False when ``seconds`` passed without one."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            async with asyncio.timeout(seconds):
                await waiter
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(waiter)
        return True


@dataclass(frozen=True, slots=True)
class _Pending:
    expires: datetime
    body: dict[str, Any]

    @property
    def update_id(self) -> int:
        return int(self.body["update_id"])


class Updates:
    """Updates in order; an update leaves only by being confirmed or by growing too old."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._pending: deque[_Pending] = deque()
        self._next_id = 1
        self._allowed: list[str] = []
        self._turn = 0
        self._bell = Bell()
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many updates nobody has confirmed."""
        self._expire()
        return len(self._pending)

    @property
    def allowed(self) -> list[str]:
        """The kinds the bot asked for; empty means all."""
        return self._allowed

    def add(self, kind: str, payload: dict[str, Any]) -> None:
        """Queue one update, unless the bot did not ask for its kind."""
        if self._allowed and kind not in self._allowed:
            return
        expires = self._now() + LIFETIME.get(kind, timedelta(hours=24))
        self._pending.append(_Pending(expires, {"update_id": self._next_id, kind: payload}))
        self._next_id += 1
        self._bell.ring()

    async def poll(
        self, offset: int, limit: int, seconds: int, allowed: list[str] | None
    ) -> list[dict[str, Any]]:
        """Answer one getUpdates; raises a 409 Refusal when a newer poll takes over."""
        if allowed is not None:
            self._allowed = allowed
        self._confirm(offset)
        self._turn += 1
        turn = self._turn
        self._bell.ring()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + min(max(seconds, 0), _LONGEST_POLL_S)
        while not self.waiting and not self._closed and loop.time() < deadline:
            await self._bell.heard(deadline - loop.time())
            if turn != self._turn:
                raise Refusal(409, TERMINATED)
        count = limit if 1 <= limit <= _MOST else _MOST
        return [pending.body for pending in list(self._pending)[:count]]

    def forget_all(self) -> None:
        """Drop everything unread (drop_pending_updates)."""
        self._pending.clear()

    def close(self) -> None:
        """Let waiting polls answer at once, so that the server can stop."""
        self._closed = True
        self._bell.ring()

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            while len(self._pending) > -offset:
                self._pending.popleft()
            return
        while self._pending and self._pending[0].update_id < offset:
            self._pending.popleft()

    def _expire(self) -> None:
        now = self._now()
        kept = [pending for pending in self._pending if pending.expires > now]
        if len(kept) != len(self._pending):
            self._pending = deque(kept)
