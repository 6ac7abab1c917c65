"""Addresses that are answered nothing but a refusal until their time is up."""

from time import monotonic_ns

from engine.exchange.simulator.clock import VirtualClock
from engine.exchange.simulator.errors import Refused

_NS_PER_MS = 1_000_000
_MINUTE_NS = 60_000_000_000
_SHORTEST_MS = 120_000
_PATIENCE = 50  # refusals within a minute; the exchange keeps its own number to itself


class Bans:
    """Which address is refused with which status, and until when in real time.

    Whoever does not back off after 429 is banned, for two minutes at first and then longer.
    The sentence tells the end as an instant of the exchange's clock, ``Retry-After`` in real
    seconds (Spot API, "IP Limits").
    """

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._until: dict[str, tuple[int, int]] = {}
        self._pressed: dict[str, tuple[int, int]] = {}
        self._banned: dict[str, int] = {}

    def begin(self, address: str, status: int, ms: float) -> None:
        """Refuse an address for ``ms`` of real time."""
        self._until[address] = (status, monotonic_ns() + int(ms * _NS_PER_MS))

    def pressed(self, address: str) -> None:
        """Count a request that had to be refused with 429; one too many begins a ban."""
        since, count = self._pressed.get(address, (0, 0))
        now = monotonic_ns()
        since, count = (since, count + 1) if now - since < _MINUTE_NS else (now, 1)
        self._pressed[address] = since, count
        if count > _PATIENCE:
            before = self._banned.get(address, 0)
            self._banned[address] = before + 1
            del self._pressed[address]
            self.begin(address, 418, _SHORTEST_MS * 2**before)

    def clear(self) -> None:
        """End and forget all bans."""
        for memory in (self._until, self._pressed, self._banned):
            memory.clear()

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
