"""Alerts: facts that a user must learn, as they lie in the outbox; the outbox row's life."""

from dataclasses import dataclass, field
from enum import StrEnum

from engine.core.table import follow


class AlertKind(StrEnum):
    """What happened, in the past tense."""

    ENTERED = "entered"
    EXITED = "exited"
    ENTRY_REFUSED = "entry_refused"
    ENTRY_FAILED = "entry_failed"
    BOT_PAUSED = "bot_paused"
    BOT_RESUMED = "bot_resumed"
    BOT_FAILED = "bot_failed"
    ORDER_UNKNOWN = "order_unknown"
    ORDER_SETTLED = "order_settled"
    POSITION_NAKED = "position_naked"
    # A step of the ladder: the exchange takes no such exit, and what is done instead.
    EXIT_CHANGED = "exit_changed"
    POSITION_DRIFT = "position_drift"
    FOREIGN_CLOSE = "foreign_close"
    STOP_MOVED = "stop_moved"
    # It has been held nearly as long as it may, and will be closed.
    EXPIRING = "expiring"
    ACCOUNT_PAUSED = "account_paused"
    ACCOUNT_RESUMED = "account_resumed"
    EXCHANGE_STOPPED = "exchange_stopped"
    STRAY_ORDER = "stray_order"
    RESTARTED = "restarted"
    KEY_REFUSED = "key_refused"
    NOTICE = "notice"


class OutboxState(StrEnum):
    """Where an alert stands on its way to the chat."""

    DUE = "due"
    CLAIMED = "claimed"
    SENT = "sent"
    GIVEN_UP = "given_up"


class OutboxEvent(StrEnum):
    """What may happen to an alert."""

    CLAIM = "claim"
    SENT = "sent"
    RETRY = "retry"
    GIVE_UP = "give up"


OUTBOX_TABLE: dict[tuple[OutboxState, OutboxEvent], OutboxState] = {
    (OutboxState.DUE, OutboxEvent.CLAIM): OutboxState.CLAIMED,
    (OutboxState.CLAIMED, OutboxEvent.SENT): OutboxState.SENT,
    (OutboxState.CLAIMED, OutboxEvent.RETRY): OutboxState.DUE,
    (OutboxState.CLAIMED, OutboxEvent.GIVE_UP): OutboxState.GIVEN_UP,
}


@dataclass(frozen=True, slots=True)
class Alert:
    """One fact for one user. ``dedup`` makes it unique for ever; figures are exact texts.

    ``trade_ref`` groups all messages of one trade (the position's id) into one thread.
    """

    owner_id: int
    kind: AlertKind
    dedup: str
    bot_id: int | None = None
    trade_ref: int | None = None
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An alert in the outbox. ``attempts`` counts claims; a second one is marked as a repeat."""

    id: int
    alert: Alert
    state: OutboxState
    attempts: int
    not_before: int
    created_at: int
    message_id: int | None = None


def next_outbox_state(state: OutboxState, event: OutboxEvent) -> OutboxState:
    """State after ``event``; raises IllegalEvent."""
    return follow("outbox row", OUTBOX_TABLE, state, event)
