"""Order: its life as one table, and how reports of the exchange move it."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from engine.core.market import Market, Side
from engine.core.money import ZERO
from engine.core.table import follow


class OrderState(StrEnum):
    """Where an order stands in our books."""

    PLANNED = "planned"
    SENT = "sent"
    UNKNOWN = "unknown"
    OPEN = "open"
    PART_FILLED = "part_filled"
    CANCELLING = "cancelling"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    NOT_PLACED = "not_placed"

    @property
    def final(self) -> bool:
        """Whether nothing can happen any more."""
        return self in FINAL_STATES

    @property
    def maybe_live(self) -> bool:
        """Whether the exchange may be holding it."""
        return self in LIVE_STATES


class OrderEvent(StrEnum):
    """What may happen to an order."""

    SEND = "send"
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    FILL_PART = "fill part"
    FILL = "fill"
    REFUSE = "refuse"
    LOSE = "lose"
    PROVE_ABSENT = "prove absent"
    ASK_CANCEL = "ask cancel"
    CANCEL = "cancel"
    EXPIRE = "expire"


FINAL_STATES = frozenset(
    {
        OrderState.FILLED,
        OrderState.CANCELLED,
        OrderState.EXPIRED,
        OrderState.REJECTED,
        OrderState.NOT_PLACED,
    }
)
LIVE_STATES = frozenset(
    {
        OrderState.SENT,
        OrderState.UNKNOWN,
        OrderState.OPEN,
        OrderState.PART_FILLED,
        OrderState.CANCELLING,
    }
)

_S, _E = OrderState, OrderEvent
_ANSWERS = {
    _E.ACCEPT: _S.OPEN,
    _E.FILL_PART: _S.PART_FILLED,
    _E.FILL: _S.FILLED,
    _E.CANCEL: _S.CANCELLED,
    _E.EXPIRE: _S.EXPIRED,
}
ORDER_TABLE: dict[tuple[OrderState, OrderEvent], OrderState] = {
    (_S.PLANNED, _E.SEND): _S.SENT,
    (_S.PLANNED, _E.WITHDRAW): _S.NOT_PLACED,
    (_S.SENT, _E.REFUSE): _S.REJECTED,
    (_S.SENT, _E.LOSE): _S.UNKNOWN,
    # A request that provably wrote no byte ends its attempt; a new attempt is a new row.
    (_S.SENT, _E.PROVE_ABSENT): _S.NOT_PLACED,
    (_S.UNKNOWN, _E.PROVE_ABSENT): _S.NOT_PLACED,
    (_S.UNKNOWN, _E.REFUSE): _S.REJECTED,
    **{(_S.SENT, event): state for event, state in _ANSWERS.items()},
    **{(_S.UNKNOWN, event): state for event, state in _ANSWERS.items()},
    (_S.OPEN, _E.FILL_PART): _S.PART_FILLED,
    (_S.OPEN, _E.FILL): _S.FILLED,
    (_S.OPEN, _E.ASK_CANCEL): _S.CANCELLING,
    (_S.OPEN, _E.CANCEL): _S.CANCELLED,
    (_S.OPEN, _E.EXPIRE): _S.EXPIRED,
    (_S.PART_FILLED, _E.FILL_PART): _S.PART_FILLED,
    (_S.PART_FILLED, _E.FILL): _S.FILLED,
    (_S.PART_FILLED, _E.ASK_CANCEL): _S.CANCELLING,
    (_S.PART_FILLED, _E.CANCEL): _S.CANCELLED,
    (_S.PART_FILLED, _E.EXPIRE): _S.EXPIRED,
    # A resting order may be refused when it triggers (funds, price band).
    (_S.OPEN, _E.REFUSE): _S.REJECTED,
    (_S.PART_FILLED, _E.REFUSE): _S.REJECTED,
    (_S.CANCELLING, _E.REFUSE): _S.REJECTED,
    # A cancel is a request, not a fact: a fill may win the race.
    (_S.CANCELLING, _E.ASK_CANCEL): _S.CANCELLING,
    (_S.CANCELLING, _E.FILL_PART): _S.CANCELLING,
    (_S.CANCELLING, _E.FILL): _S.FILLED,
    (_S.CANCELLING, _E.CANCEL): _S.CANCELLED,
    (_S.CANCELLING, _E.EXPIRE): _S.EXPIRED,
    # An order proven absent that shows up after all (a slow read store) is adopted.
    **{(_S.NOT_PLACED, event): state for event, state in _ANSWERS.items()},
}


class OrderKind(StrEnum):
    """How an order waits; the adapters translate it into the exchange's types.

    STOP and TAKE_PROFIT trade at market once ``stop_price`` is reached from either side.
    """

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TAKE_PROFIT = "take_profit"


class Refusal(StrEnum):
    """Why the exchange refused an order, as far as the next step depends on it."""

    NONE = ""
    OTHER = "other"
    WOULD_TRIGGER = "would_trigger"
    NO_FUNDS = "no_funds"
    PRICE_BAND = "price_band"
    NOTHING_TO_REDUCE = "nothing_to_reduce"


MISSING = frozenset({Refusal.NO_FUNDS, Refusal.NOTHING_TO_REDUCE})
"""Refusals of an exit that say: the exchange holds less of it than our books do."""


class Leg(StrEnum):
    """What an order is for; the letter stands in its client order id."""

    ENTRY = "e"
    TARGET = "t"
    STOP = "s"
    CLOSE = "c"
    # Not ours: the exchange, or the owner by hand, traded what we held. See ``foreign_id``.
    FOREIGN = "x"

    @property
    def exit(self) -> bool:
        """Whether it reduces the position."""
        return self is not Leg.ENTRY


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution. ``trade_id`` is the exchange's, unique per account, market and symbol."""

    trade_id: str
    client_id: str
    price: Decimal
    quantity: Decimal
    commission: Decimal
    commission_asset: str
    at: int

    @property
    def quote(self) -> Decimal:
        """Price times quantity."""
        return self.price * self.quantity


