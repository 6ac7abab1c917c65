"""The exchange's limits: how much in which window, what it calls them, and what is used of one.

Source: Spot API "Rate limits", USD-M API "LIMITS": windows are aligned to the exchange's clock.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from engine.exchange.binance.ask import Product
from engine.exchange.binance.fields import Json, integer, items

_UNIT_MS = {"SECOND": 1_000, "MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000}


class Kind(StrEnum):
    """What a limit counts: request weight of an address, or orders of an account."""

    WEIGHT = "REQUEST_WEIGHT"
    ORDERS = "ORDERS"


class Limit(NamedTuple):
    """At most ``most`` in each window; ``header`` tells in an answer what is used of it."""

    kind: Kind
    ms: int
    most: int
    header: str


def _limit(product: Product, kind: Kind, number: int, unit: str, most: int) -> Limit:
    name = "X-MBX-USED-WEIGHT" if kind is Kind.WEIGHT else "X-MBX-ORDER-COUNT"
    if product is Product.SAPI:
        name = "X-SAPI-USED-IP-WEIGHT"
    return Limit(kind, number * _UNIT_MS[unit], most, f"{name}-{number}{unit[0]}")


DEFAULTS: dict[Product, tuple[Limit, ...]] = {
    Product.SPOT: (
        _limit(Product.SPOT, Kind.WEIGHT, 1, "MINUTE", 6000),
        _limit(Product.SPOT, Kind.ORDERS, 10, "SECOND", 100),
        _limit(Product.SPOT, Kind.ORDERS, 1, "DAY", 200_000),
    ),
    Product.FUTURES: (
        _limit(Product.FUTURES, Kind.WEIGHT, 1, "MINUTE", 2400),
        _limit(Product.FUTURES, Kind.ORDERS, 10, "SECOND", 300),
        _limit(Product.FUTURES, Kind.ORDERS, 1, "MINUTE", 1200),
    ),
    Product.SAPI: (_limit(Product.SAPI, Kind.WEIGHT, 1, "MINUTE", 12_000),),
}
"""What the exchange grants unless its ``exchangeInfo`` says otherwise."""


def limits_told(product: Product, info: Json) -> tuple[Limit, ...]:
    """Limits out of ``exchangeInfo``, without kinds that we do not count; raises Unreadable."""
    told = [
        _limit(
            product, Kind(raw["rateLimitType"]), integer(raw, "intervalNum"), raw["interval"],
            integer(raw, "limit"),
        )
        for raw in items(info.get("rateLimits", []), "rateLimits")
        if _is_counted(raw)
    ]  # fmt: skip
    return tuple(told)


def _is_counted(raw: Any) -> bool:
    counted = isinstance(raw, dict) and raw.get("rateLimitType") in set(Kind)
    return counted and raw.get("interval") in _UNIT_MS


@dataclass(slots=True, eq=False)
class Window:
    """What is used of a limit in its present window, and expected of requests in flight.

    ``told`` is the exchange's count, ``untold`` what answers without one are expected to have
    cost, ``granted`` what all that may count in this window is expected to cost at most. Times are
    the event loop's; ``until`` is the window's end, ``number`` counts windows.
    """

    limit: Limit
    told: int = 0
    untold: int = 0
    flying: int = 0
    granted: int = 0
    number: int = 0
    until: float = 0.0

    def roll(self, now: float, left: Callable[[int], float]) -> None:
        """Begin anew once the window is over; ``left`` tells the real seconds that one has."""
        if now >= self.until:
            self.told = self.untold = 0
            self.granted = self.flying
            self.number += 1
            self.until = now + left(self.limit.ms)

    def wait(self, amount: int, share: float, now: float) -> float | None:
        """Seconds until ``amount`` may fit into ``share`` of the limit; None when it fits now.

        0 when only requests in flight stand in the way. The exchange's count may hold requests
        that are in flight for us still: what may use the limit to its end is not held by counting
        those twice.
        """
        most = self.limit.most
        taken = self.told + self.untold + self.flying
        if share >= 1.0:
            taken = max(self.told, min(taken, self.granted))
        if taken + amount <= most * share:
            return None
        settled = self.told + self.untold + amount <= most * share
        return 0.0 if settled else self.until - now

    def settle(self, amount: int, told: str, *, number: int) -> None:
        """A request that left in window ``number`` was answered: ``told`` is the header's value.

        Without a count, or with one that may be of the window before, what was expected counts.
        """
        if told.isdecimal() and number == self.number:
            self.told = max(self.told, int(told))
        else:
            self.untold += amount


def renewed(windows: list[Window], limits: Sequence[Limit]) -> list[Window]:
    """Windows of these limits; those of the same length go on."""
    kept = {window.limit.ms: window for window in windows}
    for limit in limits:
        kept.setdefault(limit.ms, Window(limit)).limit = limit
    return [kept[limit.ms] for limit in limits]
