"""How orders of the local exchange trade and end: the price rules of ``core.matching``, applied.

Nobody else trades here: the market is one price with unlimited depth.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Protocol

from engine.core.market import Side
from engine.core.matching import Resting, fill_after_jump, fill_along_segment
from engine.exchange.simulator import ledger
from engine.exchange.simulator.fates import Fates
from engine.exchange.simulator.orders import (
    Account,
    Kind,
    Lock,
    Order,
    OrderList,
    Status,
    Trade,
)
from engine.exchange.simulator.shelf import Shelf
from engine.exchange.simulator.symbols import SymbolSpec

STOPS = frozenset({Kind.STOP_LOSS, Kind.STOP_LOSS_LIMIT})
_TAKERS = frozenset({Kind.MARKET, Kind.STOP_LOSS, Kind.TAKE_PROFIT})
_ZERO = Decimal(0)
QuoteOf = Callable[[str], tuple[Decimal, Decimal]]


class Listener(Protocol):
    """Who is told what happens to orders and money, in order."""

    def order_changed(
        self, order: Order, execution: str, trade: Trade | None, cancel_id: str
    ) -> None:
        """``execution`` is NEW, TRADE, CANCELED or EXPIRED."""
        ...

    def list_changed(self, orders: OrderList, *, done: bool) -> None:
        """A list was started or ended."""
        ...

    def money_changed(self, account: Account, assets: Iterable[str]) -> None:
        """Free or locked amounts may have changed."""
        ...


class Fills:
    """Fills and ends orders on a shelf; ``fates`` may limit a fill or let one go wrong."""

    def __init__(
        self, shelf: Shelf, specs: Mapping[str, SymbolSpec], quote: QuoteOf, listener: Listener,
        fates: Fates,
    ) -> None:  # fmt: skip
        self._shelf = shelf
        self._specs = specs
        self._quote = quote
        self._listener = listener
        self._fates = fates

    def moved(self, symbol: str, price: Decimal, at: int, *, jump: bool) -> None:
        """Fill what a jump or a continuous move to ``price`` touches; stops come first."""
        reached = fill_after_jump if jump else fill_along_segment
        hits: list[tuple[bool, int, Order, Decimal]] = []
        for order in self._shelf.on_symbol(symbol):
            resting, level = _resting(order)
            fill = reached(resting, order.wish.side, level, price)
            if fill is not None:
                hits.append((resting is not Resting.STOP, order.id, order, fill))
        for _, _, order, fill in sorted(hits, key=lambda hit: hit[:2]):
            if order.status.live:
                self._reach(order, fill, at)

    def arrived(self, order: Order, at: int) -> None:
        """Trade what a new order can trade at once; end what may not rest."""
        wish = order.wish
        bid, ask = self._quote(wish.symbol)
        sell = wish.side is Side.SELL
        if wish.kind is Kind.MARKET or (wish.price <= bid if sell else wish.price >= ask):
            self._fill(order, bid if sell else ask, at, maker=False)
        if order.status.live and (wish.kind is Kind.MARKET or wish.time_in_force != "GTC"):
            self._expire_rest(order, at)

    def by_hand(self, order: Order, at: int, quantity: Decimal | None, price: Decimal) -> None:
        """Let a live order trade now, all of it or ``quantity``, whatever the market says."""
        if order.waiting:
            self._trigger(order, at)
        if order.status.live:
            self._fill(order, price, at, maker=True, lots=[quantity or order.remaining])

    def end(
        self, order: Order, status: Status, at: int, *, cancel_id: str = "", reason: str = ""
    ) -> None:
        """End an order; its money stays locked until ``finish``."""
        order.status = status
        order.updated_at = at
        order.expiry_reason = reason
        self._shelf.retire(order)
        self._listener.order_changed(order, status.value, None, cancel_id)

    def finish(self, order: Order, assets: Iterable[str] = ()) -> None:
        """Free the lock once no leg needs it, and say what has changed."""
        spec, orders = self._specs[order.wish.symbol], order.oco
        if orders is not None and any(leg.status.live and not leg.kept for leg in orders.orders):
            return
        for leg in orders.orders if orders is not None else (order,):
            if leg.lock is not None:
                ledger.release(leg.account, leg.lock)
        if orders is not None and not orders.live:
            orders.updated_at = order.updated_at
            self._listener.list_changed(orders, done=True)
        self._listener.money_changed(order.account, {spec.base, spec.quote, *assets})

    def _reach(self, order: Order, price: Decimal, at: int) -> None:
        """A resting order is touched: a limit fills, a stop fires."""
        if not order.waiting:
            self._fill(order, price, at, maker=True)
            return
        self._trigger(order, at)
        limit, sell = order.wish.price, order.wish.side is Side.SELL
        if not order.status.live:
            return
        if not order.wish.kind.priced or (limit <= price if sell else limit >= price):
            self._fill(order, price, at, maker=False)
        elif order.wish.time_in_force != "GTC":
            self._expire_rest(order, at)

    def _trigger(self, order: Order, at: int) -> None:
        self._expire_siblings(order, at)
        refusal = self._fates.strikes("refuse_trigger", order.account.key, order.facts)
        if refusal is not None:
            self.end(order, Status.EXPIRED, at, reason=refusal.reason)
            self.finish(order)
            return
        order.working_at = at
        self._listener.order_changed(order, "NEW", None, "")

    def _fill(
        self, order: Order, price: Decimal, at: int, *, maker: bool,
        lots: Iterable[Decimal] | None = None,
    ) -> None:  # fmt: skip
        """Trade what fate lets: all that is left of the order unless a rule says otherwise."""
        for quantity in self._lots(order) if lots is None else lots:
            if not ledger.affordable(order, price, quantity):
                self.end(order, Status.EXPIRED, at, reason="INSUFFICIENT_LIQUIDITY")
                self.finish(order)
                return
            self._trade(order, price, quantity, at, maker=maker)
        if order.status.live and order.wish.kind in {Kind.STOP_LOSS, Kind.TAKE_PROFIT}:
            self._expire_rest(order, at)

    def _trade(
        self, order: Order, price: Decimal, quantity: Decimal, at: int, *, maker: bool
    ) -> None:  # fmt: skip
        spec, account = self._specs[order.wish.symbol], order.account
        self._expire_siblings(order, at)
        rate = account.maker_fee if maker else account.taker_fee
        fee = ledger.settle(order, spec, price, quantity, rate, self._bnb_price(spec))
        trade = self._shelf.record(order, price, quantity, fee, at, maker=maker)
        order.executed += quantity
        order.spent += price * quantity
        order.updated_at = at
        order.status = Status.PARTIALLY_FILLED if order.remaining else Status.FILLED
        self._listener.order_changed(order, "TRADE", trade, "")
        if order.status is Status.FILLED:
            self._shelf.retire(order)
            self.finish(order, (fee[1],))
        else:
            self._listener.money_changed(account, {spec.base, spec.quote, fee[1]})

    def _lots(self, order: Order) -> list[Decimal]:
        wish, step = order.wish, self._specs[order.wish.symbol].step
        taker = wish.kind in _TAKERS or wish.time_in_force != "GTC"
        lots = self._fates.lots(order.account.key, order.facts, order.remaining, step, taker=taker)
        whole = sum(lots, _ZERO) >= order.remaining
        return lots if whole or wish.time_in_force != "FOK" else []

    def _bnb_price(self, spec: SymbolSpec) -> Decimal | None:
        symbol = "BNB" + spec.quote
        return self._quote(symbol)[0] if symbol in self._specs else None

    def _expire_siblings(self, order: Order, at: int) -> None:
        for sibling in order.oco.orders if order.oco else ():
            if sibling is order or sibling.kept or not sibling.status.live:
                continue
            shared = sibling.lock
            if shared and self._fates.strikes("keep_leg", sibling.account.key, sibling.facts):
                sibling.lock, sibling.kept = Lock(shared.asset, _ZERO, _ZERO), True
            else:
                self.end(sibling, Status.EXPIRED, at, reason="OCO_TRIGGER")

    def _expire_rest(self, order: Order, at: int) -> None:
        reasons = {"IOC": "UNFILLED_IOC_QUANTITY_EXPIRED", "FOK": "UNFILLED_FOK_ORDER_EXPIRED"}
        reason = reasons.get(order.wish.time_in_force, "INSUFFICIENT_LIQUIDITY")
        self.end(order, Status.EXPIRED, at, reason=reason)
        self.finish(order)


def _resting(order: Order) -> tuple[Resting, Decimal]:
    """How an order waits and for which price; a take-profit trigger waits as a limit does."""
    if not order.waiting:
        return Resting.LIMIT, order.wish.price
    stop = order.wish.kind in STOPS
    return (Resting.STOP if stop else Resting.LIMIT), order.wish.stop_price
