"""Request weight of one IP: stops when told to, and keeps the last fifth for exits."""

import asyncio
from collections.abc import Mapping

from engine.core.errors import RateLimited
from engine.exchange.binance.errors import retry_after

WEIGHT_HEADER = "X-MBX-USED-WEIGHT-1M"
_FOR_ALL = 0.8
_TOO_MANY_ORDERS = -1015


class Governor:
    """Refuses requests before they are sent: nothing waits here, late orders help nobody.

    ``limit`` is the weight that the exchange grants per minute.
    """

    def __init__(self, limit: int = 6000) -> None:
        self.limit = limit
        self.used = 0
        self._used_until = 0.0
        self._silent_until = 0.0

    def admit(self, *, urgent: bool) -> None:
        """Let a request pass; ``urgent`` ones reduce risk or resolve doubt.

        Raises RateLimited with the real seconds to wait: everybody after a 429 or 418, all but
        urgent requests once 80 % of the minute's weight is used.
        """
        now = asyncio.get_running_loop().time()
        if now < self._silent_until:
            raise RateLimited("told to wait by the exchange", retry_after=self._silent_until - now)
        busy = now < self._used_until and self.used >= self.limit * _FOR_ALL
        if busy and not urgent:
            raise RateLimited("weight kept for exits", retry_after=self._used_until - now)

    def heard(
        self, status: int, headers: Mapping[str, str], *, code: int, minute_left: float
    ) -> None:
        """Learn from an answer; ``minute_left`` are the real seconds left in its weight window."""
        now = asyncio.get_running_loop().time()
        used = headers.get(WEIGHT_HEADER, "")
        if used.isdecimal():
            self.used = int(used)
            self._used_until = now + minute_left
        # Too many orders is one account's matter; the other limits are the whole address's.
        if status in {418, 429} and code != _TOO_MANY_ORDERS:
            self._silent_until = max(self._silent_until, now + retry_after(headers))
