"""Trading on one account: the narrow door through which orders leave."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from engine.core.checks import FuturesTerms
from engine.core.market import Side, SymbolRules
from engine.core.order import Fill, Order, OrderReport
from engine.core.position import ExitReason
from engine.core.trade import Funding
from engine.ports.account import Balance


@dataclass(frozen=True, slots=True)
class BalanceEvent:
    """Assets whose balance changed."""

    balances: dict[str, Balance]


@dataclass(frozen=True, slots=True)
class ForeignEvent:
    """Something moved on a symbol that no order of ours did: read it again.

    By hand, by the exchange (liquidation, ADL, settlement), or by a funding payment.
    """

    symbol: str


UNREAD = ForeignEvent("")
"""An event came that cannot be read: it may have told of a trade, on whatever symbol."""

AccountEvent = OrderReport | BalanceEvent | ForeignEvent


@dataclass(frozen=True, slots=True)
class VenuePosition:
    """A net futures position as the exchange has it; ``quantity`` is negative for a short."""

    symbol: str
    quantity: Decimal
    entry_price: Decimal
    liquidation_price: Decimal | None


@dataclass(frozen=True, slots=True)
class ForeignOrder:
    """An order of nobody of ours that traded: its executions, side and what it stands for.

    ``reason`` is LIQUIDATION, ADL or SETTLEMENT for orders that the exchange made, else EXTERNAL.
    """

    exchange_id: str
    symbol: str
    side: Side
    reason: ExitReason
    fills: tuple[Fill, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A transfer as the wallet's history has it; ``at`` in ms UTC; not ``done`` while pending."""

    exchange_id: str
    amount: Decimal
    at: int
    done: bool = True


class Wallets(Protocol):
    """Money between the two wallets of a key. All raise what reads raise, or what sending does."""

    async def spot_free(self, asset: str) -> Decimal:
        """Free in the spot wallet."""
        ...

    async def move_in(self, asset: str, amount: Decimal, signed_at: int) -> str:
        """Ask once for a transfer to the futures wallet; returns the exchange's number of it."""
        ...

    async def moved_in(self, asset: str, since: int) -> list[Moved]:
        """Such transfers since ``since`` (ms of our clock) that did not fail, newest first."""
        ...


class FuturesAccount(Protocol):
    """What only a futures account can say; ``Trader.futures`` is None on spot.

    ``wallets`` is None where there is only one wallet. All calls raise what reads raise;
    ``prepare`` what sending calls raise.
    """

    @property
    def wallets(self) -> Wallets | None: ...

    async def prepare(self, symbol: str, leverage: int) -> None:
        """One-way mode, isolated margin and leverage of a symbol; once done it is remembered."""
        ...

    async def terms(self, symbol: str) -> FuturesTerms:
        """Leverage and maintenance margin of the symbol's first brackets."""
        ...

    async def positions(self) -> dict[str, VenuePosition]:
        """Open net positions by symbol."""
        ...

    async def foreign_orders(self, symbol: str, since: int) -> list[ForeignOrder]:
        """Orders with executions since ``since`` (ms) that do not carry an id of ours."""
        ...

    async def funding(self, symbol: str, since: int) -> list[Funding]:
        """Funding payments since ``since`` (ms), oldest first."""
        ...

    async def clearance(self, symbol: str, since: int) -> list[Funding]:
        """What liquidations since ``since`` (ms) cost beside their commission, oldest first."""
        ...


class Trader(Protocol):
    """One account's orders.

    Every sending call raises exactly one of ``NotSent``, ``Refused``, ``KeyRefused``,
    ``RateLimited``, ``Overloaded``, ``ClockOff``, ``AlreadySent``, ``OutcomeUnknown`` (and
    ``OrderGone`` for a cancel); reads raise ``Unavailable``, ``RateLimited`` or ``KeyRefused``.
    """

    @property
    def futures(self) -> FuturesAccount | None:
        """The futures side of the account; None for a spot account."""
        ...

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
        """All open orders of the symbol, foreign and conditional ones too."""
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
    """Opens accounts by name (``paper:<bot>``, ``key:<key>``, ``futures:<key>``)."""

    async def trader(self, account: str) -> Trader:
        """The account's trader, opened once and kept; raises ``NotFound`` or ``KeyRefused``."""
        ...

    async def forget(self, account: str) -> None:
        """Close and drop it, so that a changed key is read again."""
        ...
