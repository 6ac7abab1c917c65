"""Cover on futures: a stop on the whole position and a reduce-only target.

Nothing is set aside for exits, so a stop is moved by placing the new one first. The first stop
closes whatever is held; the exchange takes one such per direction (USD-M API, -4130), so those
that follow it carry the quantity.
"""

from engine.core.exit_orders import exit_order, stop_order
from engine.core.ladder import (
    after_refusals,
    barren,
    clock,
    must_pause,
    naked_too_long,
    overdue,
    past_its_levels,
    stop_reason,
    stop_to_watch,
    target_to_watch,
    would_trigger,
)
from engine.core.money import ZERO
from engine.core.order import Leg, Order, OrderKind, OrderState
from engine.core.position import ExitReason
from engine.core.scene import (
    STANDING,
    UNANSWERED,
    AskClose,
    CancelOrder,
    Covered,
    PlanOrders,
    Scene,
    Step,
    covering,
)

_PENDING = UNANSWERED | {OrderState.CANCELLING}


def cover(scene: Scene) -> list[Step]:
    """Steps towards one stop at the right level and one target of the right size."""
    stops = scene.of_leg(Leg.STOP, STANDING)
    right = [stop for stop in stops if _is_right(scene, stop)]
    if right:
        old = [stop for stop in stops if stop is not right[-1]]
        return [CancelOrder(stop) for stop in old] + _target(scene) + [Covered()]
    past = past_its_levels(scene)
    if past is not None and (not stops or past is stop_reason(scene)):
        return [AskClose(past)]
    started = clock(scene)
    if scene.of_leg(Leg.STOP, UNANSWERED):
        return started + overdue(scene) + _target(scene)
    rung = _still_covered(scene, stops) or after_refusals(scene)
    if rung:
        return started + rung
    if naked_too_long(scene):
        return [AskClose(ExitReason.UNPROTECTED)]
    planned = PlanOrders((stop_order(scene, scene.wanted, whole=not _had_whole(scene)),))
    return [*started, *stop_to_watch(scene), planned, *_target(scene)]


def _still_covered(scene: Scene, stops: list[Order]) -> list[Step]:
    """A stop that cannot be moved is no reason to close while the one before it stands.

    It is tried again, ever more slowly; the engine watches the new level meanwhile.
    """
    refused = barren(scene, Leg.STOP)
    if not refused or covering(stops) < scene.wanted or would_trigger(refused[-1]):
        return []
    if must_pause(scene, refused):
        return [*stop_to_watch(scene), *_target(scene), Covered()]
    attempt = PlanOrders((stop_order(scene, scene.wanted),))
    return [*stop_to_watch(scene), attempt, *_target(scene)]


def _is_right(scene: Scene, stop: Order) -> bool:
    in_place = stop.stop_price == scene.position.stop_price
    return in_place and covering([stop]) >= scene.wanted


def _had_whole(scene: Scene) -> bool:
    """Whether a stop on the whole position stands, or was refused: the next carries a quantity."""
    return any(
        stop.close_position and (stop.state in STANDING or stop.state is OrderState.REJECTED)
        for stop in scene.of_leg(Leg.STOP)
    )


def _target(scene: Scene) -> list[Step]:
    position = scene.position
    targets = scene.of_leg(Leg.TARGET, STANDING)
    if scene.of_leg(Leg.TARGET, _PENDING):
        return []
    if position.watches_target:
        return [CancelOrder(target) for target in targets]
    wrong = [target for target in targets if not _fits(scene, target)]
    if wrong or targets:
        return [CancelOrder(target) for target in wrong]
    if barren(scene, Leg.TARGET) and past_its_levels(scene) is ExitReason.TAKE_PROFIT:
        return [AskClose(ExitReason.TAKE_PROFIT)]
    watch = target_to_watch(scene)
    if watch or scene.wanted <= ZERO:
        return watch
    attempt = scene.attempts(Leg.TARGET) + 1
    target = exit_order(
        scene, Leg.TARGET, OrderKind.TAKE_PROFIT, scene.wanted, attempt,
        level=position.target_price, reason=ExitReason.TAKE_PROFIT,
    )  # fmt: skip
    return [PlanOrders((target,))]


def _fits(scene: Scene, target: Order) -> bool:
    return target.stop_price == scene.position.target_price and target.open_qty == scene.wanted
