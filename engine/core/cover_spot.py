"""Cover on spot: an OCO of stop and target for all coins that can be sold.

The coins are set aside for the exits that stand, so a changed level or quantity means: cancel,
then place anew. The gap is kept as short as the two requests allow.
"""

from engine.core.exit_orders import oco_orders, stop_order
from engine.core.ladder import (
    after_refusals,
    clock,
    naked_too_long,
    past_its_levels,
    stop_to_watch,
    target_to_watch,
)
from engine.core.money import ZERO
from engine.core.order import Leg, Order
from engine.core.position import ExitReason
from engine.core.scene import (
    STANDING,
    AskClose,
    CancelOrder,
    Covered,
    PlanOrders,
    Scene,
    Step,
    covering,
)

# How long a partly filled target may stand without its stop before it makes room for a new pair.
PARTIAL_GRACE_MS = 2_000


def cover(scene: Scene) -> list[Step]:
    """Steps towards stops at the right level for everything that can be sold."""
    stops = scene.of_leg(Leg.STOP, STANDING)
    moved = [stop for stop in stops if stop.stop_price != scene.position.stop_price]
    if moved:
        return [CancelOrder(stop) for stop in moved]
    if covering(stops) >= scene.wanted:
        return [Covered()]
    resting = scene.standing_exits()
    if resting:
        return clock(scene) + resize(scene, resting)
    past = past_its_levels(scene)
    if past is not None:
        return [AskClose(past)]
    return _place(scene)


def resize(scene: Scene, resting: list[Order]) -> list[Step]:
    """Exits stand that cover too little or nothing: after a short grace they are removed.

    Fills that follow each other closely do not prolong it.
    """
    youngest = max((order.updated_at for order in scene.orders), default=0)
    since = scene.position.naked_since or youngest
    if scene.real_ms_since(since) < PARTIAL_GRACE_MS:
        return []
    return [CancelOrder(order) for order in resting]


def _place(scene: Scene) -> list[Step]:
    position = scene.position
    started = clock(scene)
    quantity = position.closable(scene.rules, min(scene.likely_price, position.stop_price))
    if quantity <= ZERO:
        # Too small for a stop order. While the entry may still fill, more will come.
        return started if scene.entry_may_fill else [AskClose(ExitReason.UNPROTECTED)]
    rung = target_to_watch(scene) or after_refusals(scene)
    if rung:
        return started + rung
    if naked_too_long(scene):
        return [AskClose(ExitReason.UNPROTECTED)]
    exits = (
        (stop_order(scene, quantity),) if position.watches_target else oco_orders(scene, quantity)
    )
    return [*started, *stop_to_watch(scene), PlanOrders(exits)]
