"""Doubt: which orders must be asked about, when again, and when absence is proven."""

import asyncio
from dataclasses import dataclass

from engine.core.errors import ExchangeError
from engine.core.market import Market
from engine.core.order import Leg, Order, OrderState
from engine.ports.clock import Clock
from engine.ports.trader import Trader

# Real seconds from one question to the next: asked at about 1, 2, 4, 8, 15 and 30 s.
_STEPS = (1.0, 1.0, 2.0, 4.0, 7.0, 15.0, 30.0)
# recvWindow 5 s + the exchange's own 10 s + margin: nothing sent earlier can still arrive.
PROOF_SECONDS = 30.0
_PROOF_MISSES = 3
# recvWindow 5 s + how far clocks may differ + margin: from then on the matching engine itself
# refuses the order as too old, and what a cancel does not find open can not appear any more.
FENCE_SECONDS = 6.5
_FENCED_MISSES = 2
# Questions asked in vain before the user is told that an order is in doubt.
TOLD_AFTER = 3


@dataclass(slots=True)
class _Question:
    """``due`` is loop time; ``age`` was the order's age in real s at ``began``, steady ms."""

    order: Order
    due: float
    began: float
    age: float
    asked: int = 0
    misses: int = 0
    told: bool = False


class Doubts:
    """The open questions of one account; forgotten with the process, begun anew by the next."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, _Question] = {}

    def begin(self, order: Order, *, delay: float = 0.0) -> None:
        """Ask about the order after ``delay`` real seconds, unless it is asked about already."""
        known = self._open.get(order.client_id)
        if known is None:
            age = 0.0 if order.signed_at is None else self._clock.now_ms() - order.signed_at
            real = max(0.0, age / 1000 / self._clock.rate)
            known = _Question(order, _now() + delay, self._clock.steady_ms(), real)
            self._open[order.client_id] = known
        known.order = order

    def due(self, order: Order) -> bool:
        """Whether it is time to ask; a new order is asked about at once."""
        self.begin(order)
        return _now() >= self._open[order.client_id].due

    def next_due(self) -> float | None:
        """Real seconds until the next question, None when there is none."""
        if not self._open:
            return None
        return max(0.0, min(question.due for question in self._open.values()) - _now())

    def must_tell(self, order: Order) -> bool:
        """True once: when an unknown order was asked about in vain so often that its user is told.

        A cancel asked for again, or a resting order that is looked for, is no doubt to tell of.
        """
        question = self._open.get(order.client_id)
        if question is None or question.told or order.state is not OrderState.UNKNOWN:
            return False
        question.told = question.asked >= TOLD_AFTER
        return question.told

    def missing(self, order: Order) -> bool:
        """Whether the exchange did not know the order when it was last asked."""
        question = self._open.get(order.client_id)
        return question is not None and question.misses > 0

    def no_answer(self, order: Order) -> None:
        """A question was answered with nothing final: that proves nothing, ask again later."""
        question = self._open.get(order.client_id)
        if question is not None:
            question.misses = 0
            _plan(question)

    def settle_but(self, open_ids: set[str]) -> list[Order]:
        """Forget every question but those; returns the orders told to be in doubt before."""
        gone = [client_id for client_id in self._open if client_id not in open_ids]
        ended = [self._open.pop(client_id) for client_id in gone]
        return [question.order for question in ended if question.told]

    def may_fence(self, order: Order) -> bool:
        """Whether a cancel would settle a spot exit in doubt: it is too old to be taken any more.

        A cancel asks the matching engine, not a read store that lags behind it. It says nothing of
        a market order, which is over at once. On futures, conditional orders may be missed by a
        cancel too, and nothing waits for their fate.
        """
        resting = order.leg in {Leg.STOP, Leg.TARGET}
        settles = order.state is OrderState.UNKNOWN and resting
        if not settles or order.market is not Market.SPOT or order.signed_at is None:
            return False
        self.begin(order)
        return self._age(self._open[order.client_id]) >= FENCE_SECONDS

    async def absent(self, trader: Trader, order: Order, *, fenced: bool = False) -> bool:
        """The exchange knows no such order (-2013): True once that is proof enough.

        Proof needs time for every late arrival to have died at the exchange's gate, three misses
        in a row, and absence from the open orders too: the answer may come from a read store
        that lags behind the engine (Spot API, "Data Sources"). After a cancel that found nothing
        (``fenced``) the second miss is enough.
        """
        self.begin(order)
        question = self._open[order.client_id]
        question.misses += 1
        _plan(question)
        misses, seconds = (
            (_FENCED_MISSES, FENCE_SECONDS) if fenced else (_PROOF_MISSES, PROOF_SECONDS)
        )
        left = seconds - self._age(question)
        if left > 0:
            # The next question may be the proof: it is not asked later than then.
            question.due = min(question.due, _now() + left)
        if left > 0 or question.misses < misses:
            return False
        try:
            open_now = await trader.open_orders(order.symbol)
        except ExchangeError:
            return False
        return all(report.client_id != order.client_id for report in open_now)

    def _age(self, question: _Question) -> float:
        """Real seconds since it was sent; a resting order's doubt begins with its first miss.

        Setting the market's clock meanwhile neither proves anything nor puts the proof off.
        """
        asked_for = (self._clock.steady_ms() - question.began) / 1000
        return asked_for if question.order.exchange_id is not None else question.age + asked_for


def _now() -> float:
    return asyncio.get_running_loop().time()


def _plan(question: _Question) -> None:
    question.asked += 1
    question.due = _now() + _STEPS[min(question.asked, len(_STEPS) - 1)]
