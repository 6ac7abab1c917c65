"""What all parts of the futures exchange share: contracts, prices, accounts, orders, events."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from engine.exchange.simulator.fates import Fates
from engine.exchange.simulator.futures.contracts import Contract
from engine.exchange.simulator.futures.events import FuturesEvents
from engine.exchange.simulator.futures.margin import Figures, figures
from engine.exchange.simulator.futures.model import FuturesAccount
from engine.exchange.simulator.futures.shelf import Shelf


@dataclass(slots=True)
class Floor:
    """Shared state; ``quote`` gives (bid, ask), ``last`` the last price.

    Mark and index price are the last price. ``fates`` may limit fills or let one go wrong.
    """

    contracts: dict[str, Contract]
    quote: Callable[[str], tuple[Decimal, Decimal]]
    last: Callable[[str], Decimal]
    events: FuturesEvents
    fates: Fates
    shelf: Shelf = field(default_factory=Shelf)
    accounts: dict[str, FuturesAccount] = field(default_factory=dict)

    def mark(self, symbol: str) -> Decimal:
        """Mark price."""
        return self.last(symbol)

    def figures(self, account: FuturesAccount) -> Figures:
        """Money of an account at this moment."""
        return figures(account, self.contracts, self.mark, self.shelf.live(account))
