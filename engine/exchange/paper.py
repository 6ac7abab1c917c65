"""A paper spot account: real prices, our own books, the exchange's manners."""

from decimal import Decimal

from engine.core.market import Book, SymbolRules
from engine.core.order import Fill, Order, OrderKind, OrderReport
from engine.exchange import paper_books as rule
from engine.exchange.paper_desk import PaperDesk
from engine.ports.account import Balance
from engine.ports.clock import Clock
from engine.ports.market import Prices
from engine.ports.paper import PaperBooks


class PaperTrader(PaperDesk):
    """Implements ``engine.ports.trader.Trader`` without an exchange.

    The legs of a list lock the larger of their needs; a stop is tried before its target.
    """

    def __init__(self, books: PaperBooks, prices: Prices, clock: Clock) -> None:
        super().__init__(books, prices, clock)
        self._triggered: set[str] = set()
        self._sync_watch()

    @property
    def futures(self) -> None:
        """None: this is a spot account."""
        return

    async def place_oco(
        self, target: Order, stop: Order, rules: SymbolRules
    ) -> tuple[OrderReport, OrderReport]:
        """Let both legs rest; the first to be touched ends the other."""
        book = await self._fresh_book(target, rules)
        self._check_new(stop)
        rule.check_relation(target, stop, book)
        for leg in (target, stop):
            self._check(leg, book)
        reports = self._rest([target, stop])
        return reports[0], reports[1]

    def _wallet(self) -> dict[str, Balance]:
        return rule.wallet(self._totals, self._resting.values(), self._rules)

    def _check(self, order: Order, book: Book) -> None:
        rule.check_order(order, self._rules, book)
        rule.check_funds(order, self._wallet(), self._rules, book)

    def _act(self, book: Book) -> None:
        # Stops come first: when both legs are touched, the stop wins.
        for order in sorted(self._resting.values(), key=lambda o: o.kind is OrderKind.LIMIT):
            if order.client_id in self._resting:
                self._try(order, book)

    def _try(self, order: Order, book: Book) -> None:
        if order.kind is OrderKind.STOP_LIMIT and rule.triggers(order, book):
            self._triggered.add(order.client_id)
            # From its trigger on it is a plain limit, and the target is gone.
            self._end_sisters(order)
        triggered = order.client_id in self._triggered
        price = rule.resting_price(order, book, triggered=triggered)
        if price is None:
            return
        self._fill_resting(order, price)
        self._end_sisters(order)

    def _end_sisters(self, order: Order) -> None:
        self._expire([each for each in self._list_of(order) if each.client_id != order.client_id])

    def _list_of(self, order: Order) -> list[Order]:
        if order.list_id is None:
            return [order]
        return [each for each in self._resting.values() if each.list_id == order.list_id]

    def _book_fill(self, order: Order, price: Decimal) -> Fill:
        fill = rule.fill_of(order, order.quantity, price, self._rules, self._clock.now_ms())
        rule.settle(self._totals, order.side, fill, self._rules)
        return fill

    def _remember(self, report: OrderReport) -> None:
        self._triggered.discard(report.client_id)
        super()._remember(report)
