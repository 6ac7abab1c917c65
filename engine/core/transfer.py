"""Transfer: quote money moved between the wallets of one key, never asked for twice.

The exchange takes no id of ours for it, so a transfer whose answer was lost is looked up in the
wallet's history and never asked for again.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from engine.core.bot_config import BotConfig, Sizing
from engine.core.checks import MIN_BALANCE
from engine.core.margin import FUTURES_FEES
from engine.core.money import HUNDRED, ZERO, ceil_to_step
from engine.core.sizing import wanted_quote
from engine.core.table import follow

_CENT = Decimal("0.01")


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


def missing_stake(config: BotConfig, free: Decimal) -> Decimal:
    """Quote money that the futures wallet lacks for the bot's next entry, rounded up to a cent.

    What an entry needs: its stake with the commission of both sides, a balance of which the stake
    is not more than ``max_position`` percent, and the least balance that is traded with. A stake
    that follows from the balance itself (RISK) lacks nothing but that least balance.
    """
    least = MIN_BALANCE
    if config.sizing is not Sizing.RISK:
        stake = wanted_quote(config, free)
        fees = stake * config.leverage * FUTURES_FEES
        least = max(least, stake + fees, stake * HUNDRED / config.max_position)
    return max(ceil_to_step(least - free, _CENT), ZERO)


def allowed_amount(config: BotConfig, missing: Decimal, moved: Decimal) -> Decimal:
    """How much of ``missing`` may be moved when ``moved`` was moved today; 0 when not enough.

    ``transfer_amount`` bounds a day: a bot that loses must not empty the spot wallet bit by bit.
    A part of what is missing would let nothing be entered, so it is not moved at all.
    """
    if not config.auto_transfer or config.transfer_amount is None:
        return ZERO
    return missing if ZERO < missing <= config.transfer_amount - moved else ZERO
