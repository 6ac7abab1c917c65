"""Trading on one account: the narrow door through which orders leave."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from engine.core.market import SymbolRules
from engine.core.order import Fill, Order, OrderReport
from engine.ports.account import Balance


@dataclass(frozen=True, slots=True)
class BalanceEvent:
    """Assets whose balance changed."""

    balances: dict[str, Balance]


AccountEvent = OrderReport | BalanceEvent


class Trader(Protocol):
    """One account's orders.

    Every sending call raises exactly one of ``NotSent``, ``Refused``, ``KeyRefused``,
    ``RateLimited``, ``Overloaded``, ``ClockOff``, ``AlreadySent``, ``OutcomeUnknown`` (and
    ``OrderGone`` for a cancel); reads raise ``Unavailable``, ``RateLimited`` or ``KeyRefused``.
    """

    async def place(self, order: Order, rules: SymbolRules) -> OrderReport:
        """Send a single order, signed with its ``signed_at``."""
        ...

    async def place_oco(
        self, target: Order, stop: Order, rules: SymbolRules
    ) -> tuple[OrderReport, OrderReport]:
        """Send both legs as one OCO list; reports in the order target, stop."""
        ...

    async def cancel(self, order: Order) -> list[OrderReport]:
        """Cancel an order and with it its list; reports of all orders it ended."""
        ...

    async def look_up(self, order: Order) -> OrderReport:
        """What became of it, with its fills; raises ``OrderGone`` when the exchange has none."""
        ...

    async def open_orders(self, symbol: str) -> list[OrderReport]:
        """All open orders of the symbol, foreign ones too."""
        ...

    async def fills(self, order: Order) -> list[Fill]:
        """Every trade of the order."""
        ...

    async def balances(self) -> dict[str, Balance]:
        """Balances by asset, zero ones left out."""
        ...

    def events(self) -> AbstractAsyncContextManager[AsyncIterator[AccountEvent]]:
        """The account's own stream, connected and subscribed on entering.

        Iterating ends, or raises ``Unavailable``, when the stream is lost or fell silent; the
        owner opens a new one and reconciles.
        """
        ...


class Brokerage(Protocol):
    """Opens accounts by name (``paper:<bot>``, ``key:<key>``)."""

    async def trader(self, account: str) -> Trader:
        """The account's trader, opened once and kept; raises ``NotFound`` or ``KeyRefused``."""
        ...

    async def forget(self, account: str) -> None:
        """Close and drop it, so that a changed key is read again."""
        ...
