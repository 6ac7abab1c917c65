"""A paper futures account in a test: its price, its orders, and all that it tells."""

from dataclasses import replace
from decimal import Decimal

from engine.core.market import Book, Market, Side
from engine.core.order import Leg, OrderKind
from engine.exchange.paper_futures import PaperFutures
from engine.ports.paper import PaperBooks
from tests.contract.exchange.lab import PAPER_RULES, SYMBOL, TICK, LabClock, LabPrices, Venue

RULES = replace(
    PAPER_RULES,
    market=Market.FUTURES,
    step_size=Decimal("0.001"),
    min_qty=Decimal("0.001"),
    min_notional=Decimal(100),
    order_types=frozenset({"LIMIT", "MARKET", "STOP_MARKET", "TAKE_PROFIT_MARKET"}),
)
CAPITAL = Decimal(1000)
FEE = Decimal("0.0005")


class FuturesPrices(LabPrices):
    """The market of a futures symbol."""

    def say(self, price, symbol=SYMBOL):
        book = Book(Decimal(price), Decimal(price) + TICK, self.clock.now_ms())
        self.books[symbol] = book
        for heard in list(self._listeners):
            heard(Market.FUTURES, symbol, book)


class Desk(Venue):
    """A paper futures account with ``leverage``, and everything it tells."""

    def __init__(self, leverage=10, totals=None, resting=(), entry=0):
        clock = LabClock()
        self.prices = FuturesPrices(clock)
        self.prices.say(50_000)
        held = {"USDT": CAPITAL, "BTC": Decimal(0)} | (totals or {})
        books = PaperBooks(Market.FUTURES, RULES, held, tuple(resting), Decimal(entry), leverage)
        trader = PaperFutures(books, self.prices, clock)
        super().__init__("paper futures", trader, RULES, clock, self.prices.say)

    def order(self, leg=Leg.ENTRY, side=Side.BUY, kind=OrderKind.MARKET, quantity="0.01", **more):
        return super().order(leg, side, kind, quantity, **{"market": Market.FUTURES} | more)

    def stop(self, level, side=Side.SELL, *, whole=True, quantity="0.01"):
        return self.order(
            Leg.STOP, side, OrderKind.STOP, quantity,
            stop_price=Decimal(level), close_position=whole,
        )  # fmt: skip

    def target(self, level, side=Side.SELL, quantity="0.01"):
        kind = OrderKind.TAKE_PROFIT
        return self.order(Leg.TARGET, side, kind, quantity, stop_price=Decimal(level))

    async def held(self):
        found = (await self.trader.positions()).get(SYMBOL)
        return found.quantity if found else Decimal(0)

    async def money(self):
        balance = await self.free("USDT")
        return balance.free + balance.locked

    async def heard(self, price):
        """Everything told when the price jumps."""
        async with self.trader.events() as events:
            self.move(price)
            (ear,) = self.trader._ears
            return [await anext(events) for _ in range(ear.qsize())]
