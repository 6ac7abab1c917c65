"""Position: what a bot holds, built from fills alone; its life and its protection as tables."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from engine.core.market import Market, Side, SymbolRules
from engine.core.money import ZERO, floor_to_step
from engine.core.order import Fill, Leg
from engine.core.table import follow


class PositionSide(StrEnum):
    """Direction of a position."""

    LONG = "long"
    SHORT = "short"

    @property
    def entry(self) -> Side:
        """Side of the orders that build it."""
        return Side.BUY if self is PositionSide.LONG else Side.SELL

    @property
    def exit(self) -> Side:
        """Side of the orders that reduce it."""
        return self.entry.opposite


class PositionState(StrEnum):
    """Life of a position; it exists from the first fill of its entry."""

    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class PositionEvent(StrEnum):
    """What may happen to a position."""

    ENTRY_FILL = "entry fill"
    EXIT_FILL = "exit fill"
    ASK_CLOSE = "ask close"
    FLAT = "flat"


_P, _V = PositionState, PositionEvent
POSITION_TABLE: dict[tuple[PositionState, PositionEvent], PositionState] = {
    (_P.OPEN, _V.ENTRY_FILL): _P.OPEN,
    (_P.OPEN, _V.EXIT_FILL): _P.OPEN,
    (_P.OPEN, _V.ASK_CLOSE): _P.CLOSING,
    (_P.OPEN, _V.FLAT): _P.CLOSED,
    # The rest of an entry may still fill after a close was asked for.
    (_P.CLOSING, _V.ENTRY_FILL): _P.CLOSING,
    (_P.CLOSING, _V.EXIT_FILL): _P.CLOSING,
    (_P.CLOSING, _V.ASK_CLOSE): _P.CLOSING,
    (_P.CLOSING, _V.FLAT): _P.CLOSED,
}


class ProtectionState(StrEnum):
    """How far the position's stop stands on the exchange."""

    NONE = "none"
    PLACING = "placing"
    STANDING = "standing"
    MOVING = "moving"
    DONE = "done"
    BROKEN = "broken"


class ProtectionEvent(StrEnum):
    """What may happen to a protection."""

    PLAN = "plan"
    STAND = "stand"
    MOVE = "move"
    LOSE = "lose"
    FINISH = "finish"


_R, _W = ProtectionState, ProtectionEvent
PROTECTION_TABLE: dict[tuple[ProtectionState, ProtectionEvent], ProtectionState] = {
    (_R.NONE, _W.PLAN): _R.PLACING,
    (_R.NONE, _W.STAND): _R.STANDING,
    (_R.PLACING, _W.STAND): _R.STANDING,
    (_R.PLACING, _W.LOSE): _R.BROKEN,
    (_R.PLACING, _W.PLAN): _R.PLACING,
    (_R.STANDING, _W.STAND): _R.STANDING,
    (_R.STANDING, _W.PLAN): _R.PLACING,
    (_R.STANDING, _W.MOVE): _R.MOVING,
    (_R.STANDING, _W.LOSE): _R.BROKEN,
    (_R.MOVING, _W.PLAN): _R.PLACING,
    (_R.MOVING, _W.MOVE): _R.MOVING,
    (_R.MOVING, _W.STAND): _R.STANDING,
    (_R.MOVING, _W.LOSE): _R.BROKEN,
    (_R.BROKEN, _W.PLAN): _R.PLACING,
    (_R.BROKEN, _W.STAND): _R.STANDING,
    (_R.BROKEN, _W.LOSE): _R.BROKEN,
    **{(state, _W.FINISH): _R.DONE for state in ProtectionState},
}


class ExitReason(StrEnum):
    """Why a position ended."""

    TAKE_PROFIT = "TAKE_PROFIT"
    STOP_LOSS = "STOP_LOSS"
    TRAILING_STOP = "TRAILING_STOP"
    SIGNAL = "SIGNAL"
    TIMEOUT = "TIMEOUT"
    MANUAL = "MANUAL"
    PANIC = "PANIC"
    LIQUIDATION = "LIQUIDATION"
    EXTERNAL = "EXTERNAL"
    # No protective order could be placed within the naked limit, so the engine sold.
    UNPROTECTED = "UNPROTECTED"
    ADL = "ADL"
    SETTLEMENT = "SETTLEMENT"


