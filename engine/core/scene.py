"""Scene: what the guarding of a position looks at, and the steps that it may ask for."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from engine.core.market import Market, SymbolRules
from engine.core.money import ZERO
from engine.core.order import Leg, Order, OrderState
from engine.core.position import ExitReason, Position, PositionSide

STANDING = frozenset({OrderState.OPEN, OrderState.PART_FILLED})
# An answer is due: until then nobody knows whether the order exists.
UNANSWERED = frozenset({OrderState.PLANNED, OrderState.SENT, OrderState.UNKNOWN})


class ExitChange(StrEnum):
    """The rungs of the ladder by which an exit that the exchange refuses is replaced."""

    STOP_CLAMPED = "stop_clamped"
    TARGET_WATCHED = "target_watched"
    STOP_WATCHED = "stop_watched"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class PlanOrders:
    """Write these PLANNED orders: a close, exits, or the two legs of an OCO."""

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
class ChangeExit:
    """Take a rung of the ladder because ``refused`` was refused, and tell the user.

    ``stop_price`` is where the stop moves to (STOP_CLAMPED alone).
    """

    change: ExitChange
    refused: Order
    stop_price: Decimal | None = None


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


Step = (
    PlanOrders
    | CancelOrder
    | AskClose
    | ChangeExit
    | CloseBooks
    | StartNakedClock
    | Covered
    | Alarm
)


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

    @property
    def long(self) -> bool:
        """Whether the position gains when the price rises."""
        return self.position.side is PositionSide.LONG

    @property
    def futures(self) -> bool:
        """Whether exits are reduce-only orders that need no coins set aside."""
        return self.position.market is Market.FUTURES

    @property
    def wanted(self) -> Decimal:
        """What must be covered."""
        return self.position.sellable(self.rules)

    @property
    def likely_price(self) -> Decimal:
        """The price now or, when it is unknown, the entry's."""
        return self.price if self.price is not None else self.position.entry_price

    @property
    def entry_may_fill(self) -> bool:
        """Whether an entry order of the position is not over."""
        return any(o.leg is Leg.ENTRY and not o.state.final for o in self.orders)

    def real_ms_since(self, at: int) -> float:
        """Real milliseconds since the market instant ``at``."""
        return (self.now - at) / self.rate

    def of_leg(self, leg: Leg, states: frozenset[OrderState] | None = None) -> list[Order]:
        """Orders of a leg, oldest first; those in ``states`` alone when given."""
        mine = [order for order in self.orders if order.leg is leg]
        return mine if states is None else [order for order in mine if order.state in states]

    def attempts(self, leg: Leg) -> int:
        """How many orders of a leg there were."""
        return len(self.of_leg(leg))

    def standing_exits(self) -> list[Order]:
        """Exits that rest at the exchange, one per list: a leg stands for both."""
        seen: dict[str, Order] = {}
        for order in self.orders:
            if order.leg.exit and order.state in STANDING:
                seen.setdefault(order.list_id or order.client_id, order)
        return list(seen.values())


def covering(stops: Iterable[Order]) -> Decimal:
    """Base quantity that these stops would close; one for the whole position has no bound."""
    total = ZERO
    for stop in stops:
        total += Decimal("Infinity") if stop.close_position else stop.open_qty
    return total
