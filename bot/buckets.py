"""PURE rates: token buckets, and a bounded memory of one bucket per person or chat."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """``per_second`` tokens flow in, at most ``burst`` lie ready."""

    per_second: float
    burst: float


class Bucket:
    """Tokens of one rate; times are seconds of a clock that never jumps."""

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = rate.burst
        self._at = now

    def wait(self, now: float) -> float:
        """Seconds until a token is there."""
        return max(0.0, (1.0 - self._filled(now)) / self._rate.per_second)

    def take(self, now: float) -> None:
        """Use one token, also one that is not there yet."""
        self._tokens = self._filled(now) - 1.0
        self._at = max(self._at, now)

    def full(self, now: float) -> bool:
        """Whether forgetting this bucket would change nothing."""
        return self._filled(now) >= self._rate.burst

    def _filled(self, now: float) -> float:
        flowed = max(0.0, now - self._at) * self._rate.per_second
        return min(self._rate.burst, self._tokens + flowed)


class Throttle:
    """One bucket per key; remembers the ``most`` keys seen last."""

    def __init__(self, rate: Rate, *, most: int = 10_000) -> None:
        self._rate = rate
        self._most = most
        self._buckets: OrderedDict[Hashable, Bucket] = OrderedDict()

    def allows(self, key: Hashable, now: float) -> bool:
        """Take a token of ``key`` if one is there."""
        bucket = self._buckets.setdefault(key, Bucket(self._rate, now))
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        if bucket.wait(now) > 0:
            return False
        bucket.take(now)
        return True


class Seen:
    """A bounded set: whether something happened to a key before, among the ``most`` last keys."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._keys: OrderedDict[Hashable, None] = OrderedDict()

    def first(self, key: Hashable) -> bool:
        """True once per key, until ``forget``."""
        if key in self._keys:
            self._keys.move_to_end(key)
            return False
        self._keys[key] = None
        if len(self._keys) > self._most:
            self._keys.popitem(last=False)
        return True

    def forget(self, key: Hashable) -> None:
        """The next time is the first time again."""
        self._keys.pop(key, None)
