"""Virtual time of the local exchange: real time times a speed, never past an unprocessed price."""

import time

_NS_PER_MS = 1_000_000


def system_ms() -> int:
    """Wall time in ms: the local exchange plays the outside world, so it reads its own clock."""
    return time.time_ns() // _NS_PER_MS


def precise_ms() -> float:
    """Wall time in ms with fractions, to tell apart what comes within one."""
    return time.time_ns() / _NS_PER_MS


class VirtualClock:
    """Clock that runs ``speed`` times as fast as real time; speed 0 stands still.

    Time never passes ``horizon``, the next price not yet processed, so nobody can see an instant
    whose prices have not been matched; when processing falls behind, the clock slows down.
    """

    def __init__(self, origin_ms: int, speed: float) -> None:
        if speed < 0:
            raise ValueError("speed must not be negative")
        self.origin_ms = origin_ms
        self.speed = speed
        self.horizon = origin_ms
        self._anchor_ms = float(origin_ms)
        self._anchor_ns = time.monotonic_ns()

    @property
    def tolerance(self) -> float:
        """How many virtual ms count as one real ms at the time gate (1 when slow or frozen)."""
        return max(1.0, self.speed)

    def wanted(self) -> int:
        """Virtual ms that real time asks for, whether or not prices have been processed."""
        elapsed = (time.monotonic_ns() - self._anchor_ns) / _NS_PER_MS
        return int(self._anchor_ms + elapsed * self.speed)

    def now(self) -> int:
        """Current virtual time in ms."""
        return min(self.wanted(), self.horizon)

    def settle(self, at_ms: int) -> None:
        """Say that it is ``at_ms`` now: after a jump, or when processing has fallen behind."""
        self._anchor_ms = float(at_ms)
        self._anchor_ns = time.monotonic_ns()

    def real_seconds_until(self, at_ms: int) -> float:
        """Real seconds until ``at_ms``; infinity when the clock stands still."""
        if self.speed == 0:
            return float("inf")
        return max(0.0, (at_ms - self.wanted()) / self.speed / 1000)
