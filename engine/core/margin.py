"""Margin: the net position of a one-way futures account, and where it is liquidated."""

from dataclasses import dataclass
from decimal import Decimal

from engine.core.market import Side
from engine.core.money import ZERO

FUTURES_FEES = Decimal("0.001")
"""Share of the notional that entry and exit cost at most: two taker commissions of 0.05 %."""
ASSUMED_MAINTENANCE = Decimal("0.01")
"""Maintenance share of the value where the exchange has not told a symbol's own: rather more than
the first brackets ask for."""


@dataclass(frozen=True, slots=True)
class Net:
    """What is held in base asset (negative: short) at its average ``entry`` price."""

    quantity: Decimal = ZERO
    entry: Decimal = ZERO

    @property
    def long(self) -> bool:
        """Direction of what is held."""
        return self.quantity > ZERO

    @property
    def exit(self) -> Side:
        """Side of the orders that reduce it."""
        return Side.SELL if self.long else Side.BUY

    def margin(self, leverage: int) -> Decimal:
        """Isolated margin in quote asset: the share of the cost that is the owner's."""
        return abs(self.quantity) * self.entry / leverage

    def after(self, side: Side, quantity: Decimal, price: Decimal) -> "Net":
        """The net position after an execution; what is reduced keeps its entry price."""
        change = quantity if side is Side.BUY else -quantity
        total = self.quantity + change
        if not total:
            return Net()
        if self.quantity * change >= ZERO:
            cost = abs(self.quantity) * self.entry + quantity * price
            return Net(total, cost / abs(total))
        turned = total * self.quantity < ZERO
        return Net(total, price if turned else self.entry)


def liquidation_price(
    entry: Decimal, leverage: int, maintenance: Decimal, *, long: bool
) -> Decimal:
    """Price at which an isolated position is liquidated.

    There the margin, entry / leverage, less the loss is the maintenance share of the value
    (USD-M, isolated, first bracket).
    """
    share = Decimal(1) / leverage
    if long:
        return entry * (1 - share) / (1 - maintenance)
    return entry * (1 + share) / (1 + maintenance)


def bankruptcy_price(entry: Decimal, leverage: int, *, long: bool) -> Decimal:
    """Price at which the loss has used up the whole isolated margin; nothing is lost beyond."""
    share = Decimal(1) / leverage
    return entry * (1 - share) if long else entry * (1 + share)
