"""Callbacks of whoever wants to hear market data."""

from collections.abc import Callable
from typing import Generic, ParamSpec

import structlog

P = ParamSpec("P")
_log = structlog.get_logger("market")


class Listeners(Generic[P]):
    """Calls each listener in the order in which they came; one that fails is logged."""

    def __init__(self) -> None:
        self._calls: list[Callable[P, None]] = []

    def add(self, call: Callable[P, None]) -> Callable[[], None]:
        """Add a listener; returns how to remove it."""
        self._calls.append(call)
        return lambda: self._calls.remove(call)

    def tell(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call all of them."""
        for call in tuple(self._calls):
            try:
                call(*args, **kwargs)
            except Exception:  # noqa: BLE001 - one's fault must not cost the others the news
                _log.exception("a listener failed", listener=repr(call))
