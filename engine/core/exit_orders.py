"""Exit orders: the close and the stops and targets that a position may need."""

from dataclasses import replace
from decimal import Decimal

from engine.core.client_id import client_order_id, list_client_id
from engine.core.ladder import stop_reason
from engine.core.money import floor_to_step
from engine.core.order import Leg, Order, OrderKind
from engine.core.position import ExitReason
from engine.core.scene import Scene

# A stop that must carry a limit price gets this much room below its trigger.
STOP_LIMIT_ROOM = Decimal("0.02")


def oco_orders(scene: Scene, quantity: Decimal) -> tuple[Order, Order]:
    """The next pair of target and stop for ``quantity``, as one list."""
    attempt = scene.attempts(Leg.STOP) + 1
    target = exit_order(
        scene, Leg.TARGET, OrderKind.LIMIT, quantity, attempt, reason=ExitReason.TAKE_PROFIT
    )
    both = list_client_id(target.client_id)
    return (
        replace(target, list_id=both, price=scene.position.target_price),
        replace(stop_order(scene, quantity), list_id=both),
    )


def stop_order(scene: Scene, quantity: Decimal, *, whole: bool = False) -> Order:
    """The next stop at the position's stop price; ``whole``: it closes whatever is held."""
    market_stop = scene.futures or "STOP_LOSS" in scene.rules.order_types
    stop = exit_order(
        scene,
        Leg.STOP,
        OrderKind.STOP if market_stop else OrderKind.STOP_LIMIT,
        quantity,
        scene.attempts(Leg.STOP) + 1,
        level=scene.position.stop_price,
        reason=stop_reason(scene),
    )
    if market_stop:
        return replace(stop, close_position=whole)
    limit = scene.position.stop_price * (1 - STOP_LIMIT_ROOM)
    return replace(stop, price=floor_to_step(limit, scene.rules.tick_size))


def exit_order(
    scene: Scene,
    leg: Leg,
    kind: OrderKind,
    quantity: Decimal,
    attempt: int,
    *,
    level: Decimal | None = None,
    reason: ExitReason | None = None,
) -> Order:
    """A PLANNED order that reduces the position, triggered at ``level`` if given.

    Without ``reason`` it is the one for which the position is being closed.
    """
    position = scene.position
    known = reason or position.close_reason
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
        stop_price=level,
        reason=known.value if known else "",
    )
