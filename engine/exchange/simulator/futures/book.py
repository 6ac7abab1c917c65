"""The futures market as its users see it: orders placed, changed, cancelled, prices, time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from engine.exchange.simulator.errors import Refused, unknown_order
from engine.exchange.simulator.fates import Fates
from engine.exchange.simulator.futures.algos import Algos
from engine.exchange.simulator.futures.checks import check_order
from engine.exchange.simulator.futures.contracts import perpetuals
from engine.exchange.simulator.futures.events import FuturesEvents
from engine.exchange.simulator.futures.fills import Fills, end_algo
from engine.exchange.simulator.futures.floor import Floor
from engine.exchange.simulator.futures.model import TARGETS, AlgoOrder, FuturesAccount, Order, Wish
from engine.exchange.simulator.futures.risk import FUNDING_MS, Risk
from engine.exchange.simulator.market import Market
from engine.exchange.simulator.orders import Account, Status

DEFAULT_RATE = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Funding:
    """One funding of a symbol."""

    symbol: str
    rate: Decimal
    at: int
    mark: Decimal


class FuturesBook:
    """Engine of the futures exchange.

    ``tell`` receives user events, ``now`` is virtual time, ``fates`` what faults do to orders.
    """

    def __init__(
        self, market: Market, tell: Callable[[FuturesAccount, dict[str, Any]], None],
        now: Callable[[], int], fates: Fates,
    ) -> None:  # fmt: skip
        events = FuturesEvents(tell, now, market.last)
        self.floor = Floor(perpetuals(market.specs), market.quote, market.last, events, fates)
        self.now = now
        self.fills = Fills(self.floor)
        self.algos = Algos(self.floor, self.fills)
        self.risk = Risk(self.floor, self.fills)
        self.rates: dict[str, Decimal] = {}
        self.fundings: list[Funding] = []
        self.next_funding = (now() // FUNDING_MS + 1) * FUNDING_MS
        self._countdowns: dict[tuple[str, str], int] = {}

    def account(self, owner: Account) -> FuturesAccount:
        """Futures side of an account, opened when it is first asked for."""
        return self.floor.accounts.setdefault(owner.key, FuturesAccount(owner))

    def rate(self, symbol: str) -> Decimal:
        """Funding rate of a symbol."""
        return self.rates.get(symbol, DEFAULT_RATE)

    def place(self, account: FuturesAccount, wish: Wish, at: int) -> Order:
        """Take a regular order; what can trade at once does.

        Raises:
            Refused: a rule or the margin forbids it; nothing has changed.
        """
        check_order(self.floor, account, wish)
        order = self.floor.shelf.admit(account, wish, at)
        self.floor.events.order(order, "NEW")
        self.fills.arrived(order, at)
        if wish.reducing:
            self.fills.knock_out(account, wish, at)
        return order

    def modify(self, order: Order | None, quantity: Decimal, price: Decimal, at: int) -> Order:
        """Change quantity and price of a live LIMIT order.

        Raises:
            Refused: there is no such order, nothing would change, or a rule forbids it.
        """
        if order is None or not order.status.live:
            raise Refused(-2013, "Order does not exist.")
        if (quantity, price) == (order.quantity, order.price):
            raise Refused(-5027, "No need to modify the order.")
        if quantity <= order.executed:
            self.cancel(order, at)
            return order
        shelf = self.floor.shelf
        wish = replace(order.wish, quantity=quantity - order.executed, price=price, client_id="")
        shelf.retire(order)
        try:
            check_order(self.floor, order.account, wish)
        finally:
            shelf.restore(order)
        order.quantity, order.price, order.updated_at = quantity, price, at
        self.floor.events.order(order, "AMENDMENT")
        self.fills.arrived(order, at)
        return order

    def cancel(self, order: Order | None, at: int) -> Order:
        """Cancel a live order.

        Raises:
            Refused: it is not live.
        """
        if order is not None:
            self.fills.race(order, at)
        if order is None or not order.status.live:
            raise unknown_order()
        self.fills.end(order, Status.CANCELED, at)
        return order

    def cancel_all(self, account: FuturesAccount, symbol: str, at: int) -> None:
        """Cancel the regular orders of a symbol; conditional ones stay."""
        for order in self.floor.shelf.live(account, symbol):
            self.fills.race(order, at)
            if order.status.live:
                self.fills.end(order, Status.CANCELED, at)

    def countdown(self, account: FuturesAccount, symbol: str, due: int | None) -> None:
        """Cancel all orders of a symbol at ``due``; None ends the countdown."""
        self._countdowns.pop((account.key, symbol), None)
        if due is not None:
            self._countdowns[account.key, symbol] = due

    def moved(self, symbol: str, price: Decimal, at: int, *, jump: bool) -> None:
        """The market has jumped, or moved through everything between, to ``price``.

        Whatever the price reaches first happens first, liquidation included; of what it reaches
        at once, stops come first. Nothing trades unless the status is TRADING.
        """
        contract = self.floor.contracts.get(symbol)
        if contract is None or contract.status != "TRADING":
            return
        for found, fill in self._touched(symbol, price, jump=jump):
            self.risk.check(symbol, fill, at, jump=jump)
            if isinstance(found, AlgoOrder):
                self.algos.trigger(found, fill, at)
            elif found.status.live:
                self.fills.fill(found, fill, at, maker=True)
        self.risk.check(symbol, price, at, jump=jump)

    def elapse(self, now: int) -> None:
        """Carry out what virtual time brings: funding, good-till dates, countdowns."""
        while now >= self.next_funding:
            for symbol in self.floor.contracts:
                self.fund(symbol, self.rate(symbol), self.next_funding)
            self.next_funding += FUNDING_MS
        for dated in self.floor.shelf.take_due(now):
            if isinstance(dated, Order) and dated.status.live:
                self.fills.end(dated, Status.EXPIRED, now)
            elif isinstance(dated, AlgoOrder) and dated.waiting:
                end_algo(self.floor, dated, "EXPIRED", now)
        for (key, symbol), due in list(self._countdowns.items()):
            if due <= now:
                del self._countdowns[key, symbol]
                self.cancel_all(self.floor.accounts[key], symbol, now)

    def fund(self, symbol: str, rate: Decimal, at: int) -> None:
        """Let a funding happen."""
        self.fundings.append(Funding(symbol, rate, at, self.floor.mark(symbol)))
        self.risk.fund(symbol, rate, at)

    def move_money(
        self, account: FuturesAccount, asset: str, amount: Decimal, reason: str, at: int
    ) -> int:
        """Deposit or, with a negative amount, take away money; returns the transfer's id."""
        entry = self.floor.shelf.earn(account, "", "TRANSFER", amount, asset, at)
        self.floor.events.money(account, reason, at, {asset: amount})
        return entry.id

    def _touched(
        self, symbol: str, price: Decimal, *, jump: bool
    ) -> list[tuple[Order | AlgoOrder, Decimal]]:
        """What a move to ``price`` reaches and where, in the order in which it does."""
        hits: list[tuple[Order | AlgoOrder, Decimal]] = [
            *self.algos.touched(symbol, price, jump=jump),
            *self.fills.touched(symbol, price, jump=jump),
        ]

        def turn(hit: tuple[Order | AlgoOrder, Decimal]) -> tuple[Decimal, bool, int]:
            found, fill = hit
            stop = isinstance(found, AlgoOrder) and found.wish.kind not in TARGETS
            return -abs(price - fill), not stop, found.id

        return sorted(hits, key=turn)
