"""Every request that reached the local exchange, for tests and the curious."""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

_MOST = 100_000
_SECRET = frozenset({"signature"})


@dataclass(slots=True)
class Entry:
    """One request: real arrival in ms with fractions, and in ms of the exchange's clock.

    ``host`` is the name under which the exchange was asked: it tells two clients apart.

    ``status`` is None while unanswered and of a request that was not carried out; ``fault`` is
    what was done to it; ``weight`` is what it cost its address, ``retry_after`` the seconds of
    silence that were asked for.
    """

    number: int
    real_ms: float
    at: int
    method: str
    path: str
    key: str
    params: dict[str, str]
    host: str = ""
    status: int | None = None
    code: int | None = None
    fault: str = ""
    weight: int = 0
    retry_after: int = 0


class Journal:
    """The newest requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_MOST)
        self._count = 0

    def add(
        self, real_ms: float, at: int, method: str, path: str, key: str,
        params: Mapping[str, str], host: str = "",
    ) -> Entry:  # fmt: skip
        """Write a request down, without its signature."""
        told = {name: value for name, value in params.items() if name not in _SECRET}
        entry = Entry(self._count, real_ms, at, method, path, key, told, host)
        self._count += 1
        self._entries.append(entry)
        return entry

    def since(self, number: int) -> list[dict[str, Any]]:
        """Requests from ``number`` on."""
        return [asdict(entry) for entry in self._entries if entry.number >= number]
