"""A paper futures account: real prices, one symbol, isolated margin, one-way mode.

Orders trigger and liquidation strikes by the book's best prices, as nobody tells paper a mark
price. There is no funding: nothing that paper listens to tells its rates.
"""

from decimal import Decimal

from engine.core.bot_config import MAX_LEVERAGE
from engine.core.checks import FuturesTerms
from engine.core.errors import Refused
from engine.core.margin import ASSUMED_MAINTENANCE, Net, liquidation_price
from engine.core.market import Book, SymbolRules
from engine.core.money import ZERO
from engine.core.order import Fill, Order, OrderKind, OrderReport
from engine.core.position import ExitReason
from engine.core.trade import Funding
from engine.exchange import paper_books as rule
from engine.exchange import paper_margin as margin
from engine.exchange.paper_desk import PaperDesk
from engine.ports.account import Balance
from engine.ports.clock import Clock
from engine.ports.market import Prices
from engine.ports.paper import PaperBooks
from engine.ports.trader import ForeignEvent, ForeignOrder, VenuePosition

TERMS = FuturesTerms(MAX_LEVERAGE, ASSUMED_MAINTENANCE)
"""What paper grants on every symbol."""


class PaperFutures(PaperDesk):
    """Implements ``engine.ports.trader.Trader`` and its ``FuturesAccount``.

    Once the margin no longer suffices the position is closed by an order of nobody, and told as
    a ``ForeignEvent``; that comes before its stop when a gap jumps over both. When nothing is
    held any more, what could only reduce it expires.
    """

    def __init__(
        self, books: PaperBooks, prices: Prices, clock: Clock, terms: FuturesTerms = TERMS
    ) -> None:
        super().__init__(books, prices, clock)
        self._net = Net(self._totals.get(self._rules.base, ZERO), books.entry_price)
        self._leverage = books.leverage
        self._terms = terms
        self._foreign: list[ForeignOrder] = []
        self._sync_watch()

    @property
    def futures(self) -> "PaperFutures":
        """Itself."""
        return self

    @property
    def wallets(self) -> None:
        """Paper has one wallet."""
        return

    async def prepare(self, symbol: str, leverage: int) -> None:
        """Set the leverage; raises Refused beyond the terms, or below while something is held."""
        self._check_symbol(symbol)
        margin.check_leverage(leverage, self._terms.max_leverage, self._leverage, self._net)
        self._leverage = leverage

    async def terms(self, symbol: str) -> FuturesTerms:
        """The same for every symbol."""
        self._check_symbol(symbol)
        return self._terms

    async def positions(self) -> dict[str, VenuePosition]:
        """What is held, with the price at which it would be liquidated."""
        net, symbol = self._net, self._rules.symbol
        if not net.quantity:
            return {}
        level = liquidation_price(
            net.entry, self._leverage, self._terms.maintenance, long=net.long
        )
        return {symbol: VenuePosition(symbol, net.quantity, net.entry, level)}

    async def foreign_orders(self, symbol: str, since: int) -> list[ForeignOrder]:
        """Liquidations of this process; earlier ones are rows, or never happened."""
        return [
            order
            for order in self._foreign
            if order.symbol == symbol and order.fills[-1].at >= since
        ]

    async def funding(self, symbol: str, _since: int) -> list[Funding]:
        """None."""
        self._check_symbol(symbol)
        return []

    async def clearance(self, symbol: str, _since: int) -> list[Funding]:
        """None."""
        self._check_symbol(symbol)
        return []

    async def place(self, order: Order, rules: SymbolRules) -> OrderReport:
        """Fill what takes from the market at once, let a conditional order rest."""
        report = await super().place(order, rules)
        self._expire_if_flat()
        return report

    async def place_oco(
        self, target: Order, stop: Order, _rules: SymbolRules
    ) -> tuple[OrderReport, OrderReport]:
        """Raise Refused: futures know no lists."""
        raise Refused(f"No order lists on futures: {target.client_id}, {stop.client_id}")

    def _check_symbol(self, symbol: str) -> None:
        if symbol != self._rules.symbol:
            raise Refused("Invalid symbol.", code=-1121)

    def _wallet(self) -> dict[str, Balance]:
        return margin.wallet(self._totals, self._net, self._leverage, self._rules)

    def _check(self, order: Order, book: Book) -> None:
        rule.check_order(order, self._rules, book)
        if margin.reduces(order):
            margin.check_exit(order, self._net, self._resting.values())
            return
        held = self._wallet().get(self._rules.quote, Balance(ZERO, ZERO))
        margin.check_margin(order, self._net, self._leverage, held.free, book)

    def _act(self, book: Book) -> None:
        terms, rules = self._terms, self._rules
        price = margin.liquidated_at(self._net, self._leverage, terms.maintenance, book, rules)
        if price is not None:
            self._liquidate(price)
        # Stops come first: when both exits are touched, the stop wins.
        for order in sorted(self._resting.values(), key=lambda o: o.kind is not OrderKind.STOP):
            if order.client_id not in self._resting:
                continue
            at = rule.resting_price(order, book, triggered=False)
            if at is not None:
                self._fill_resting(order, at)
                self._expire_if_flat()

    def _liquidate(self, price: Decimal) -> None:
        side, quantity, at = self._net.exit, abs(self._net.quantity), self._clock.now_ms()
        fee = rule.fee_on(quantity * price, self._market)
        number = str(at)
        fill = Fill(f"{number}.x", "", price, quantity, fee, self._rules.quote, at)
        symbol = self._rules.symbol
        self._foreign.append(ForeignOrder(number, symbol, side, ExitReason.LIQUIDATION, (fill,)))
        rule.settle(self._totals, side, fill, self._rules)
        self._net = Net()
        self._say(ForeignEvent(symbol))
        self._expire_if_flat()

    def _book_fill(self, order: Order, price: Decimal) -> Fill:
        quantity = margin.executable(order, self._net)
        fill = rule.fill_of(order, quantity, price, self._rules, self._clock.now_ms())
        rule.settle(self._totals, order.side, fill, self._rules)
        self._net = self._net.after(order.side, quantity, price)
        return fill

    def _expire_if_flat(self) -> None:
        """With nothing held, what could only reduce it ends."""
        if not self._net.quantity:
            self._expire([order for order in self._resting.values() if margin.reduces(order)])
            self._sync_watch()

    def _list_of(self, order: Order) -> list[Order]:
        return [order]

    def _interested(self) -> bool:
        return bool(self._resting or self._net.quantity)
