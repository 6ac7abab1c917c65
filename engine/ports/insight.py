"""What the running engine knows that no row holds: for cards and health reports."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from engine.core.bot_config import Environment
from engine.core.checks import Checked
from engine.core.market import StreamState
from engine.core.signal import Signal


@dataclass(frozen=True, slots=True)
class Health:
    """State of the engine at a glance; the clock's offset in real milliseconds."""

    reconciled: bool
    streams: dict[str, StreamState]
    clock_offset_ms: int
    tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotOurs:
    """What lies on a bot's symbol in its account without being Skipper's.

    ``orders``: open orders when they were last read; ``quantity``: by how much the exchange holds
    more (negative: less) than the books say, in base asset, 0 while they agree.
    """

    orders: int
    quantity: Decimal


class Insight(Protocol):
    """Reading never waits."""

    def last_decision(self, bot_id: int) -> Signal | None:
        """What the strategy said of the last closed candle, HOLD included."""
        ...

    def checks(self, bot_id: int) -> tuple[Checked, ...] | None:
        """What each check before an entry says now; None while too little is known to ask."""
        ...

    def stream_state(self, environment: Environment, bot_id: int) -> StreamState | None:
        """State of the bot's candle stream, None while it is not listening."""
        ...

    def not_ours(self, bot_id: int) -> NotOurs:
        """Foreign orders and holdings beside the bot's own."""
        ...

    def verified_at(self, bot_id: int) -> int | None:
        """When (market ms) the bot's account was last read after a panic had emptied it."""
        ...

    def health(self) -> Health:
        """The engine as a whole."""
        ...
