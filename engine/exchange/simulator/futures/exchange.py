"""The futures exchange as the world holds it: book, listen keys and market streams in step."""

from collections.abc import Mapping
from decimal import Decimal

from engine.exchange.simulator.clock import VirtualClock
from engine.exchange.simulator.fates import Fates
from engine.exchange.simulator.futures.book import FuturesBook
from engine.exchange.simulator.futures.keys import UserStreams
from engine.exchange.simulator.futures.model import ZERO
from engine.exchange.simulator.futures.streams import FuturesStreams, MarketDoor, UserDoor
from engine.exchange.simulator.hub import Sender, Streams
from engine.exchange.simulator.market import Market
from engine.exchange.simulator.orders import Account
from engine.exchange.simulator.tape import Kind, Point, from_units


class Futures:
    """USD-M futures on the prices of the spot market."""

    def __init__(
        self, market: Market, clock: VirtualClock, sender: Sender, fates: Fates
    ) -> None:  # fmt: skip
        self.users = UserStreams(clock, sender)
        self.book = FuturesBook(market, self.users.tell, clock.now, fates)
        self.streams = FuturesStreams(market, sender, self.book)
        self._now = clock.now

    def fund(self, owner: Account, wallet: Mapping[str, Decimal]) -> None:
        """Bring wallet balances to the amounts given, by deposits."""
        account = self.book.account(owner)
        for asset, wanted in wallet.items():
            missing = Decimal(wanted) - account.wallet.get(asset, ZERO)
            if missing:
                self.book.move_money(account, asset, missing, "DEPOSIT", self._now())

    def door(self, category: str, events: frozenset[str]) -> Streams:
        """Streams behind a category: public, market, private (``events`` only), or none."""
        if category == "private":
            return UserDoor(self.users, events)
        return MarketDoor(self.streams, public=category != "market")

    def point(self, symbol: str, point: Point) -> None:
        """Let a price point happen, and whatever time brings until then."""
        self.elapse(point.at)
        if point.kind is not Kind.CLOSED:
            jump = point.kind is Kind.JUMP
            self.book.moved(symbol, from_units(point.price), point.at, jump=jump)
        if symbol in self.book.floor.contracts:
            self.streams.point(symbol, point)

    def touched(self, symbol: str, price: Decimal, at: int) -> None:
        """A price was set from outside."""
        self.book.moved(symbol, price, at, jump=True)
        if symbol in self.book.floor.contracts:
            self.streams.touch(symbol, at)

    def elapse(self, now: int) -> None:
        """Carry out what virtual time brings."""
        self.book.elapse(now)
        self.users.elapse(now)
