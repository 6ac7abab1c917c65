"""A paper account: real prices, our own books, the exchange's manners.

It remembers nothing beyond the process: totals and resting orders are rebuilt from rows when the
account is opened.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

from engine.core.errors import AlreadySent, NotSent, OrderGone, RateLimited, Refused, Unavailable
from engine.core.market import Book, Market, SymbolRules
from engine.core.money import ZERO
from engine.core.order import Fill, Order, OrderEvent, OrderKind, OrderReport
from engine.exchange import paper_books as rule
from engine.ports.account import Balance
from engine.ports.clock import Clock
from engine.ports.market import Prices
from engine.ports.paper import PaperBooks
from engine.ports.trader import AccountEvent

_REMEMBERED = 1000


class PaperTrader:
    """Implements ``engine.ports.trader.Trader`` without an exchange.

    Market orders fill at the book's other side; resting ones are tried at every book heard, the
    stop before its target. While anything rests, the symbol's book is watched.
    """

    def __init__(self, books: PaperBooks, prices: Prices, clock: Clock) -> None:
        self._market = books.market
        self._rules = books.rules
        self._totals = dict(books.balances)
        self._resting = {order.client_id: order for order in books.resting}
        self._triggered: set[str] = set()
        self._told: dict[str, OrderReport] = {}
        self._ears: set[asyncio.Queue[OrderReport]] = set()
        self._prices = prices
        self._clock = clock
        self._watching = False
        self._deaf: Callable[[], None] = prices.listen(self._heard)
        self._sync_watch()

    @property
    def futures(self) -> None:
        """None: this is a spot account."""
        return

    def close(self) -> None:
        """Stop listening to prices."""
        self._deaf()
        self._resting.clear()
        self._sync_watch()

    async def place(self, order: Order, rules: SymbolRules) -> OrderReport:
        """Fill what takes from the market at once, let any other order rest."""
        book = await self._book(order, rules)
        rule.check_order(order, self._rules, book)
        rule.check_funds(order, self._wallet(), self._rules, book)
        price = rule.taking_price(order, book)
        if price is None:
            return self._rest([order])[0]
        report = self._fill(order, price)
        self._remember(report)
        return report

    async def place_oco(
        self, target: Order, stop: Order, rules: SymbolRules
    ) -> tuple[OrderReport, OrderReport]:
        """Let both legs rest; the first to be touched ends the other."""
        book = await self._book(target, rules)
        self._check_new(stop)
        rule.check_relation(target, stop, book)
        for leg in (target, stop):
            rule.check_order(leg, self._rules, book)
            rule.check_funds(leg, self._wallet(), self._rules, book)
        reports = self._rest([target, stop])
        return reports[0], reports[1]

    async def cancel(self, order: Order) -> list[OrderReport]:
        """End an order and its list."""
        if order.client_id not in self._resting:
            raise OrderGone("Unknown order sent.", code=-2011)
        return [self._end(each, OrderEvent.CANCEL) for each in self._list_of(order)]

    async def look_up(self, order: Order) -> OrderReport:
        """What this process knows of it."""
        if order.client_id in self._resting:
            return self._report(order, OrderEvent.ACCEPT)
        try:
            return self._told[order.client_id]
        except KeyError:
            raise OrderGone("Order does not exist.", code=-2013) from None

    async def open_orders(self, symbol: str) -> list[OrderReport]:
        """What rests."""
        resting = [order for order in self._resting.values() if order.symbol == symbol]
        return [self._report(order, OrderEvent.ACCEPT) for order in resting]

    async def fills(self, order: Order) -> list[Fill]:
        """Its fill, if it filled in this process."""
        told = self._told.get(order.client_id)
        return list(told.fills) if told else []

    async def balances(self) -> dict[str, Balance]:
        """Totals less what resting orders lock."""
        return self._wallet()

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[AccountEvent]]:
        """Reports of resting orders that filled or expired."""
        ear: asyncio.Queue[OrderReport] = asyncio.Queue()
        self._ears.add(ear)
        try:
            yield _listen(ear)
        finally:
            self._ears.discard(ear)

    async def _book(self, order: Order, rules: SymbolRules) -> Book:
        """A fresh book for a new order; raises NotSent, AlreadySent or Refused."""
        if (order.market, order.symbol) != (self._market, self._rules.symbol):
            raise Refused("Invalid symbol.", code=-1121)
        self._rules = rules
        try:
            book = await self._prices.fresh(self._market, order.symbol)
        except (Unavailable, RateLimited) as error:
            raise NotSent(f"no price: {error.detail}") from None
        self._check_new(order)
        return book

    def _check_new(self, order: Order) -> None:
        if order.client_id in self._resting or order.client_id in self._told:
            raise AlreadySent("Duplicate order sent.", code=-2010)

    def _heard(self, market: Market, symbol: str, book: Book) -> None:
        if (market, symbol) != (self._market, self._rules.symbol):
            return
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
        del self._resting[order.client_id]
        self._tell(self._fill(order, price))
        self._end_sisters(order)
        self._sync_watch()

    def _end_sisters(self, order: Order) -> None:
        for sister in self._list_of(order):
            if sister.client_id != order.client_id:
                self._tell(self._end(sister, OrderEvent.EXPIRE))

    def _list_of(self, order: Order) -> list[Order]:
        if order.list_id is None:
            return [order]
        return [each for each in self._resting.values() if each.list_id == order.list_id]

    def _rest(self, orders: list[Order]) -> list[OrderReport]:
        self._resting |= {order.client_id: order for order in orders}
        self._sync_watch()
        return [self._report(order, OrderEvent.ACCEPT) for order in orders]

    def _end(self, order: Order, event: OrderEvent) -> OrderReport:
        del self._resting[order.client_id]
        self._sync_watch()
        report = self._report(order, event)
        self._remember(report)
        return report

    def _fill(self, order: Order, price: Decimal) -> OrderReport:
        fill = rule.fill_of(order, price, self._rules, self._clock.now_ms())
        rule.settle(self._totals, order.side, fill, self._rules)
        return OrderReport(
            order.client_id, order.client_id, OrderEvent.FILL, fill.quantity, fill.quote, fill.at,
            (fill,),
        )  # fmt: skip

    def _report(self, order: Order, event: OrderEvent) -> OrderReport:
        at = self._clock.now_ms()
        return OrderReport(order.client_id, order.client_id, event, ZERO, ZERO, at)

    def _tell(self, report: OrderReport) -> None:
        self._remember(report)
        for ear in self._ears:
            ear.put_nowait(report)

    def _remember(self, report: OrderReport) -> None:
        self._triggered.discard(report.client_id)
        self._told[report.client_id] = report
        while len(self._told) > _REMEMBERED:
            del self._told[next(iter(self._told))]

    def _wallet(self) -> dict[str, Balance]:
        return rule.wallet(self._totals, self._resting.values(), self._rules)

    def _sync_watch(self) -> None:
        """Hold one interest in the symbol's book exactly while something rests."""
        if bool(self._resting) == self._watching:
            return
        self._watching = not self._watching
        change = self._prices.watch if self._watching else self._prices.unwatch
        change(self._market, self._rules.symbol)


async def _listen(ear: asyncio.Queue[OrderReport]) -> AsyncIterator[AccountEvent]:
    while True:
        yield await ear.get()
