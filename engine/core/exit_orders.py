"""Exit orders: the close and the pair of stop and target that a position may need."""

from dataclasses import replace
from decimal import Decimal

from engine.core.client_id import client_order_id, list_client_id
from engine.core.money import floor_to_step
from engine.core.order import Leg, Order, OrderKind
from engine.core.scene import Scene

# A stop that must carry a limit price gets this much room below its trigger.
STOP_LIMIT_ROOM = Decimal("0.02")


def oco_orders(scene: Scene, quantity: Decimal) -> tuple[Order, Order]:
    """The next pair of target and stop for ``quantity``, as one list."""
    attempt = scene.attempts(Leg.STOP) + 1
    position, rules = scene.position, scene.rules
    target = exit_order(scene, Leg.TARGET, OrderKind.LIMIT, quantity, attempt)
    stop_kind = OrderKind.STOP if "STOP_LOSS" in rules.order_types else OrderKind.STOP_LIMIT
    stop = exit_order(scene, Leg.STOP, stop_kind, quantity, attempt)
    both = list_client_id(target.client_id)
    limit = None
    if stop_kind is OrderKind.STOP_LIMIT:
        limit = floor_to_step(position.stop_price * (1 - STOP_LIMIT_ROOM), rules.tick_size)
    return (
        replace(target, list_id=both, price=position.target_price),
        replace(stop, list_id=both, stop_price=position.stop_price, price=limit),
    )


def exit_order(scene: Scene, leg: Leg, kind: OrderKind, quantity: Decimal, attempt: int) -> Order:
    """A PLANNED order that reduces the position."""
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
