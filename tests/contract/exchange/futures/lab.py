"""The local futures exchange over the wire: a trader, a hand on the price, and a user's hands."""

import asyncio
import itertools
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

from engine.core.market import Market, Side
from engine.core.order import Leg, Order, OrderKind, OrderReport
from engine.exchange.binance.futures import FuturesTrader
from engine.exchange.binance.futures_stream import FuturesStreams
from engine.exchange.simulator.server import DemoAccount
from tests.contract.exchange.lab import CREDENTIALS, KEY, MONEY, SECRET, SOON, SYMBOL, running

MARGIN = {"USDT": Decimal(10_000)}
STREAM_SILENCE = 0.3


class FuturesVenue:
    """A futures trader on the local exchange."""

    def __init__(self, lab, rules):
        self.lab = lab
        self.rules = rules
        self.streams = FuturesStreams(lab.connection, silence=STREAM_SILENCE)
        self.hand = lab.connection.client(CREDENTIALS)
        self.trader = self.another()
        self.books = self.trader.futures
        self._number = itertools.count(1)

    def another(self):
        client = self.lab.connection.client(CREDENTIALS)
        return FuturesTrader(self.lab.connection, client, self.streams)

    def order(self, leg=Leg.ENTRY, side=Side.BUY, kind=OrderKind.MARKET, quantity="0.02", **more):
        number = next(self._number)
        now = self.lab.clock.now_ms()
        order = Order(
            number, f"sk1-1-{number}-{leg.value}0", 1, 1, "futures:1", Market.FUTURES, SYMBOL,
            side, kind, leg, Decimal(quantity), now, signed_at=now,
        )  # fmt: skip
        return replace(order, **more)

    def stop(self, price="49000", side=Side.SELL, **more):
        return self.order(
            Leg.STOP, side, OrderKind.STOP, stop_price=Decimal(price), close_position=True, **more
        )

    def target(self, price="51000", side=Side.SELL, **more):
        return self.order(
            Leg.TARGET, side, OrderKind.TAKE_PROFIT, stop_price=Decimal(price), **more
        )

    async def place(self, order):
        return await self.trader.place(order, self.rules)

    async def enter(self, **more):
        await self.books.prepare(SYMBOL, 5)
        order = self.order(**more)
        await self.place(order)
        return order

    async def held(self):
        position = (await self.books.positions()).get(SYMBOL)
        return position.quantity if position else Decimal(0)

    async def act(self, act, **body):
        return await self.lab.control("futures", act=act, key=KEY, **body)

    async def by_hand(self, side, quantity, **more):
        """The account's owner trades in the exchange's app."""
        return await self.lab.connection.send(
            lambda: self.hand.futures_create_order(
                symbol=SYMBOL, side=side, type="MARKET", quantity=quantity, **more
            ),
            ask=self.trader._desk.ask(0, orders=1),
        )

    async def close(self):
        await self.trader.close()
        await self.hand.close()


@asynccontextmanager
async def futures_venue(**options):
    """Like ``running``, with a futures wallet; closes what it opened."""
    account = DemoAccount(KEY, SECRET, MONEY, futures=MARGIN)
    async with running(**{"accounts": (account,)} | options) as lab:
        rules = (await lab.market.rules(Market.FUTURES))[SYMBOL]
        venue = FuturesVenue(lab, rules)
        try:
            yield venue
        finally:
            await venue.close()


async def heard(events, fits):
    """The next event for which ``fits`` holds."""
    async with asyncio.timeout(SOON):
        async for event in events:
            if fits(event):
                return event
    raise AssertionError("the stream ended")


def spied(monkeypatch, owner, name, fits=lambda *args: True):
    """An event that is set once a method that fits was carried out."""
    done, method = asyncio.Event(), getattr(owner, name)

    async def spy(self, *args, **more):
        result = await method(self, *args, **more)
        if fits(*args):
            done.set()
        return result

    monkeypatch.setattr(owner, name, spy)
    return done


def tells(order, event):
    """Whether an event is a report of this kind about the order."""
    return lambda heard: (
        isinstance(heard, OrderReport)
        and heard.client_id == order.client_id
        and heard.event is event
    )
