"""Scene: what the guarding of a position looks at, and the steps that it may ask for."""

from dataclasses import dataclass
from decimal import Decimal

from engine.core.market import SymbolRules
from engine.core.order import Leg, Order
from engine.core.position import ExitReason, Position


@dataclass(frozen=True, slots=True)
class PlanOrders:
    """Write these PLANNED orders: one close, or the two legs of an OCO."""

    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Ask the exchange to cancel this order (and with it its list)."""

    order: Order


@dataclass(frozen=True, slots=True)
class AskClose:
    """Mark the position for closing at market, with this reason."""

    reason: ExitReason


@dataclass(frozen=True, slots=True)
class CloseBooks:
    """Nothing sellable is held and nothing can fill any more."""


@dataclass(frozen=True, slots=True)
class StartNakedClock:
    """The position is not fully covered from now on."""


@dataclass(frozen=True, slots=True)
class Covered:
    """Its whole sellable amount is covered by a live stop."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """The engine cannot protect or close it: tell the user; ``problem`` is a text key."""

    problem: str


Step = PlanOrders | CancelOrder | AskClose | CloseBooks | StartNakedClock | Covered | Alarm


@dataclass(frozen=True, slots=True)
class Scene:
    """What ``protect`` looks at. ``orders``: every order of the position's decision, any state.

    ``price`` is what a seller gets now (None when unknown); ``now`` market ms, of which ``rate``
    pass in a real one.
    """

    position: Position
    orders: tuple[Order, ...]
    rules: SymbolRules
    price: Decimal | None
    now: int
    install: str
    rate: float = 1.0

    def real_ms_since(self, at: int) -> float:
        """Real milliseconds since the market instant ``at``."""
        return (self.now - at) / self.rate

    def attempts(self, leg: Leg) -> int:
        """How many orders of a leg there were."""
        return sum(1 for order in self.orders if order.leg is leg)
