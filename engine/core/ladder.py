"""Ladder: what is done about a position without cover, and about exits that are refused.

Rung by rung: the exit is clamped into what the exchange takes, or watched by the engine in the
exchange's place, or the position is closed at market. The naked clock runs meanwhile.
"""

from decimal import Decimal

from engine.core.exits import on_tick, tighter
from engine.core.order import Leg, Order, OrderState, Refusal
from engine.core.position import ExitReason, PositionState
from engine.core.scene import (
    STANDING,
    AskClose,
    ChangeExit,
    ExitChange,
    Scene,
    StartNakedClock,
    Step,
    covering,
)

# The limit counts real time: it is about answers, which a demo's clock cannot hasten.
# After so long without full cover the position is closed at market.
NAKED_LIMIT_MS = 5_000
# After so many refused stops in a row the position is closed;
# after so many closes without a fill its user is told, and closing goes on ever more slowly.
MAX_ATTEMPTS = 3
# A stop moved into the exchange's price band keeps this share of the price away from its edge:
# the band follows the market while the order is on its way.
_BAND_ROOM = Decimal("0.01")
_FIRST_PAUSE_MS = 1_000
_LONGEST_PAUSE_MS = 300_000


def clock(scene: Scene) -> list[Step]:
    """Start the naked clock when it does not run yet and something is not covered."""
    position = scene.position
    if not position.guarded or position.naked_since is not None:
        return []
    covered = covering(scene.of_leg(Leg.STOP, STANDING)) >= scene.wanted
    return [] if covered else [StartNakedClock()]


def naked_too_long(scene: Scene) -> bool:
    """Past the naked limit, and it has been tried: the first attempt is always made."""
    return scene.attempts(Leg.STOP) > 0 and _over(scene)


def overdue(scene: Scene) -> list[Step]:
    """Where nothing may be placed: start the clock, and close at market once it has run out.

    A close sells nothing that is uncertain: on futures it only reduces, on spot it waits for
    exits whose fate is unknown.
    """
    position = scene.position
    bare = covering(scene.of_leg(Leg.STOP, STANDING)) < scene.wanted
    guarded = position.state is PositionState.OPEN and position.guarded
    return (
        [AskClose(ExitReason.UNPROTECTED)] if guarded and bare and _over(scene) else clock(scene)
    )


def _over(scene: Scene) -> bool:
    since = scene.position.naked_since
    return since is not None and scene.real_ms_since(since) > NAKED_LIMIT_MS


def past_its_levels(scene: Scene) -> ExitReason | None:
    """Reason to close at once when the price is already beyond stop or target."""
    price, position = scene.price, scene.position
    if price is None:
        return None
    if (price <= position.stop_price) if scene.long else (price >= position.stop_price):
        return stop_reason(scene)
    if (price >= position.target_price) if scene.long else (price <= position.target_price):
        return ExitReason.TAKE_PROFIT
    return None


def stop_reason(scene: Scene) -> ExitReason:
    """What a fill of the stop stands for: a stop that follows a best price is a trailing one."""
    trails = scene.position.best_price is not None
    return ExitReason.TRAILING_STOP if trails else ExitReason.STOP_LOSS


def would_trigger(stop: Order) -> bool:
    """Whether the exchange refused a stop, or its list, for a price beyond its level."""
    return stop.refusal is Refusal.WOULD_TRIGGER


def after_refusals(scene: Scene) -> list[Step]:
    """The rung that refused stops (and OCO lists) call for; empty: try (again) at once."""
    refused = barren(scene, Leg.STOP)
    if not refused:
        return []
    if would_trigger(refused[-1]):
        # The exchange has seen the price beyond a level: what its order would do is done now.
        return [AskClose(_level_reached(scene, refused[-1]))]
    if naked_too_long(scene) or len(refused) >= MAX_ATTEMPTS:
        closing = ChangeExit(ExitChange.CLOSING, refused[-1])
        return [closing, AskClose(ExitReason.UNPROTECTED)]
    clamped = _clamped(scene) if refused[-1].refusal is Refusal.PRICE_BAND else None
    if clamped is not None:
        return [ChangeExit(ExitChange.STOP_CLAMPED, refused[-1], clamped)]
    return []


def stop_to_watch(scene: Scene) -> list[Step]:
    """Say once that the engine watches the stop's level while the exchange takes no such order.

    A list that was refused for its target says nothing of the stop.
    """
    watched = scene.position.watches_target
    refused = [o for o in barren(scene, Leg.STOP) if not (watched and o.list_id)]
    return [ChangeExit(ExitChange.STOP_WATCHED, refused[0])] if len(refused) == 1 else []


def target_to_watch(scene: Scene) -> list[Step]:
    """Watch a target that the exchange takes no order for, instead of asking again and again."""
    refused = barren(scene, Leg.TARGET)
    if not refused or scene.position.watches_target:
        return []
    hopeless = refused[-1].refusal in {Refusal.PRICE_BAND, Refusal.OTHER}
    if hopeless or len(refused) >= MAX_ATTEMPTS:
        return [ChangeExit(ExitChange.TARGET_WATCHED, refused[-1])]
    return []


def barren(scene: Scene, leg: Leg) -> list[Order]:
    """The latest orders of a leg in a row that ended refused, or at market without any fill."""
    found: list[Order] = []
    for order in reversed(scene.of_leg(leg)):
        dead_close = leg is Leg.CLOSE and order.state.final and not order.filled_qty
        if order.state is not OrderState.REJECTED and not dead_close:
            break
        found.insert(0, order)
    return found


def must_pause(scene: Scene, failures: list[Order]) -> bool:
    """Whether the next attempt has to wait: the more failures in a row, the longer."""
    if not failures:
        return False
    pause = min(_FIRST_PAUSE_MS << min(len(failures) - 1, 16), _LONGEST_PAUSE_MS)
    return scene.real_ms_since(failures[-1].updated_at) < pause


def _level_reached(scene: Scene, refused: Order) -> ExitReason:
    """Which level the price is beyond: of a list, the one that is nearer to the last price."""
    position, price = scene.position, scene.price
    if refused.list_id is None or price is None:
        return stop_reason(scene)
    to_target = abs(position.target_price - price)
    nearer = to_target < abs(position.stop_price - price)
    return ExitReason.TAKE_PROFIT if nearer else stop_reason(scene)


def _clamped(scene: Scene) -> Decimal | None:
    """The stop moved into the exchange's price band; None when it lies inside already."""
    position, rules, price = scene.position, scene.rules, scene.price
    factor = rules.percent_down if scene.long else rules.percent_up
    if price is None or not factor:
        return None
    room = 1 + _BAND_ROOM if scene.long else 1 - _BAND_ROOM
    edge = on_tick(price * factor * room, rules, long=scene.long)
    moved = tighter(position.stop_price, edge, long=scene.long)
    return None if moved == position.stop_price else moved
