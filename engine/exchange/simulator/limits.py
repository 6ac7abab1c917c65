"""Request weight per address and order count per account, in windows aligned to the clock."""

from collections.abc import Iterable
from typing import NamedTuple

from engine.exchange.simulator.clock import VirtualClock, system_ms
from engine.exchange.simulator.errors import Refused


class Pool(NamedTuple):
    """One limit: so many of a kind in each window."""

    kind: str
    interval: str
    number: int
    ms: int
    limit: int
    suffix: str

    def described(self, used: int | None = None) -> dict[str, object]:
        """The exchange's own description, with the used count when given."""
        entry: dict[str, object] = {
            "rateLimitType": self.kind,
            "interval": self.interval,
            "intervalNum": self.number,
            "limit": self.limit,
        }
        return entry if used is None else entry | {"count": used}


WEIGHT = Pool("REQUEST_WEIGHT", "MINUTE", 1, 60_000, 6000, "1M")
RAW = Pool("RAW_REQUESTS", "MINUTE", 5, 300_000, 300_000, "5M")
ORDERS_10S = Pool("ORDERS", "SECOND", 10, 10_000, 100, "10S")
ORDERS_1D = Pool("ORDERS", "DAY", 1, 86_400_000, 200_000, "1D")
ORDERS = (ORDERS_10S, ORDERS_1D)


class Limits:
    """Counters of all pools.

    A window ends when either virtual or real time leaves it: a fast demo is not throttled below
    what its virtual time allows, and a frozen clock does not hold counts for ever.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._used: dict[tuple[Pool, str], tuple[tuple[int, int], int]] = {}

    def used(self, pool: Pool, owner: str) -> int:
        """Count in the current window."""
        window, count = self._used.get((pool, owner), ((0, 0), 0))
        return count if window == self._window(pool) else 0

    def add(self, pool: Pool, owner: str, amount: int) -> None:
        """Count ``amount`` more (or less)."""
        total = max(0, self.used(pool, owner) + amount)
        self._used[pool, owner] = (self._window(pool), total)

    def add_weight(self, address: str, amount: int) -> None:
        """Count request weight without looking at the limit."""
        self.add(WEIGHT, address, amount)

    def spend_weight(self, address: str, weight: int) -> None:
        """Count a request.

        Raises:
            Refused: 429 with Retry-After when the window is full.
        """
        if self.used(WEIGHT, address) + weight > WEIGHT.limit:
            raise Refused(
                -1003,
                f"Too much request weight used; current limit is {WEIGHT.limit} request weight "
                "per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling "
                "the API.",
                status=429,
                headers={"Retry-After": str(self.retry_after(WEIGHT))},
            )
        self.add(WEIGHT, address, weight)

    def spend_orders(self, key: str, amount: int) -> None:
        """Count new orders of an account.

        Raises:
            Refused: 429 when a window is full.
        """
        for pool in ORDERS:
            if self.used(pool, key) + amount > pool.limit:
                words = f"{pool.limit} orders per {pool.number} {pool.interval}"
                raise Refused(
                    -1015, f"Too many new orders; current limit is {words}.", status=429,
                    headers={"Retry-After": str(self.retry_after(pool))},
                )  # fmt: skip
        for pool in ORDERS:
            self.add(pool, key, amount)

    def retry_after(self, pool: Pool) -> int:
        """Whole real seconds until the window ends, at least one."""
        real = pool.ms - system_ms() % pool.ms
        virtual = (pool.ms - self._clock.now() % pool.ms) / self._clock.tolerance
        return max(1, -(-int(min(real, virtual)) // 1000))

    def headers(self, address: str, key: str | None) -> dict[str, str]:
        """Response headers that tell the counts."""
        told = {"X-MBX-USED-WEIGHT": str(self.used(WEIGHT, address)),
                "X-MBX-USED-WEIGHT-1M": str(self.used(WEIGHT, address))}  # fmt: skip
        if key is not None:
            told |= {f"X-MBX-ORDER-COUNT-{p.suffix}": str(self.used(p, key)) for p in ORDERS}
        return told

    def described(self, pools: Iterable[Pool], owner: str) -> list[dict[str, object]]:
        """Pools with their counts."""
        return [pool.described(self.used(pool, owner)) for pool in pools]

    def _window(self, pool: Pool) -> tuple[int, int]:
        return self._clock.now() // pool.ms, system_ms() // pool.ms
