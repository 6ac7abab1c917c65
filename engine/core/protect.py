"""Protect: what a position's orders need next, so that it is covered, closed or done.

One pure function looks at a position and all orders of its decision and names the next steps.
It is asked again after every booking and every minute, so it converges from whatever state a
crash, a refusal or the exchange left behind: starting up and recovering are the same path.
"""

from decimal import Decimal

from engine.core.exit_orders import exit_order, oco_orders
from engine.core.money import ZERO
from engine.core.order import Leg, Order, OrderKind, OrderState
from engine.core.position import ExitReason, PositionSide, PositionState
from engine.core.scene import (
    Alarm,
    AskClose,
    CancelOrder,
    CloseBooks,
    Covered,
    PlanOrders,
    Scene,
    StartNakedClock,
    Step,
)

# The two limits below count real time: they are about answers, which a demo's clock cannot hasten.
# After so long without full cover the position is closed at market.
NAKED_LIMIT_MS = 5_000
# How long a partly filled target may stand without its stop before it makes room for a new pair.
PARTIAL_GRACE_MS = 2_000
# After so many refused stops in a row the position is closed;
# after so many closes without a fill its user is told, and closing goes on ever more slowly.
MAX_ATTEMPTS = 3
_FIRST_PAUSE_MS = 1_000
_LONGEST_PAUSE_MS = 300_000


def protect(scene: Scene) -> list[Step]:
    """The next steps for a position, empty when it only has to wait."""
    position = scene.position
    if position.state is PositionState.CLOSED:
        return _after_the_end(scene)
    if any(_in_motion(order) for order in scene.orders):
        return _clock(scene)
    if _flat(scene):
        return [CloseBooks()]
    if position.state is PositionState.CLOSING:
        return _close(scene)
    if not position.guarded:
        return [CancelOrder(order) for order in _cancellable(scene)]
    return _cover(scene)


def _after_the_end(scene: Scene) -> list[Step]:
    """The sister of a filled leg dies by itself; what still stands after a grace is removed.

    Coins that a late fill brought, or sold too many, are nothing the engine may guess about.
    """
    held = scene.position.held
    steps: list[Step] = _resize(scene, _cancellable(scene))
    price = scene.price if scene.price is not None else scene.position.entry_price
    if held < ZERO or scene.position.closable(scene.rules, price) > ZERO:
        steps.append(Alarm("alarm.late_fill"))
    return steps


def cover_of(orders: tuple[Order, ...]) -> Decimal:
    """Base quantity that live stops would sell."""
    standing = {OrderState.OPEN, OrderState.PART_FILLED}
    return sum(
        (o.open_qty for o in orders if o.leg is Leg.STOP and o.state in standing), start=ZERO
    )


def _in_motion(order: Order) -> bool:
    """Whether an answer is due first.

    That is a planned or unanswered exit, a cancel under way, or fills that the exchange reports
    and we have not read yet: until then nobody knows what is held.
    """
    if order.state is OrderState.CANCELLING or order.filled_qty > order.booked_qty:
        return True
    waiting = {OrderState.PLANNED, OrderState.SENT, OrderState.UNKNOWN}
    return order.leg.exit and order.state in waiting


def _entry_may_fill(scene: Scene) -> bool:
    return any(o.leg is Leg.ENTRY and not o.state.final for o in scene.orders)


def _cancellable(scene: Scene) -> list[Order]:
    """One order per list: cancelling a leg cancels all of it (Spot API, "Cancel Order list")."""
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
    barren = _barren(scene, Leg.CLOSE)
    told: list[Step] = [Alarm("alarm.close_refused")] if len(barren) >= MAX_ATTEMPTS else []
    if barren and scene.real_ms_since(barren[-1].updated_at) < _pause_after(len(barren)):
        return told
    attempt = scene.attempts(Leg.CLOSE) + 1
    order = exit_order(scene, Leg.CLOSE, OrderKind.MARKET, quantity, attempt)
    return [*told, PlanOrders((order,))]


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
    if _naked_too_long(scene) or len(_barren(scene, Leg.STOP)) >= MAX_ATTEMPTS:
        return [AskClose(ExitReason.UNPROTECTED)]
    return [*clock, PlanOrders(oco_orders(scene, quantity))]


def _resize(scene: Scene, resting: list[Order]) -> list[Step]:
    """Exits stand that cover too little or nothing: after a short grace they are removed."""
    youngest = max((order.updated_at for order in scene.orders), default=0)
    if scene.real_ms_since(youngest) < PARTIAL_GRACE_MS:
        return []
    return [CancelOrder(order) for order in resting]


def _clock(scene: Scene) -> list[Step]:
    if not scene.position.guarded:
        return []
    covered = cover_of(scene.orders) >= scene.position.sellable(scene.rules)
    if covered or scene.position.naked_since is not None:
        return []
    return [StartNakedClock()]


def _naked_too_long(scene: Scene) -> bool:
    """Past the naked limit, and it has been tried: the first attempt is always made."""
    since = scene.position.naked_since
    tried = scene.attempts(Leg.STOP) > 0
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


def _barren(scene: Scene, leg: Leg) -> list[Order]:
    """The latest orders of a leg in a row that ended refused, or at market without any fill."""
    found: list[Order] = []
    for order in reversed([o for o in scene.orders if o.leg is leg]):
        dead_close = leg is Leg.CLOSE and order.state.final and not order.filled_qty
        if order.state is not OrderState.REJECTED and not dead_close:
            break
        found.insert(0, order)
    return found


def _pause_after(failures: int) -> int:
    """Real milliseconds to wait after so many failures in a row."""
    return int(min(_FIRST_PAUSE_MS * 2 ** (failures - 1), _LONGEST_PAUSE_MS))
