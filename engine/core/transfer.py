"""Transfer: quote money moved between the wallets of one key, never asked for twice.

The exchange takes no id of ours for it, so a transfer whose answer was lost is looked up in the
wallet's history and never asked for again.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from engine.core.table import follow


class TransferState(StrEnum):
    """Where a transfer stands in our books."""

    PLANNED = "planned"
    SENT = "sent"
    UNKNOWN = "unknown"
    DONE = "done"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """Whether nothing can happen any more."""
        return self in {TransferState.DONE, TransferState.FAILED}


class TransferEvent(StrEnum):
    """What may happen to a transfer."""

    SEND = "send"
    WITHDRAW = "withdraw"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    LOSE = "lose"
    PROVE_ABSENT = "prove absent"


_S, _E = TransferState, TransferEvent
TRANSFER_TABLE: dict[tuple[TransferState, TransferEvent], TransferState] = {
    (_S.PLANNED, _E.SEND): _S.SENT,
    (_S.PLANNED, _E.WITHDRAW): _S.FAILED,
    (_S.SENT, _E.CONFIRM): _S.DONE,
    (_S.SENT, _E.REFUSE): _S.FAILED,
    (_S.SENT, _E.LOSE): _S.UNKNOWN,
    (_S.UNKNOWN, _E.CONFIRM): _S.DONE,
    (_S.UNKNOWN, _E.PROVE_ABSENT): _S.FAILED,
}


@dataclass(frozen=True, slots=True)
class Transfer:
    """``amount`` of ``asset`` from the spot to the futures wallet of a key, for a bot.

    Times ms UTC; ``id`` is 0 until the row exists.
    """

    id: int
    owner_id: int
    bot_id: int
    key_id: int
    asset: str
    amount: Decimal
    created_at: int
    state: TransferState = TransferState.PLANNED
    signed_at: int | None = None
    exchange_id: str | None = None
    note: str = ""


def next_transfer_state(state: TransferState, event: TransferEvent) -> TransferState:
    """State after ``event``; raises IllegalEvent."""
    return follow("transfer", TRANSFER_TABLE, state, event)
