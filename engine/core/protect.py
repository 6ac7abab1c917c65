"""Protect: what a position's orders need next, so that it is covered, closed or done.

One pure function looks at a position and all orders of its decision and names the next steps.
It is asked again after every booking and every minute, so it converges from whatever state a
crash, a refusal or the exchange left behind: starting up and recovering are the same path.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from engine.core.market import SymbolRules
from engine.core.money import ZERO, floor_to_step
from engine.core.order import (
    Leg,
    Order,
    OrderKind,
    OrderState,
    client_order_id,
    list_client_id,
)
from engine.core.position import ExitReason, Position, PositionSide, PositionState

# The two limits below count real time: they are about answers, which a demo's clock cannot hasten.
# After so long without full cover the position is closed at market (design, 6).
NAKED_LIMIT_MS = 5_000
# How long a partly filled target may stand without its stop before it makes room for a new pair.
PARTIAL_GRACE_MS = 2_000
# The same refusal is not asked for more often than this (reliability.md, invariant 27).
MAX_ATTEMPTS = 3
# A stop that must carry a limit price gets this much room below its trigger.
STOP_LIMIT_ROOM = Decimal("0.02")


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


def protect(scene: Scene) -> list[Step]:
    """The next steps for a position, empty when it only has to wait."""
    position = scene.position
    if position.state is PositionState.CLOSED:
        # The sister of a filled leg dies by itself; what still stands after a grace is removed.
        return _resize(scene, _cancellable(scene))
    if any(_in_motion(order) for order in scene.orders):
        return _clock(scene)
    if _flat(scene):
        return [CloseBooks()]
    if position.state is PositionState.CLOSING:
        return _close(scene)
    if not position.guarded:
        return [CancelOrder(order) for order in _cancellable(scene)]
    return _cover(scene)


def cover_of(orders: tuple[Order, ...]) -> Decimal:
    """Base quantity that live stops would sell."""
    standing = {OrderState.OPEN, OrderState.PART_FILLED}
    return sum(
        (o.open_qty for o in orders if o.leg is Leg.STOP and o.state in standing), start=ZERO
    )


def _in_motion(order: Order) -> bool:
    """Whether an answer is due first: a planned or unanswered exit, or a cancel under way."""
    if order.state is OrderState.CANCELLING:
        return True
    waiting = {OrderState.PLANNED, OrderState.SENT, OrderState.UNKNOWN}
    return order.leg.exit and order.state in waiting


def _entry_may_fill(scene: Scene) -> bool:
    return any(o.leg is Leg.ENTRY and not o.state.final for o in scene.orders)


def _cancellable(scene: Scene) -> list[Order]:
    """One order per list: cancelling a leg cancels the whole list (binance.md 2.2)."""
    seen: set[str] = set()
    found = []
    for order in scene.orders:
        if not order.leg.exit or order.state not in {OrderState.OPEN, OrderState.PART_FILLED}:
            continue
        key = order.list_id or order.client_id
        if key not in seen:
            seen.add(key)
            found.append(order)
    return found


def _flat(scene: Scene) -> bool:
    """Nothing an order could carry is held, and the entry cannot add to it."""
    return not _entry_may_fill(scene) and scene.position.sellable(scene.rules) <= ZERO


def _close(scene: Scene) -> list[Step]:
    """Free the coins first, then sell them at market; what is too small to sell is dust."""
    entry = next((o for o in scene.orders if o.leg is Leg.ENTRY and not o.state.final), None)
    if entry is not None:
        # A market entry settles by itself; a cancel under way is waited for in _in_motion.
        standing = entry.state in {OrderState.OPEN, OrderState.PART_FILLED}
        return [CancelOrder(entry)] if standing else []
    resting = _cancellable(scene)
    if resting:
        return [CancelOrder(order) for order in resting]
    price = scene.price if scene.price is not None else scene.position.entry_price
    quantity = scene.position.closable(scene.rules, price)
    if quantity <= ZERO:
        return [CloseBooks()]
    attempts = _attempts(scene, Leg.CLOSE)
    if _refusals(scene, Leg.CLOSE) >= MAX_ATTEMPTS:
        return [Alarm("alarm.close_refused")]
    order = _exit_order(scene, Leg.CLOSE, OrderKind.MARKET, quantity, attempts + 1)
    return [PlanOrders((order,))]


def _cover(scene: Scene) -> list[Step]:
    position = scene.position
    rules = scene.rules
    missing = position.sellable(rules) - cover_of(scene.orders)
    if missing <= ZERO:
        return [Covered()]
    clock = _clock(scene)
    resting = _cancellable(scene)
    if resting:
        return clock + _resize(scene, resting)
    past = _past_its_levels(scene)
    if past is not None:
        return [AskClose(past)]
    price = scene.price if scene.price is not None else position.entry_price
    quantity = position.closable(rules, min(price, position.stop_price))
    if quantity <= ZERO:
        # Too small for a stop order. While the entry may still fill, more will come.
        return clock if _entry_may_fill(scene) else [AskClose(ExitReason.UNPROTECTED)]
    if _naked_too_long(scene) or _refusals(scene, Leg.STOP) >= MAX_ATTEMPTS:
        return [AskClose(ExitReason.UNPROTECTED)]
    return [*clock, PlanOrders(_oco(scene, quantity))]


def _resize(scene: Scene, resting: list[Order]) -> list[Step]:
    """Exits stand that cover too little or nothing: after a short grace they are removed."""
    youngest = max((order.updated_at for order in scene.orders), default=0)
    if scene.real_ms_since(youngest) < PARTIAL_GRACE_MS:
        return []
    return [CancelOrder(order) for order in resting]


def _clock(scene: Scene) -> list[Step]:
    covered = cover_of(scene.orders) >= scene.position.sellable(scene.rules)
    if covered or scene.position.naked_since is not None:
        return []
    return [StartNakedClock()]


def _naked_too_long(scene: Scene) -> bool:
    """Past the naked limit, and it has been tried: the first attempt is always made."""
    since = scene.position.naked_since
    tried = _attempts(scene, Leg.STOP) > 0
    return tried and since is not None and scene.real_ms_since(since) > NAKED_LIMIT_MS


def _past_its_levels(scene: Scene) -> ExitReason | None:
    """Reason to close at once when the price is already beyond stop or target."""
    price, position = scene.price, scene.position
    if price is None:
        return None
    long = position.side is PositionSide.LONG
    if (price <= position.stop_price) if long else (price >= position.stop_price):
        return ExitReason.STOP_LOSS
    if (price >= position.target_price) if long else (price <= position.target_price):
        return ExitReason.TAKE_PROFIT
    return None


def _attempts(scene: Scene, leg: Leg) -> int:
    return sum(1 for order in scene.orders if order.leg is leg)


def _refusals(scene: Scene, leg: Leg) -> int:
    rejected = OrderState.REJECTED
    return sum(1 for order in scene.orders if order.leg is leg and order.state is rejected)


def _oco(scene: Scene, quantity: Decimal) -> tuple[Order, Order]:
    attempt = _attempts(scene, Leg.STOP) + 1
    position, rules = scene.position, scene.rules
    target = _exit_order(scene, Leg.TARGET, OrderKind.LIMIT, quantity, attempt)
    stop_kind = OrderKind.STOP if "STOP_LOSS" in rules.order_types else OrderKind.STOP_LIMIT
    stop = _exit_order(scene, Leg.STOP, stop_kind, quantity, attempt)
    both = list_client_id(target.client_id)
    limit = None
    if stop_kind is OrderKind.STOP_LIMIT:
        limit = floor_to_step(position.stop_price * (1 - STOP_LIMIT_ROOM), rules.tick_size)
    return (
        replace(target, list_id=both, price=position.target_price),
        replace(stop, list_id=both, stop_price=position.stop_price, price=limit),
    )


def _exit_order(scene: Scene, leg: Leg, kind: OrderKind, quantity: Decimal, attempt: int) -> Order:
    position = scene.position
    reason = position.close_reason.value if leg is Leg.CLOSE and position.close_reason else ""
    return Order(
        id=0,
        client_id=client_order_id(scene.install, position.bot_id, position.decision, leg, attempt),
        owner_id=position.owner_id,
        bot_id=position.bot_id,
        account=position.account,
        market=position.market,
        symbol=position.symbol,
        side=position.side.exit,
        kind=kind,
        leg=leg,
        quantity=quantity,
        created_at=scene.now,
        position_id=position.id,
        reason=reason,
    )
