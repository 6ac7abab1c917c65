"""Endurance: how long the engine goes on when what it decides can not be written down."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from engine.core.errors import LeaseLost, SkipperError

_log = structlog.get_logger("ledger")
# A lock or a full disk may pass; a database that has been failing for so long (real s) is broken.
# What protects positions stands at the exchange meanwhile.
_PATIENCE = 60.0


@dataclass(slots=True)
class Endurance:
    """Ends the service, once and with a reason, when it must not or can not trade any more."""

    give_up: Callable[[str], None]
    given_up: bool = False
    failing_since: float | None = None

    def worked(self) -> None:
        """A unit was written."""
        self.failing_since = None

    def failed(self, error: SkipperError) -> None:
        """A unit was refused because another process took over, or the database failed."""
        now = asyncio.get_running_loop().time()
        if isinstance(error, LeaseLost):
            self._end("another Skipper took over this database, so nothing is traded here")
        elif self.failing_since is None:
            self.failing_since = now
        elif now - self.failing_since > _PATIENCE:
            self._end(f"the database can not be written any more, so nothing is traded: {error}")

    def _end(self, why: str) -> None:
        if not self.given_up:
            self.given_up = True
            _log.error(why)
            self.give_up(why)
