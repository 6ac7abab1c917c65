"""What every paper account does: keep orders that rest, tell what became of them, watch prices.

It remembers nothing beyond the process: totals and resting orders are rebuilt from rows when the
account is opened.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

from engine.core.errors import AlreadySent, NotSent, OrderGone, RateLimited, Refused, Unavailable
from engine.core.market import Book, Market, SymbolRules
from engine.core.money import ZERO
from engine.core.order import Fill, Order, OrderEvent, OrderReport
from engine.exchange import paper_books as rule
from engine.ports.account import Balance
from engine.ports.clock import Clock
from engine.ports.market import Prices
from engine.ports.paper import PaperBooks
from engine.ports.trader import AccountEvent

_REMEMBERED = 1000


class PaperDesk(ABC):
    """The part of ``engine.ports.trader.Trader`` that both markets share.

    Market orders fill at the book's other side; resting ones are tried at every book heard.
    While anything rests, the symbol's book is watched.
    """

    def __init__(self, books: PaperBooks, prices: Prices, clock: Clock) -> None:
        self._market = books.market
        self._rules = books.rules
        self._totals = dict(books.balances)
        self._resting = {order.client_id: order for order in books.resting}
        self._told: dict[str, OrderReport] = {}
        self._ears: set[asyncio.Queue[AccountEvent]] = set()
        self._prices = prices
        self._clock = clock
        self._watching = False
        self._deaf: Callable[[], None] = prices.listen(self._heard)

    @abstractmethod
    def _wallet(self) -> dict[str, Balance]:
        """Free and locked amounts."""

    @abstractmethod
    def _check(self, order: Order, book: Book) -> None:
        """Hold a new order against rules and funds; raises Refused."""

    @abstractmethod
    def _act(self, book: Book) -> None:
        """Try what rests at a new book."""

    @abstractmethod
    def _list_of(self, order: Order) -> list[Order]:
        """What a cancel of a resting order ends: itself and what is bound to it."""

    @abstractmethod
    def _book_fill(self, order: Order, price: Decimal) -> Fill:
        """Execute an order into the totals."""

    def close(self) -> None:
        """Stop listening to prices."""
        self._deaf()
        self._resting.clear()
        self._sync_watch()

    async def place(self, order: Order, rules: SymbolRules) -> OrderReport:
        """Fill what takes from the market at once, let any other order rest."""
        book = await self._fresh_book(order, rules)
        self._check(order, book)
        price = rule.taking_price(order, book)
        if price is None:
            return self._rest([order])[0]
        report = self._fill(order, price)
        self._remember(report)
        self._sync_watch()
        return report

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

    async def balances(self) -> dict[str, Balance]:
        """Totals less what is locked."""
        return self._wallet()

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[AccountEvent]]:
        """Whatever happened to resting orders, and to the account by itself."""
        ear: asyncio.Queue[AccountEvent] = asyncio.Queue()
        self._ears.add(ear)
        try:
            yield _listen(ear)
        finally:
            self._ears.discard(ear)

    async def _fresh_book(self, order: Order, rules: SymbolRules) -> Book:
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
        if (market, symbol) == (self._market, self._rules.symbol):
            self._act(book)
            self._sync_watch()

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

    def _expire(self, orders: list[Order]) -> None:
        for order in orders:
            self._say(self._end(order, OrderEvent.EXPIRE))

    def _fill_resting(self, order: Order, price: Decimal) -> None:
        del self._resting[order.client_id]
        report = self._fill(order, price)
        self._remember(report)
        self._say(report)

    def _fill(self, order: Order, price: Decimal) -> OrderReport:
        """Execute it; what a reduce-only order finds nothing to reduce for expires."""
        fill = self._book_fill(order, price)
        whole = order.close_position or fill.quantity == order.quantity
        event = OrderEvent.FILL if whole else OrderEvent.EXPIRE
        return OrderReport(
            order.client_id, order.client_id, event, fill.quantity, fill.quote, fill.at, (fill,)
        )

    def _report(self, order: Order, event: OrderEvent) -> OrderReport:
        at = self._clock.now_ms()
        return OrderReport(order.client_id, order.client_id, event, ZERO, ZERO, at)

    def _say(self, event: AccountEvent) -> None:
        for ear in self._ears:
            ear.put_nowait(event)

    def _remember(self, report: OrderReport) -> None:
        self._told[report.client_id] = report
        while len(self._told) > _REMEMBERED:
            del self._told[next(iter(self._told))]

    def _interested(self) -> bool:
        """Whether a change of the price may matter."""
        return bool(self._resting)

    def _sync_watch(self) -> None:
        """Hold one interest in the symbol's book exactly while one is needed."""
        if self._interested() == self._watching:
            return
        self._watching = not self._watching
        change = self._prices.watch if self._watching else self._prices.unwatch
        change(self._market, self._rules.symbol)


async def _listen(ear: asyncio.Queue[AccountEvent]) -> AsyncIterator[AccountEvent]:
    while True:
        yield await ear.get()
