"""Addresses that are answered nothing but a refusal until their time is up."""

from time import monotonic_ns

from engine.exchange.simulator.clock import VirtualClock
from engine.exchange.simulator.errors import Refused

_NS_PER_MS = 1_000_000


class Bans:
    """Which address is refused with which status, and until when in real time.

    The sentence tells the end as an instant of the exchange's clock, ``Retry-After`` in real
    seconds (REST API, Limits: 429 and 418).
    """

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._until: dict[str, tuple[int, int]] = {}

    def begin(self, address: str, status: int, ms: float) -> None:
        """Refuse an address for ``ms`` of real time."""
        self._until[address] = (status, monotonic_ns() + int(ms * _NS_PER_MS))

    def clear(self) -> None:
        """End all bans."""
        self._until.clear()

    def check(self, address: str) -> None:
        """Let an address pass.

        Raises:
            Refused: 418 or 429 with -1003 and Retry-After while its time is not up.
        """
        status, until = self._until.get(address, (0, 0))
        left = (until - monotonic_ns()) / _NS_PER_MS
        if left <= 0:
            self._until.pop(address, None)
            return
        ends = self._clock.now() + int(left * self._clock.tolerance)
        raise Refused(
            -1003,
            f"Way too much request weight used; IP banned until {ends}. Please use WebSocket "
            "Streams for live updates to avoid bans."
            if status == 418
            else "Too much request weight used; please use WebSocket Streams for live updates to "
            "avoid polling the API.",
            status=status,
            headers={"Retry-After": str(max(1, -int(-left // 1000)))},
            data={"serverTime": self._clock.now(), "retryAfter": ends},
        )
