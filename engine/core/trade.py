"""Trade: a closed position's books, net of fees."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

from engine.core.market import Market, Side
from engine.core.money import HUNDRED, ZERO
from engine.core.order import Leg, Order
from engine.core.position import ExitReason, Position, PositionSide

MONEY_STEP = Decimal("0.00000001")
_REASON_OF_LEG = {Leg.TARGET: ExitReason.TAKE_PROFIT, Leg.STOP: ExitReason.STOP_LOSS}


@dataclass(frozen=True, slots=True)
class Trade:
    """One round trip. Money in quote asset; times ms UTC; ``dust`` (base asset) was left over.

    ``net`` counts the commissions taken in quote and base asset and, on futures, ``funding``.
    Commissions in a third asset (BNB) stand in ``fees`` and are not converted: a converted figure
    would not be exact. ``gone`` (base asset) left the account by nobody's order of ours: neither
    its cost nor its price is in the result. ``percent`` is of the cost, not of the stake.
    """

    id: int
    position_id: int
    owner_id: int
    bot_id: int
    market: Market
    symbol: str
    side: PositionSide
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    gross: Decimal
    net: Decimal
    percent: Decimal
    dust: Decimal
    reason: ExitReason
    opened_at: int
    closed_at: int
    fees: dict[str, Decimal] = field(default_factory=dict)
    funding: Decimal = ZERO
    leverage: int = 1
    gone: Decimal = ZERO

    @property
    def duration_ms(self) -> int:
        """How long it was held."""
        return self.closed_at - self.opened_at


@dataclass(frozen=True, slots=True)
class Funding:
    """One funding payment on a symbol; ``amount`` in quote asset, negative when paid.

    ``id`` is the exchange's, unique per account.
    """

    id: str
    symbol: str
    amount: Decimal
    at: int


def exit_reason(position: Position, exits: Iterable[Order]) -> ExitReason:
    """Why it ended: what closed the larger part; every exit order carries what it stands for."""
    sold: dict[ExitReason, Decimal] = {}
    for order in exits:
        if order.booked_qty:
            reason = _reason_of(position, order)
            sold[reason] = sold.get(reason, ZERO) + order.booked_qty
    if not sold:
        return position.close_reason or ExitReason.EXTERNAL
    return max(sold, key=lambda reason: sold[reason])


def close_books(position: Position, reason: ExitReason, closed_at: int) -> Trade:
    """Books of a flat position.

    Cost is the share of the entry that was sold or taken as commission; unsold dust and coins that
    are gone keep their own cost. gross = received - cost of what was sold; net = gross -
    commissions + funding. A stop on the whole position closes what its owner added by hand too:
    beyond what was entered, nothing that an exit traded counts but its commission.
    """
    sold = min(position.exit_qty, position.entry_qty)
    received = position.exit_quote * sold / position.exit_qty if sold else ZERO
    left = position.held + (position.exit_qty - sold)
    bought = position.entry_qty or Decimal(1)
    cost = position.entry_quote * (position.entry_qty - left - position.gone_qty) / bought
    sign = 1 if position.side.entry is Side.BUY else -1
    gross = (received - position.entry_quote * sold / bought) * sign
    net = (received - cost) * sign - position.fee_quote + position.funding
    percent = net / cost * HUNDRED if cost else ZERO
    return Trade(
        id=0,
        position_id=position.id,
        owner_id=position.owner_id,
        bot_id=position.bot_id,
        market=position.market,
        symbol=position.symbol,
        side=position.side,
        quantity=sold,
        entry_price=position.entry_price,
        exit_price=position.exit_price,
        gross=_money(gross),
        net=_money(net),
        percent=percent.quantize(Decimal("0.0001"), ROUND_HALF_EVEN),
        dust=max(left, ZERO),
        reason=reason,
        opened_at=position.opened_at,
        closed_at=closed_at,
        fees=dict(position.fees),
        funding=position.funding,
        leverage=position.leverage,
        gone=position.gone_qty,
    )


def result_at(position: Position, price: Decimal) -> Decimal:
    """Result in quote asset if the rest were closed at ``price``, before that exit's own fee."""
    sign = 1 if position.side.entry is Side.BUY else -1
    value = position.exit_quote + position.held * price - position.entry_quote
    return _money(value * sign - position.fee_quote + position.funding)


def _reason_of(position: Position, order: Order) -> ExitReason:
    if order.reason:
        return ExitReason(order.reason)
    return _REASON_OF_LEG.get(order.leg, position.close_reason or ExitReason.MANUAL)


def _money(value: Decimal) -> Decimal:
    return value.quantize(MONEY_STEP, ROUND_HALF_EVEN)
