"""Conditional orders: how they wait, follow the price and become regular orders.

A trigger is a price rule of ``core.matching``: a stop waits as a stop does, a target as a limit
does, and a trailing stop as a stop at a level that follows the best price seen.
"""

from dataclasses import replace
from decimal import Decimal

from engine.core.market import Side
from engine.core.matching import Resting, fill_after_jump, fill_along_segment
from engine.core.money import ceil_to_step, floor_to_step
from engine.exchange.simulator.errors import Refused, unknown_order
from engine.exchange.simulator.futures.checks import check_algo, check_means
from engine.exchange.simulator.futures.fills import Fills, end_algo, facts
from engine.exchange.simulator.futures.floor import Floor
from engine.exchange.simulator.futures.model import (
    TARGETS,
    TRAILING,
    AlgoOrder,
    FuturesAccount,
    Wish,
    sign,
)  # fmt: skip

NOTHING_TO_REDUCE = "Reduce Only reject"
_HUNDRED = Decimal(100)


class Algos:
    """Places, cancels and triggers conditional orders."""

    def __init__(self, floor: Floor, fills: Fills) -> None:
        self._floor = floor
        self._fills = fills

    def place(self, account: FuturesAccount, wish: Wish, at: int) -> AlgoOrder:
        """Take a conditional order.

        Raises:
            Refused: a rule forbids it; nothing has changed.
        """
        check_algo(self._floor, account, wish)
        algo = self._floor.shelf.admit_algo(account, wish, at)
        if wish.kind == TRAILING and not wish.activation:
            algo.active, algo.extreme = True, self._floor.last(wish.symbol)
        self._floor.events.algo(algo)
        return algo

    def cancel(self, algo: AlgoOrder | None, at: int) -> AlgoOrder:
        """Cancel a conditional order that still waits.

        Raises:
            Refused: it does not, or no longer.
        """
        if algo is None or not algo.waiting or self._raced(algo, at):
            raise unknown_order()
        end_algo(self._floor, algo, "CANCELED", at)
        return algo

    def cancel_all(self, account: FuturesAccount, symbol: str, at: int) -> None:
        """Cancel what waits on a symbol."""
        for algo in self._floor.shelf.waiting(account, symbol):
            if not self._raced(algo, at):
                end_algo(self._floor, algo, "CANCELED", at)

    def touched(
        self, symbol: str, price: Decimal, *, jump: bool
    ) -> list[tuple[AlgoOrder, Decimal]]:
        """Orders that a jump or a continuous move to ``price`` triggers, and where."""
        reached = fill_after_jump if jump else fill_along_segment
        hits: list[tuple[AlgoOrder, Decimal]] = []
        for algo in self._floor.shelf.waiting(symbol=symbol):
            level = self._level(algo, price)
            kind = Resting.LIMIT if algo.wish.kind in TARGETS else Resting.STOP
            fill = None if level is None else reached(kind, algo.wish.side, level, price)
            if fill is not None:
                hits.append((algo, fill))
        return hits

    def trigger(self, algo: AlgoOrder, price: Decimal, at: int) -> None:
        """Turn a conditional order that still waits into a regular one, at this price."""
        if not algo.waiting:
            return
        shelf, events = self._floor.shelf, self._floor.events
        shelf.retire_algo(algo)
        algo.status, algo.updated_at, algo.triggered_at = "TRIGGERING", at, at
        events.algo(algo)
        account, wish = algo.account, algo.wish
        quantity = account.reducible(wish) if wish.close_position else wish.quantity
        regular = replace(
            wish.triggered(quantity), client_id=algo.client_id if account.keeps_algo_id else ""
        )
        rule = self._floor.fates.strikes("refuse_trigger", account.key, facts(algo))
        at_price = regular.price or price
        refusal = rule.reason if rule else self._objection(account, regular, at_price)
        if refusal:
            end_algo(self._floor, algo, "REJECTED", at, reason=refusal)
            return
        algo.order = shelf.admit(account, regular, at, algo)
        algo.status = "TRIGGERED"
        events.algo(algo)
        events.order(algo.order, "NEW")
        self._fills.arrived(algo.order, at, price)

    def _raced(self, algo: AlgoOrder, at: int) -> bool:
        """Whether it triggers while its cancel is being handled, as a fault may say."""
        rule = self._floor.fates.strikes("fill_on_cancel", algo.account.key, facts(algo))
        if rule is not None:
            self.trigger(algo, algo.wish.trigger or self._floor.last(algo.wish.symbol), at)
        return rule is not None

    def _objection(self, account: FuturesAccount, wish: Wish, price: Decimal) -> str:
        if wish.reducing and not account.reducible(wish):
            return NOTHING_TO_REDUCE
        try:
            check_means(self._floor, account, wish, price)
        except Refused as refusal:
            return refusal.msg
        return ""

    def _level(self, algo: AlgoOrder, price: Decimal) -> Decimal | None:
        """Trigger price at this moment; a trailing stop has none before its activation."""
        wish = algo.wish
        if wish.kind != TRAILING:
            return wish.trigger
        way = sign(wish.side)
        if not algo.active:
            if (price - wish.activation) * way > 0:
                return None
            algo.active, algo.extreme = True, price
            self._floor.events.algo(algo)
            return None
        algo.extreme = min(algo.extreme, price) if way > 0 else max(algo.extreme, price)
        level = algo.extreme * (1 + way * wish.callback / _HUNDRED)
        tick = self._floor.contracts[wish.symbol].tick
        away = ceil_to_step if wish.side is Side.BUY else floor_to_step
        return away(level, tick)
