"""Time-out: how long a position may be held, and when its user is told that the end is near.

In a backtest the position ends at the open of the first candle that opens at or after its time;
live at the first look at or after it.
"""

from dataclasses import replace

from engine.core.position import Position, PositionState

MINUTE_MS = 60_000
EXTENSION_MINUTES = 15
"""What an extension adds where the bot has no holding time."""
_WARNED_SHARE = 80
_WARNED_BEFORE_MS = 5 * MINUTE_MS


def expiry(opened_at: int, max_holding_minutes: int | None) -> int | None:
    """Instant (market ms) at which a position opened then is closed; None: never."""
    return None if max_holding_minutes is None else opened_at + max_holding_minutes * MINUTE_MS


def expires(position: Position) -> bool:
    """Whether its time runs: it is open, and not kept by its user without orders."""
    live = position.state is PositionState.OPEN and position.guarded
    return live and position.expires_at is not None


def expired(position: Position, now: int) -> bool:
    """Whether its time is over."""
    return expires(position) and position.expires_at is not None and position.expires_at <= now


def must_warn(position: Position, now: int) -> bool:
    """Whether the end is near: 80 % of its time are over, and no more than 5 minutes are left."""
    if not expires(position) or position.expires_at is None or position.expires_at <= now:
        return False
    span = position.expires_at - position.opened_at
    warned_at = position.opened_at + span * _WARNED_SHARE // 100
    return now >= max(warned_at, position.expires_at - _WARNED_BEFORE_MS)


def extended(position: Position, minutes: int, now: int) -> Position:
    """The position with so much more time, counted from its end or, when that has passed, now."""
    if position.expires_at is None:
        raise ValueError("it has no end that could be put off")
    return replace(position, expires_at=max(position.expires_at, now) + minutes * MINUTE_MS)
