"""Protect: what a position's orders need next, so that it is covered, closed or done.

One pure function looks at a position and all orders of its decision and names the next steps.
It is asked again after every booking and every minute, so it converges from whatever state a
crash, a refusal or the exchange left behind: starting up and recovering are the same path.
How the two markets cover a position stands in ``cover_spot`` and ``cover_futures``.
"""

from dataclasses import replace
from decimal import Decimal

from engine.core import cover_futures, cover_spot
from engine.core.exit_orders import exit_order
from engine.core.ladder import (
    MAX_ATTEMPTS,
    barren,
    clock,
    must_pause,
    overdue,
    past_its_levels,
)
from engine.core.money import ZERO
from engine.core.order import Leg, Order, OrderKind, OrderState
from engine.core.position import ExitReason, PositionState
from engine.core.scene import (
    STANDING,
    UNANSWERED,
    Alarm,
    AskClose,
    CancelOrder,
    CloseBooks,
    PlanOrders,
    Scene,
    Step,
    covering,
)


def protect(scene: Scene) -> list[Step]:
    """The next steps for a position, empty when it only has to wait."""
    position = scene.position
    if position.state is PositionState.CLOSED:
        return _after_the_end(scene)
    if _blocked(scene):
        return overdue(scene) if scene.futures else clock(scene)
    if _unread(scene):
        return _while_unread(scene)
    if not scene.entry_may_fill and scene.wanted <= ZERO:
        return [CloseBooks()]
    if position.state is PositionState.CLOSING:
        return _close(scene)
    if not position.guarded:
        return [CancelOrder(order) for order in scene.standing_exits()]
    if position.watches_target and past_its_levels(scene) is ExitReason.TAKE_PROFIT:
        return [AskClose(ExitReason.TAKE_PROFIT)]
    return cover_futures.cover(scene) if scene.futures else cover_spot.cover(scene)


def cover_of(orders: tuple[Order, ...]) -> Decimal:
    """Base quantity that live stops would close; unbounded for one on the whole position."""
    return covering(o for o in orders if o.leg is Leg.STOP and o.state in STANDING)


def _unread(scene: Scene) -> bool:
    """Whether the exchange reports fills that we have not read: nobody knows what is held."""
    return any(order.filled_qty > order.booked_qty for order in scene.orders)


def _while_unread(scene: Scene) -> list[Step]:
    """No exit is placed on a guess, but the naked limit holds all the same.

    Past it, what is held for certain is closed, and the rest once its fills have been read.
    """
    if _certain(scene) <= ZERO:
        return clock(scene)
    return _close(scene) if scene.position.state is PositionState.CLOSING else overdue(scene)


def _certain(scene: Scene) -> Decimal:
    """What can be closed of that which no exit has sold, as far as exits are reported."""
    sold = sum((o.filled_qty - o.booked_qty for o in scene.orders if o.leg.exit), start=ZERO)
    rest = replace(scene.position, gone_qty=scene.position.gone_qty + sold)
    return rest.closable(scene.rules, scene.likely_price)


def _blocked(scene: Scene) -> bool:
    """Whether an answer is due that decides what may be done next.

    On spot an exit may have set the coins aside: no other one can be placed until its fate is
    known. On futures nothing is set aside and nothing can be reduced twice, so only a close under
    way, or an entry being cancelled, is waited for.
    """
    return any(_decisive(scene, order) for order in scene.orders)


def _decisive(scene: Scene, order: Order) -> bool:
    if not scene.futures:
        waiting = order.leg.exit and order.state in UNANSWERED
        return waiting or order.state is OrderState.CANCELLING
    if order.leg is Leg.ENTRY:
        return order.state is OrderState.CANCELLING
    return order.leg is Leg.CLOSE and order.state in UNANSWERED


def _after_the_end(scene: Scene) -> list[Step]:
    """The sister of a filled OCO leg dies by itself; what still stands then is removed.

    Coins that a late fill brought, or sold too many, are nothing the engine may guess about. A
    stop on the whole position may close more than ours: what its owner added by hand.
    """
    position = scene.position
    whole = any(order.close_position and order.booked_qty for order in scene.orders)
    oversold = position.exit_qty > position.entry_qty and not whole
    resting = scene.standing_exits()
    steps: list[Step] = (
        [CancelOrder(order) for order in resting]
        if scene.futures
        else cover_spot.resize(scene, resting)
    )
    if oversold or position.closable(scene.rules, scene.likely_price) > ZERO:
        steps.append(Alarm("alarm.late_fill"))
    return steps


def _close(scene: Scene) -> list[Step]:
    """Free the coins first, then sell them at market; what is too small to sell is dust.

    A reduce-only close needs nothing freed: it is sent at once, and the exits go afterwards.
    """
    entry = next((o for o in scene.orders if o.leg is Leg.ENTRY and not o.state.final), None)
    if entry is not None:
        # A market entry settles by itself; a cancel under way is waited for in _blocked.
        return [CancelOrder(entry)] if entry.state in STANDING else []
    resting = [] if scene.futures else scene.standing_exits()
    if resting:
        return [CancelOrder(order) for order in resting]
    quantity = _certain(scene)
    if quantity <= ZERO:
        return [CloseBooks()]
    failures = barren(scene, Leg.CLOSE)
    told: list[Step] = [Alarm("alarm.close_refused")] if len(failures) >= MAX_ATTEMPTS else []
    if must_pause(scene, failures):
        return told
    attempt = scene.attempts(Leg.CLOSE) + 1
    order = exit_order(scene, Leg.CLOSE, OrderKind.MARKET, quantity, attempt)
    return [*told, PlanOrders((order,))]
