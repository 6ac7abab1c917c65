"""Two venues for the same tests: the local exchange over the wire, and a paper account."""

import asyncio
import itertools
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import aiohttp

from engine.core.account import Credentials
from engine.core.bot_config import Environment
from engine.core.client_id import list_client_id
from engine.core.market import Book, Market, Side, SymbolRules
from engine.core.order import Leg, Order, OrderKind, OrderReport
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.endpoints import local
from engine.exchange.binance.market import BinanceMarket
from engine.exchange.binance.spot import SpotTrader
from engine.exchange.paper import PaperTrader
from engine.exchange.simulator.server import DemoAccount, ExchangeOptions, LocalExchange
from engine.ports.paper import PaperBooks
from tests.fakes.clock import FrozenClock

KEY, SECRET = "A1b2" * 16, "S3cr3tCanary" * 5
MONEY = {"USDT": Decimal(100_000), "BTC": Decimal(1)}
SYMBOL = "BTCUSDT"
TICK = Decimal("0.01")
CREDENTIALS = Credentials(KEY, SECRET, Environment.LOCAL)
SOON = 5.0


class LabClock(FrozenClock):
    """Market time stands still, waits for the wire pass at once."""

    async def sleep_real(self, seconds):
        await asyncio.sleep(0)


class LabPrices:
    """Implements the Prices port; ``say`` is the market."""

    def __init__(self, clock):
        self.clock = clock
        self.books = {}
        self.interest = 0
        self.failure = None
        self._listeners = []

    def say(self, price, symbol=SYMBOL):
        book = Book(Decimal(price), Decimal(price) + TICK, self.clock.now_ms())
        self.books[symbol] = book
        for heard in list(self._listeners):
            heard(Market.SPOT, symbol, book)

    def book(self, market, symbol):
        return self.books.get(symbol)

    def age_ms(self, market, symbol):
        return 0 if symbol in self.books else None

    def watch(self, market, symbol):
        self.interest += 1

    def unwatch(self, market, symbol):
        self.interest -= 1

    def listen(self, heard):
        self._listeners.append(heard)
        return lambda: self._listeners.remove(heard)

    async def fresh(self, market, symbol):
        if self.failure:
            raise self.failure
        return self.books[symbol]


class Venue:
    """A trader, the rules of its symbol, and a hand on the price."""

    def __init__(self, name, trader, rules, clock, move):
        self.name = name
        self.trader = trader
        self.rules = rules
        self.clock = clock
        self.move = move
        self._number = itertools.count(1)

    def order(self, leg=Leg.ENTRY, side=Side.BUY, kind=OrderKind.MARKET, quantity="0.01", **more):
        number = next(self._number)
        order = Order(
            number, f"sk1-1-{number}-{leg.value}0", 1, 1, "key:1", Market.SPOT, SYMBOL, side,
            kind, leg, Decimal(quantity), self.clock.now_ms(), signed_at=self.clock.now_ms(),
        )  # fmt: skip
        return replace(order, **more)

    def oco(self, target="51000", stop="49000", quantity="0.01", limit=None):
        first = self.order(Leg.TARGET, Side.SELL, OrderKind.LIMIT, quantity, price=Decimal(target))
        kind = OrderKind.STOP if limit is None else OrderKind.STOP_LIMIT
        second = self.order(Leg.STOP, Side.SELL, kind, quantity, stop_price=Decimal(stop))
        name = list_client_id(first.client_id)
        price = None if limit is None else Decimal(limit)
        return replace(first, list_id=name), replace(second, list_id=name, price=price)

    async def place(self, order):
        return await self.trader.place(order, self.rules)

    async def place_oco(self, target, stop):
        return await self.trader.place_oco(target, stop, self.rules)

    async def free(self, asset):
        return (await self.trader.balances())[asset]


class Lab:
    """The local exchange with our own connection to it."""

    def __init__(self, exchange, session, clock):
        self.exchange = exchange
        self.session = session
        self.clock = clock
        self.connection = Connection(local(exchange.url), clock)
        self.market = BinanceMarket(self.connection)
        self.trader = SpotTrader(self.connection, self.connection.client(CREDENTIALS))

    async def control(self, name, verb="POST", /, **body):
        url = f"{self.exchange.url}/sandbox/{name}"
        async with self.session.request(verb, url, json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def price(self, value):
        await self.control("price", symbol=SYMBOL, price=str(value))

    async def fault(self, what, path="", method="", **more):
        await self.control("faults", what=what, path=path, method=method, **more)

    async def requests(self, path):
        state = await self.control("state", "GET")
        return [entry for entry in state["requests"] if entry["path"] == path]

    async def venue(self):
        rules = (await self.market.rules(Market.SPOT))[SYMBOL]
        return Venue("spot", self.trader, rules, self.clock, self.price)

    async def close(self):
        await self.trader.close()
        await self.connection.close()


@asynccontextmanager
async def running(**options):
    """A lab at 50,000 USDT for a BTC, whose exchange stands still unless options say otherwise."""
    clock = LabClock()
    settings = {
        "speed": 0.0, "start_ms": clock.now_ms(), "symbols": (SYMBOL,),
        "accounts": (DemoAccount(KEY, SECRET, MONEY),),
    }  # fmt: skip
    exchange = LocalExchange(ExchangeOptions(**settings | options))
    await exchange.start()
    try:
        async with aiohttp.ClientSession(trust_env=False) as session:
            lab = Lab(exchange, session, clock)
            await lab.price(50_000)
            try:
                yield lab
            finally:
                await lab.close()
    finally:
        await exchange.stop()


PAPER_RULES = SymbolRules(
    Market.SPOT, SYMBOL, "BTC", "USDT", "TRADING", TICK, TICK, Decimal(1_000_000),
    Decimal("0.00001"), Decimal("0.00001"), Decimal(9000), Decimal(0), Decimal(0), Decimal(129),
    Decimal(5), Decimal(9_000_000),
)  # fmt: skip


def paper_venue(money=None, resting=()):
    """A paper venue at the same price; its trader is to be closed by the test."""
    clock = LabClock()
    prices = LabPrices(clock)
    prices.say(50_000)
    books = PaperBooks(Market.SPOT, PAPER_RULES, dict(money or MONEY), tuple(resting))
    trader = PaperTrader(books, prices, clock)

    async def move(value):
        prices.say(value)

    venue = Venue("paper", trader, PAPER_RULES, clock, move)
    venue.prices = prices
    return venue


async def reports(events, count):
    """The next ``count`` order reports that end something, by client id."""
    found = {}
    async with asyncio.timeout(SOON):
        while len(found) < count:
            event = await anext(events)
            if isinstance(event, OrderReport) and event.event.value != "accept":
                found[event.client_id] = event
    return found
