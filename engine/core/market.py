"""Markets, symbols with their trading rules, timeframes, candles and streams of them."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from engine.core.money import ZERO

_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_MONDAY_MS = 345_600_000  # 1970-01-05, the first Monday: weekly candles open on Mondays


class Market(StrEnum):
    """Product of the exchange."""

    SPOT = "spot"
    FUTURES = "futures"


class Side(StrEnum):
    """Direction of an order, in the exchange's words."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> "Side":
        """The side that undoes this one."""
        return Side.SELL if self is Side.BUY else Side.BUY


class Timeframe(StrEnum):
    """Candle lengths that bots may use; the value is the exchange's interval name."""

    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H2 = "2h"
    H4 = "4h"
    H6 = "6h"
    H8 = "8h"
    H12 = "12h"
    D1 = "1d"
    W1 = "1w"

    @property
    def ms(self) -> int:
        """Length in milliseconds."""
        return int(self.value[:-1]) * _UNIT_MS[self.value[-1]]

    def open_time(self, at_ms: int) -> int:
        """Open time (ms, UTC) of the candle that contains the instant ``at_ms``."""
        offset = _MONDAY_MS if self is Timeframe.W1 else 0
        return (at_ms - offset) // self.ms * self.ms + offset


class Candle(NamedTuple):
    """A closed candle: ``open_time`` in ms UTC, the rest floats, for indicators only."""

    open_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class StreamKey(NamedTuple):
    """What one candle stream carries; shared by all bots that ask for it."""

    market: Market
    symbol: str
    timeframe: Timeframe


class Book(NamedTuple):
    """Best bid and ask of a symbol; ``at`` is our clock's ms when it was heard."""

    bid: Decimal
    ask: Decimal
    at: int


@dataclass(frozen=True, slots=True)
class SymbolRules:
    """A symbol and the filters that its orders must meet (0 disables a bound).

    ``percent_up`` and ``percent_down`` bound an order's price as multiples of the market's (the
    mark price on futures). ``status`` is the exchange's word; only TRADING takes new entries.
    """

    market: Market
    symbol: str
    base: str
    quote: str
    status: str
    tick_size: Decimal
    min_price: Decimal
    max_price: Decimal
    step_size: Decimal
    min_qty: Decimal
    max_qty: Decimal
    market_step_size: Decimal
    market_min_qty: Decimal
    market_max_qty: Decimal
    min_notional: Decimal
    max_notional: Decimal
    order_types: frozenset[str] = frozenset()
    oco_allowed: bool = True
    percent_up: Decimal = ZERO
    percent_down: Decimal = ZERO

    @property
    def trading(self) -> bool:
        """Whether the exchange takes orders for it now."""
        return self.status == "TRADING"


@dataclass(frozen=True, slots=True)
class Ticker24h:
    """A day's figures of a symbol: last price, change in percent, traded quote volume."""

    symbol: str
    last: Decimal
    change_percent: Decimal
    quote_volume: Decimal


class StreamState(StrEnum):
    """Life of a market or user stream."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"
    POLLING = "polling"


class StreamEvent(StrEnum):
    """What may happen to a stream."""

    HEARD = "heard"
    SILENT = "silent"
    DROPPED = "dropped"
    POLLED = "polled"


STREAM_TABLE: dict[tuple[StreamState, StreamEvent], StreamState] = {
    (StreamState.CONNECTING, StreamEvent.HEARD): StreamState.LIVE,
    (StreamState.CONNECTING, StreamEvent.SILENT): StreamState.STALE,
    (StreamState.CONNECTING, StreamEvent.DROPPED): StreamState.CONNECTING,
    (StreamState.CONNECTING, StreamEvent.POLLED): StreamState.POLLING,
    (StreamState.LIVE, StreamEvent.HEARD): StreamState.LIVE,
    (StreamState.LIVE, StreamEvent.SILENT): StreamState.STALE,
    (StreamState.LIVE, StreamEvent.DROPPED): StreamState.CONNECTING,
    (StreamState.LIVE, StreamEvent.POLLED): StreamState.LIVE,
    (StreamState.STALE, StreamEvent.HEARD): StreamState.LIVE,
    (StreamState.STALE, StreamEvent.SILENT): StreamState.STALE,
    (StreamState.STALE, StreamEvent.DROPPED): StreamState.CONNECTING,
    (StreamState.STALE, StreamEvent.POLLED): StreamState.POLLING,
    (StreamState.POLLING, StreamEvent.HEARD): StreamState.LIVE,
    (StreamState.POLLING, StreamEvent.SILENT): StreamState.POLLING,
    (StreamState.POLLING, StreamEvent.DROPPED): StreamState.CONNECTING,
    (StreamState.POLLING, StreamEvent.POLLED): StreamState.POLLING,
}
