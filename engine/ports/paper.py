"""What a paper account remembers: nothing of its own, it is rebuilt from our rows."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from engine.core.market import Market, SymbolRules
from engine.core.money import ZERO
from engine.core.order import Order


@dataclass(frozen=True, slots=True)
class PaperBooks:
    """State of a paper account: free and locked coins come from capital, fills and ``resting``.

    ``balances`` are totals by asset (capital plus everything filled); ``resting`` are its orders
    that were accepted and are not final. On futures the totals are what was paid and received:
    the base asset is the net position, negative when short, whose average entry price is
    ``entry_price``.
    """

    market: Market
    rules: SymbolRules
    balances: dict[str, Decimal]
    resting: tuple[Order, ...]
    entry_price: Decimal = ZERO
    leverage: int = 1


class PaperLedger(Protocol):
    """Reads a paper account out of the books."""

    async def books(self, account: str) -> PaperBooks:
        """State of ``paper:<bot id>``; raises ``NotFound``."""
        ...
