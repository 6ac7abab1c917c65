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


class Pools(NamedTuple):
    """Pools of one product: request weight per address, orders per account."""

    weight: Pool
    orders: tuple[Pool, ...]
    header: str = "X-MBX-USED-WEIGHT"


SPOT = Pools(WEIGHT, ORDERS)
FUTURES = Pools(
    Pool("REQUEST_WEIGHT", "MINUTE", 1, 60_000, 2400, "1M"),
    (Pool("ORDERS", "SECOND", 10, 10_000, 300, "10S"),
     Pool("ORDERS", "MINUTE", 1, 60_000, 1200, "1M")),
)  # fmt: skip
WALLET = Pools(
    Pool("REQUEST_WEIGHT", "MINUTE", 1, 60_000, 180_000, "1M"), (), "X-SAPI-USED-UID-WEIGHT"
)


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

    def add_weight(self, address: str, amount: int, pools: Pools = SPOT) -> None:
        """Count request weight without looking at the limit."""
        self.add(pools.weight, address, amount)

    def spend_weight(self, address: str, weight: int, pools: Pools = SPOT) -> None:
        """Count a request.

        Raises:
            Refused: 429 with Retry-After when the window is full.
        """
        pool = pools.weight
        if self.used(pool, address) + weight > pool.limit:
            raise Refused(
                -1003,
                f"Too much request weight used; current limit is {pool.limit} request weight "
                "per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling "
                "the API.",
                status=429,
                headers={"Retry-After": str(self.retry_after(pool))},
            )
        self.add(pool, address, weight)

    def spend_orders(self, key: str, amount: int, pools: Pools = SPOT) -> None:
        """Count new orders of an account.

        Raises:
            Refused: 429 when a window is full.
        """
        for pool in pools.orders:
            if self.used(pool, key) + amount > pool.limit:
                words = f"{pool.limit} orders per {pool.number} {pool.interval}"
                raise Refused(
                    -1015, f"Too many new orders; current limit is {words}.", status=429,
                    headers={"Retry-After": str(self.retry_after(pool))},
                )  # fmt: skip
        for pool in pools.orders:
            self.add(pool, key, amount)

    def retry_after(self, pool: Pool) -> int:
        """Whole real seconds until the window ends, at least one."""
        real = pool.ms - system_ms() % pool.ms
        virtual = (pool.ms - self._clock.now() % pool.ms) / self._clock.tolerance
        return max(1, -(-int(min(real, virtual)) // 1000))

    def headers(self, address: str, key: str | None, pools: Pools = SPOT) -> dict[str, str]:
        """Response headers that tell the counts."""
        used = str(self.used(pools.weight, address))
        told = {pools.header: used, f"{pools.header}-1M": used}
        if key is not None:
            told |= {f"X-MBX-ORDER-COUNT-{p.suffix}": str(self.used(p, key))
                     for p in pools.orders}  # fmt: skip
        return told

    def described(self, pools: Iterable[Pool], owner: str) -> list[dict[str, object]]:
        """Pools with their counts."""
        return [pool.described(self.used(pool, owner)) for pool in pools]

    def _window(self, pool: Pool) -> tuple[int, int]:
        return self._clock.now() // pool.ms, system_ms() // pool.ms
