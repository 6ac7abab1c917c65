"""Doubt: when to ask again about an UNKNOWN order, and when its absence is proven."""

import asyncio
from dataclasses import dataclass

from engine.core.errors import ExchangeError
from engine.core.order import Order
from engine.ports.clock import Clock
from engine.ports.trader import Trader

# Real seconds after the first question (reliability.md 1.6); then every 30 s.
_SCHEDULE = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
# recvWindow 5 s + the engine's own 10 s time-out + margin: nothing sent earlier can still arrive.
PROOF_SECONDS = 30.0
_PROOF_MISSES = 3


@dataclass(slots=True)
class _Doubt:
    began: float
    asked: int = 0
    misses: int = 0
    due: float = 0.0


class Doubts:
    """The open questions of one account; forgotten with the process, begun anew by the next."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, _Doubt] = {}

    def begin(self, order: Order) -> None:
        """The order's fate is unknown from now on."""
        now = asyncio.get_running_loop().time()
        self._open.setdefault(order.client_id, _Doubt(began=now, due=now + _SCHEDULE[0]))

    def end(self, order: Order) -> None:
        """It is settled."""
        self._open.pop(order.client_id, None)

    def due(self, order: Order) -> bool:
        """Whether it is time to ask; an order found UNKNOWN at start is asked for at once."""
        now = asyncio.get_running_loop().time()
        doubt = self._open.setdefault(order.client_id, _Doubt(began=now, due=now))
        return now >= doubt.due

    def next_due(self) -> float | None:
        """Real seconds until the next question, None when there is no doubt."""
        if not self._open:
            return None
        now = asyncio.get_running_loop().time()
        return max(0.05, min(doubt.due for doubt in self._open.values()) - now)

    def asked(self, order: Order) -> int:
        """How many questions were asked about it without an end."""
        doubt = self._open.get(order.client_id)
        return doubt.asked if doubt else 0

    def no_answer(self, order: Order) -> None:
        """A question failed: that proves nothing and breaks the row of misses."""
        doubt = self._open[order.client_id]
        doubt.misses = 0
        self._plan(doubt)

    async def absent(self, trader: Trader, order: Order) -> bool:
        """The exchange knows no such order (-2013): True once that is proof enough.

        Proof needs time for every late arrival to have died at the exchange's gate, three misses
        in a row, and absence from the open orders too (binance.md 5, code -2013).
        """
        doubt = self._open[order.client_id]
        doubt.misses += 1
        self._plan(doubt)
        if doubt.misses < _PROOF_MISSES or self._age(order) < PROOF_SECONDS:
            return False
        try:
            open_now = await trader.open_orders(order.symbol)
        except ExchangeError:
            return False
        return all(report.client_id != order.client_id for report in open_now)

    def _plan(self, doubt: _Doubt) -> None:
        doubt.asked += 1
        step = _SCHEDULE[min(doubt.asked, len(_SCHEDULE) - 1)]
        doubt.due = max(doubt.began + step, asyncio.get_running_loop().time() + 0.5)

    def _age(self, order: Order) -> float:
        signed = order.signed_at or order.created_at
        return (self._clock.now_ms() - signed) / 1000 / self._clock.rate
