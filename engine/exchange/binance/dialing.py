"""How many websocket connections this address may still open."""

import asyncio
from collections import deque

from engine.core.errors import Unavailable

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