@dataclass(frozen=True, slots=True)
class Position:
    """Sums of fills. Quantities in base asset, quotes in quote asset, times in ms UTC.

    ``fees`` holds every commission by asset. ``fee_base`` is the part of them that was taken from
    the coins bought, which therefore cannot be sold. ``naked_since`` is when it was first seen
    without full cover. ``guarded`` is False when its user asked to keep it without orders.
    ``stop_price`` is where the stop belongs now; it only ever tightens. ``best_price`` is the best
    price of the closed candles since the entry, while a trailing stop follows it.
    ``watches_target``: the exchange takes no order at the target, so the engine watches for it.
    ``funding`` is what futures funding has paid (negative: cost) and a liquidation's fee, in quote
    asset; ``gone_qty`` are coins that left the account by nobody's order of ours. ``expires_at``
    is when it is closed at the latest. ``funded``: it is closed, and the exchange was asked for
    all that was paid for it. ``id`` is 0 until the row exists.
    """

    id: int
    owner_id: int
    bot_id: int
    account: str
    market: Market
    symbol: str
    base: str
    quote: str
    side: PositionSide
    decision: int
    opened_at: int
    stop_price: Decimal
    target_price: Decimal
    state: PositionState = PositionState.OPEN
    protection: ProtectionState = ProtectionState.NONE
    entry_qty: Decimal = ZERO
    entry_quote: Decimal = ZERO
    exit_qty: Decimal = ZERO
    exit_quote: Decimal = ZERO
    fee_base: Decimal = ZERO
    fee_quote: Decimal = ZERO
    fees: dict[str, Decimal] = field(default_factory=dict)
    close_reason: ExitReason | None = None
    closed_at: int | None = None
    naked_since: int | None = None
    guarded: bool = True
    revision: int = 0
    leverage: int = 1
    best_price: Decimal | None = None
    watches_target: bool = False
    funding: Decimal = ZERO
    gone_qty: Decimal = ZERO
    expires_at: int | None = None
    funded: bool = False

    @property
    def held(self) -> Decimal:
        """What is still there: entered less exited, less coins taken as fee or gone otherwise."""
        return self.entry_qty - self.exit_qty - self.fee_base - self.gone_qty

    @property
    def entry_price(self) -> Decimal:
        """Average price paid; 0 before the first fill."""
        return self.entry_quote / self.entry_qty if self.entry_qty else ZERO

    @property
    def exit_price(self) -> Decimal:
        """Average price received; 0 before the first exit fill."""
        return self.exit_quote / self.exit_qty if self.exit_qty else ZERO

    def sellable(self, rules: SymbolRules) -> Decimal:
        """What of it an order may carry: held, rounded down to the step."""
        step = max(rules.step_size, rules.market_step_size)
        return floor_to_step(max(self.held, ZERO), step)

    def closable(self, rules: SymbolRules, price: Decimal) -> Decimal:
        """``sellable`` if the exchange would take it at ``price``, else 0: the rest is dust.

        Reduce-only orders need no minimum notional (USD-M API, -4164).
        """
        quantity = self.sellable(rules)
        cheap = quantity * price < rules.min_notional and self.market is Market.SPOT
        return ZERO if quantity < rules.min_qty or cheap else quantity


def next_position_state(state: PositionState, event: PositionEvent) -> PositionState:
    """State after ``event``; raises IllegalEvent."""
    return follow("position", POSITION_TABLE, state, event)


def next_protection(state: ProtectionState, event: ProtectionEvent) -> ProtectionState:
    """Protection after ``event``; raises IllegalEvent."""
    return follow("protection", PROTECTION_TABLE, state, event)


def add_fill(position: Position, fill: Fill, leg: Leg) -> Position:
    """The position after one more fill (never pass the same trade id twice).

    A fill that arrives for a closed position (late, out of order) is still summed up: the books
    follow the exchange. The state only moves where the table allows it.
    """
    event = PositionEvent.EXIT_FILL if leg.exit else PositionEvent.ENTRY_FILL
    state = POSITION_TABLE.get((position.state, event), position.state)
    fees = dict(position.fees)
    if fill.commission:
        fees[fill.commission_asset] = fees.get(fill.commission_asset, ZERO) + fill.commission
    # Only on spot are the coins themselves what a commission is taken from.
    coins = fill.commission_asset == position.base and position.market is Market.SPOT
    taken_in_coins = fill.commission if coins else ZERO
    paid_in_quote = fill.commission if fill.commission_asset == position.quote else ZERO
    grown = replace(
        position,
        state=state,
        fees=fees,
        fee_base=position.fee_base + taken_in_coins,
        fee_quote=position.fee_quote + paid_in_quote,
    )
    if leg.exit:
        return replace(
            grown,
            exit_qty=position.exit_qty + fill.quantity,
            exit_quote=position.exit_quote + fill.quote,
        )
    return replace(
        grown,
        opened_at=min(position.opened_at, fill.at),
        entry_qty=position.entry_qty + fill.quantity,
        entry_quote=position.entry_quote + fill.quote,
    )


def ask_close(position: Position, reason: ExitReason) -> Position:
    """The position that the engine shall close now; the first reason given stays."""
    state = next_position_state(position.state, PositionEvent.ASK_CLOSE)
    return replace(position, state=state, close_reason=position.close_reason or reason)
