"""How websocket connections are opened: not too many from this address, one for all who wait."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from engine.core.errors import ExchangeError, Unavailable

MOST, WITHIN = 300, 300.0
"""Connections in so many seconds (Spot and USD-M "WebSocket Limits": 300 per 5 minutes)."""


class Dialing:
    """Counts openings; more would get the whole address shut out."""

    def __init__(self) -> None:
        self._opened: deque[float] = deque()

    def dial(self) -> None:
        """One is about to be opened; raises Unavailable when there were too many of late."""
        now = asyncio.get_running_loop().time()
        while self._opened and now - self._opened[0] >= WITHIN:
            self._opened.popleft()
        if len(self._opened) >= MOST:
            wait = WITHIN - (now - self._opened[0])
            raise Unavailable("too many connections were opened", retry_after=wait)
        self._opened.append(now)


class Opening:
    """Lets one at a time open a connection that many wait for.

    When that fails, it fails for all who asked before: each would only try, and fail, again.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._failure: tuple[ExchangeError, float] | None = None

    @asynccontextmanager
    async def turn(self, asked_at: float) -> AsyncIterator[None]:
        """Wait for a turn since ``asked_at`` (loop time); raises as the failed one did."""
        async with self._lock:
            if self._failure is not None and asked_at <= self._failure[1]:
                error = self._failure[0]
                raise type(error)(error.detail, code=error.code, retry_after=error.retry_after)
            try:
                yield
            except ExchangeError as error:
                self._failure = error, asyncio.get_running_loop().time()
                raise
