"""What faults do to orders: how much of one may fill, and mishaps of the matching engine."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.core.money import floor_to_step
from engine.exchange.simulator.faults import Fault, Faults, Occasion

Facts = Mapping[str, Any]


class Fates:
    """Asked by the books before an order acts; without rules everything goes its way.

    An order is described by the key of its account and its facts: symbol, type, side,
    clientOrderId and market (``spot`` or ``futures``).
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def strikes(self, what: str, key: str, facts: Facts) -> Fault | None:
        """Take the rule of this kind for an order, if any."""
        if not self._faults.rules:
            return None
        return self._faults.take(Occasion(key=key, facts=facts), what)

    def lots(
        self, key: str, facts: Facts, remaining: Decimal, step: Decimal, *, taker: bool
    ) -> list[Decimal]:
        """Quantities that trade now one after another, no more than ``remaining`` in all.

        A taker that may not rest takes all lots that its rule has left, others one each time.
        """
        rule = self.strikes("partial_fill", key, facts)
        if rule is None:
            return [remaining]
        if rule.lots is None:
            part = max(step, floor_to_step(remaining * rule.share, step)) if rule.share else 0
            return [min(remaining, Decimal(part))] if part else []
        chosen: list[Decimal] = []
        while rule.lots and remaining > sum(chosen) and (taker or not chosen):
            chosen.append(min(rule.lots.pop(0), remaining - sum(chosen)))
        return chosen
