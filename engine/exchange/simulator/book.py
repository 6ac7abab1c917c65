"""The book of the local exchange: placing and cancelling orders. Pure, no I/O, no clock."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from engine.core.market import Side
from engine.core.money import floor_to_step
from engine.exchange.simulator import ledger
from engine.exchange.simulator.errors import filter_failure, rejected, unknown_order
from engine.exchange.simulator.fates import Fates
from engine.exchange.simulator.faults import Faults
from engine.exchange.simulator.fills import STOPS, Fills, Listener, QuoteOf
from engine.exchange.simulator.filters import check_order
from engine.exchange.simulator.orders import Account, Kind, NewOrder, Order, OrderList, Status
from engine.exchange.simulator.shelf import Shelf
from engine.exchange.simulator.symbols import SymbolSpec


class Book(Shelf):
    """The spot market as its users see it.

    ``specs`` and ``quote`` give a symbol's rules and (bid, ask); ``average`` its average price for
    the filters; ``fates`` may let things go wrong. Nothing trades on a symbol that is halted.
    """

    def __init__(
        self,
        specs: Mapping[str, SymbolSpec],
        quote: QuoteOf,
        average: Callable[[str], Decimal],
        listener: Listener,
        fates: Fates | None = None,
    ) -> None:
        super().__init__()
        self._specs = specs
        self._quote = quote
        self._average = average
        self._listener = listener
        self._fates = fates or Fates(Faults())
        self._fills = Fills(self, specs, quote, listener, self._fates)

    def check(self, account: Account, wish: NewOrder) -> None:
        """Everything that may speak against an order, short of its money.

        Raises:
            Refused: it would not be taken.
        """
        spec = self._specs[wish.symbol]
        if spec.status != "TRADING":
            raise rejected("Market is closed.")
        known = self.find(account, wish.symbol, None, wish.client_id)
        if wish.client_id and known is not None and known.status.live:
            raise rejected("Duplicate order sent.")
        bid, ask = self._quote(wish.symbol)
        open_kinds = [order.wish.kind for order in self.live(account, wish.symbol)]
        check_order(spec, wish, bid, ask, self._average(wish.symbol), open_kinds)
        _check_side_of_market(wish, bid, ask)

    def place(self, account: Account, wish: NewOrder, at: int) -> Order:
        """Take an order; what can trade at once does.

        Raises:
            Refused: a rule or the balance forbids it; nothing has changed.
        """
        self.check(account, wish)
        spec = self._specs[wish.symbol]
        quantity, price = self._size(spec, wish)
        lock = ledger.lock_for(account, spec, wish.side, quantity, price)
        order = self.admit(account, wish, quantity, lock, at)
        self._announce([order])
        if wish.kind is not Kind.MARKET:
            self._listener.money_changed(account, (lock.asset,))
        if not wish.kind.conditional:
            self._fills.arrived(order, at)
        return order

    def place_list(
        self, account: Account, legs: tuple[NewOrder, NewOrder], client_id: str, at: int
    ) -> OrderList:
        """Take two orders of which one cancels the other; both share one lock.

        Raises:
            Refused: a rule or the balance forbids it; nothing has changed.
        """
        spec = self._specs[legs[0].symbol]
        for leg in legs:
            self.check(account, leg)
        self._check_list(account, spec, legs, client_id)
        worst = max(leg.price or leg.stop_price for leg in legs)
        lock = ledger.lock_for(account, spec, legs[0].side, legs[0].quantity, worst)
        number = len(self.lists)
        orders = OrderList(
            number, spec.name, client_id or f"list-{number}", account, at, updated_at=at
        )
        self.lists.append(orders)
        for leg in legs:
            order = self.admit(account, leg, leg.quantity, lock, at)
            order.oco = orders
            orders.orders.append(order)
        self._listener.list_changed(orders, done=False)
        self._announce(orders.orders)
        self._listener.money_changed(account, (lock.asset,))
        return orders

    def cancel(self, order: Order, cancel_id: str, at: int) -> list[Order]:
        """Cancel an order, or the whole list it belongs to; returns what was cancelled.

        Raises:
            Refused: it is not live.
        """
        self._race(order, at)
        if not order.status.live:
            raise unknown_order()
        cancelled = [o for o in (order.oco.orders if order.oco else [order]) if o.status.live]
        for leg in cancelled:
            self._fills.end(leg, Status.CANCELED, at, cancel_id=cancel_id)
        self._fills.finish(order)
        return cancelled

    def fill(
        self, order: Order, at: int, quantity: Decimal | None = None, price: Decimal | None = None
    ) -> None:
        """Let a live order trade now at its own price or another, all of it or a part.

        Raises:
            ValueError: it is not live, or not so large.
        """
        if not order.status.live or (quantity is not None and quantity > order.remaining):
            raise ValueError("the order is not live or not so large")
        wish = order.wish
        self._fills.by_hand(
            order,
            at,
            quantity,
            price or wish.price or wish.stop_price or self._quote(wish.symbol)[0],
        )

    def expel(self, symbol: str, at: int) -> list[Order]:
        """End all live orders of a symbol, as the exchange does in maintenance."""
        ended = self.on_symbol(symbol)
        for order in ended:
            self._fills.end(order, Status.EXPIRED, at, reason="EXCHANGE_CANCELED")
        for order in ended:
            self._fills.finish(order)
        return ended

    def jumped(self, symbol: str, price: Decimal, at: int) -> None:
        """The market has jumped to ``price``."""
        self._moved(symbol, price, at, jump=True)

    def moved(self, symbol: str, price: Decimal, at: int) -> None:
        """The market has moved to ``price`` through everything between."""
        self._moved(symbol, price, at, jump=False)

    def _moved(self, symbol: str, price: Decimal, at: int, *, jump: bool) -> None:
        if self._specs[symbol].status == "TRADING":
            self._fills.moved(symbol, price, at, jump=jump)

    def _race(self, order: Order, at: int) -> None:
        """Fill an order, or a leg of its list, while it is being cancelled, if a rule says so."""
        for leg in order.oco.orders if order.oco else [order]:
            if not leg.status.live:
                continue
            rule = self._fates.strikes("fill_on_cancel", leg.account.key, leg.facts)
            if rule is not None:
                step = self._specs[leg.wish.symbol].step
                wanted = rule.lots[0] if rule.lots else leg.remaining * rule.share
                self.fill(leg, at, max(step, floor_to_step(min(wanted, leg.remaining), step)))
                return

    def _check_list(
        self, account: Account, spec: SymbolSpec, legs: tuple[NewOrder, NewOrder], client_id: str
    ) -> None:
        if legs[0].client_id and legs[0].client_id == legs[1].client_id:
            raise rejected("Duplicate order sent.")
        known = self.find_list(account, None, client_id) if client_id else None
        if known is not None and known.live:
            raise rejected("Duplicate order sent.")
        mine = (o for o in self.lists if o.account is account and o.symbol == spec.name)
        if sum(orders.live for orders in mine) >= spec.max_lists:
            raise filter_failure("MAX_NUM_ORDER_LISTS")

    def _size(self, spec: SymbolSpec, wish: NewOrder) -> tuple[Decimal, Decimal]:
        """Quantity, and the price at which a BUY is covered."""
        if wish.kind is not Kind.MARKET:
            return wish.quantity, wish.price or wish.stop_price
        bid, ask = self._quote(wish.symbol)
        price = ask if wish.side is Side.BUY else bid
        if not wish.quote_quantity:
            return wish.quantity, price
        quantity = floor_to_step(wish.quote_quantity / price, spec.step)
        if quantity < spec.step:
            raise rejected("Order book liquidity is less than LOT_SIZE filter minimum quantity.")
        return quantity, price

    def _announce(self, orders: Iterable[Order]) -> None:
        for order in orders:
            self._listener.order_changed(order, "NEW", None, "")


def _check_side_of_market(wish: NewOrder, bid: Decimal, ask: Decimal) -> None:
    """What the current price forbids: triggers on the wrong side, makers that would take."""
    sell = wish.side is Side.SELL
    if wish.kind is Kind.LIMIT_MAKER and (wish.price <= bid if sell else wish.price >= ask):
        raise rejected("Order would immediately match and take.")
    if wish.kind.conditional:
        below = sell is (wish.kind in STOPS)
        if wish.stop_price >= bid if below else wish.stop_price <= bid:
            raise rejected("Order would trigger immediately.")
