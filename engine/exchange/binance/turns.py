"""One at a time for what many wait for: what fails is not tried again by each of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from engine.core.errors import ExchangeError


class Turns:
    """Lets one after the other open, or ask for, what all of them need.

    When that fails, it fails for all who asked before: each would only wait, and fail, again.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._failure: tuple[ExchangeError, float] | None = None

    @asynccontextmanager
    async def take(self, asked_at: float) -> AsyncIterator[None]:
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