@dataclass(frozen=True, slots=True)
class Order:
    """One order of ours. Times are ms UTC; ``price`` belongs to limits, ``stop_price`` to stops.

    ``account`` names whose books it is in (see ``engine.core.bot_config.account_of``); orders of
    one OCO share ``list_id``, the list's client id. ``filled_qty`` is what the exchange reports,
    ``booked_qty`` the sum of the fills we have: while it is lower, trades are missing.
    ``close_position``: a futures stop that closes whatever is held. ``reason`` is the exit reason
    that its fills stand for (exits only). ``stop_percent`` and ``target_percent`` are exits that
    an analyst advised for this entry in place of the bot's own. ``id`` is 0 until the row exists.
    """

    id: int
    client_id: str
    owner_id: int
    bot_id: int
    account: str
    market: Market
    symbol: str
    side: Side
    kind: OrderKind
    leg: Leg
    quantity: Decimal
    created_at: int
    state: OrderState = OrderState.PLANNED
    price: Decimal | None = None
    stop_price: Decimal | None = None
    list_id: str | None = None
    position_id: int | None = None
    signal_id: int | None = None
    reason: str = ""
    exchange_id: str | None = None
    filled_qty: Decimal = ZERO
    filled_quote: Decimal = ZERO
    booked_qty: Decimal = ZERO
    signed_at: int | None = None
    updated_at: int = 0
    note: str = ""
    close_position: bool = False
    refusal: Refusal = Refusal.NONE
    stop_percent: Decimal | None = None
    target_percent: Decimal | None = None

    @property
    def reduce_only(self) -> bool:
        """Whether the exchange may use it to shrink a position alone (futures exits)."""
        return self.market is Market.FUTURES and self.leg.exit and not self.close_position

    @property
    def conditional(self) -> bool:
        """Whether it rests until a trigger price is reached."""
        return self.stop_price is not None

    @property
    def open_qty(self) -> Decimal:
        """What is not filled yet."""
        return self.quantity - self.filled_qty


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What the exchange says of an order at ``at``; ``event`` in the words of the order table.

    ``fills`` may be empty although ``filled_qty`` is not: then the trades must be read.
    """

    client_id: str
    exchange_id: str
    event: OrderEvent
    filled_qty: Decimal
    filled_quote: Decimal
    at: int
    fills: tuple[Fill, ...] = ()
    note: str = ""


def next_state(state: OrderState, event: OrderEvent) -> OrderState:
    """State after ``event``; raises IllegalEvent when the table has no such entry."""
    return follow("order", ORDER_TABLE, state, event)


def move(order: Order, event: OrderEvent, *, at: int, note: str = "") -> Order:
    """The order after an event of our own; raises IllegalEvent."""
    state = next_state(order.state, event)
    signed_at = at if event is OrderEvent.SEND else order.signed_at
    return replace(order, state=state, updated_at=at, signed_at=signed_at, note=note or order.note)


def apply_report(order: Order, report: OrderReport) -> Order:
    """The order after a report; late, repeated and lower reports change nothing.

    Moves are monotonic: a filled quantity never falls and a final order stays final. A report
    whose quantity grows on a final order (a fill that reached us after its cancel) raises the
    quantity and keeps the state.
    """
    filled = max(order.filled_qty, report.filled_qty)
    quote = max(order.filled_quote, report.filled_quote)
    state = order.state
    if report.filled_qty >= order.filled_qty:
        state = ORDER_TABLE.get((order.state, report.event), order.state)
    changed = replace(
        order,
        state=state,
        filled_qty=filled,
        filled_quote=quote,
        exchange_id=order.exchange_id or report.exchange_id or None,
        note=report.note or order.note,
    )
    return order if changed == order else replace(changed, updated_at=report.at)
