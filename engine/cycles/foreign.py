"""Foreign: what the exchange or the owner did to our positions, entered into our books.

An order of nobody of ours becomes a row like any other, under an id derived from the exchange's,
so that meeting it again changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.core.bot_state import BotEvent, next_bot_state
from engine.core.checks import DayCount
from engine.core.client_id import client_order_id, decode_client_id
from engine.core.hours import day_of
from engine.core.money import ZERO
from engine.core.order import (
    Fill,
    Leg,
    Order,
    OrderEvent,
    OrderKind,
    OrderReport,
    OrderState,
)
from engine.core.position import ExitReason, Position, PositionState
from engine.core.trade import Funding, close_books
from engine.cycles import tell
from engine.cycles.books import ZoneOf, book
from engine.cycles.ledger import Ledger
from engine.ports.storage import Unit
from engine.ports.trader import ForeignOrder


@dataclass(frozen=True, slots=True)
class Foreign:
    """Books foreign orders and funding payments."""

    ledger: Ledger

    async def book(
        self, position: Position, orders: Sequence[ForeignOrder], missing: Decimal
    ) -> bool:
        """Enter what reduced the position, ``missing`` (base asset) at most; True if any was new.

        ``position`` is the one that the exchange's was compared with: once its books have moved
        on, nothing is entered before the next comparison.
        """
        reducing = _of_ours(position, orders)

        async def work(unit: Unit) -> tuple[set[int], bool]:
            now, room = await unit.positions.get(position.id), missing
            if now.state is PositionState.CLOSED or now.held != position.held:
                return set(), False
            booked = await unit.fills.of_position(now.id)
            known = {fill.trade_id for leg, fill in booked if leg is Leg.FOREIGN}
            for foreign, executions in reducing:
                fills = _within([f for f in executions if f.trade_id not in known], room)
                if fills:
                    room -= _quantity(fills)
                    await self._enter(unit, now, foreign, fills)
            return {now.bot_id}, room < missing

        return bool(reducing) and await self.ledger.change(work)

    async def pay(
        self, position: Position, payments: Sequence[Funding], *, of_its_end: bool = False
    ) -> bool:
        """Add funding payments that fell due while the position was held; True if any was new.

        ``of_its_end``: charges for the way it was closed, which come after it.
        """

        async def work(unit: Unit) -> tuple[set[int], bool]:
            now = await unit.positions.get(position.id)
            until = None if of_its_end else now.closed_at
            due = [p for p in payments if until is None or p.at <= until]
            new = await unit.fundings.add_new(now, due)
            if new:
                paid = now.funding + sum((p.amount for p in new), start=ZERO)
                saved = await unit.positions.save(replace(now, funding=paid))
                await _rebook(unit, saved, self.ledger.guard.zone_of)
            return {now.bot_id}, bool(new)

        return bool(payments) and await self.ledger.change(work)

    async def funded(self, position: Position) -> None:
        """Remember that a closed position was asked about for the last time."""

        async def work(unit: Unit) -> tuple[set[int], bool]:
            now = await unit.positions.get(position.id)
            await unit.positions.save(replace(now, funded=True))
            return {now.bot_id}, True

        await self.ledger.change(work)

    async def _enter(
        self, unit: Unit, position: Position, foreign: ForeignOrder, fills: tuple[Fill, ...]
    ) -> None:
        """Book executions of an order, which has a row already if others of it were booked."""
        ours = await unit.orders.of_decision(position.bot_id, position.decision)
        order = _row(position, ours[0], foreign, fills)
        known = next((o for o in ours if o.client_id == order.client_id), None)
        if known is None:
            await unit.orders.add([order])
        else:
            order = replace(known, quantity=known.quantity + order.quantity)
            await unit.orders.save(order, was=known)
        guard = self.ledger.guard
        booked = await book(unit, _report(order, fills), guard.rulebook, guard.zone_of)
        if booked is None or booked.position is None:
            return
        bot = await unit.bots.get(position.bot_id)
        at = fills[-1].at
        await unit.outbox.add(tell.foreign_close(booked.position, bot, booked.order), at)
        if foreign.reason is not ExitReason.EXTERNAL:
            state = next_bot_state(bot.state, BotEvent.FAIL)
            why = {"symbol": position.symbol, "reason": foreign.reason.value}
            await unit.bots.save(
                replace(bot, state=state, why="why.exchange_closed", why_params=why)
            )
        await self.ledger.guard_order(unit, booked.order)


async def _rebook(unit: Unit, position: Position, zone_of: ZoneOf) -> None:
    """The trade of a closed position, made anew from what its books say now."""
    trade = await unit.trades.of_position(position.id)
    if trade is None or position.closed_at is None:
        return
    corrected = replace(close_books(position, trade.reason, position.closed_at), id=trade.id)
    await unit.trades.replace(corrected)
    day = day_of(position.closed_at, zone_of(position.owner_id))
    change = DayCount(day, net=corrected.net - trade.net)
    await unit.counters.add(position.bot_id, change)


def _of_ours(
    position: Position, orders: Sequence[ForeignOrder]
) -> list[tuple[ForeignOrder, list[Fill]]]:
    """Executions that reduced the position, by order, in the order of trading.

    What the owner added by hand is the first that is taken away again.
    """
    added, found = ZERO, dict[str, tuple[ForeignOrder, list[Fill]]]()
    every = [(order, fill) for order in orders for fill in order.fills]
    # Trade ids count up: a longer one is a later one.
    every.sort(key=lambda one: (one[1].at, len(one[1].trade_id), one[1].trade_id))
    for order, fill in every:
        if order.side is not position.side.exit:
            added += fill.quantity
            continue
        own = min(added, fill.quantity)
        added -= own
        if own < fill.quantity:
            _, parts = found.setdefault(order.exchange_id, (order, []))
            parts.append(_part(fill, fill.quantity - own))
    return list(found.values())


def _within(fills: Sequence[Fill], room: Decimal) -> tuple[Fill, ...]:
    """Executions as far as they closed what is missing; the rest was the owner's own."""
    kept = []
    for fill in fills:
        part = min(fill.quantity, room)
        if part <= ZERO:
            break
        kept.append(_part(fill, part))
        room -= part
    return tuple(kept)


def _part(fill: Fill, quantity: Decimal) -> Fill:
    return replace(fill, quantity=quantity, commission=fill.commission * quantity / fill.quantity)


def _quantity(fills: Sequence[Fill]) -> Decimal:
    return sum((fill.quantity for fill in fills), start=ZERO)


def _row(position: Position, ours: Order, foreign: ForeignOrder, fills: tuple[Fill, ...]) -> Order:
    decoded = decode_client_id(ours.client_id)
    install = decoded.install if decoded else ""
    client_id = client_order_id(
        install, position.bot_id, position.decision, Leg.FOREIGN, int(foreign.exchange_id)
    )
    return Order(
        id=0,
        client_id=client_id,
        owner_id=position.owner_id,
        bot_id=position.bot_id,
        account=position.account,
        market=position.market,
        symbol=position.symbol,
        side=foreign.side,
        kind=OrderKind.MARKET,
        leg=Leg.FOREIGN,
        quantity=_quantity(fills),
        created_at=fills[0].at,
        state=OrderState.OPEN,
        position_id=position.id,
        reason=foreign.reason.value,
        exchange_id=foreign.exchange_id,
        updated_at=fills[0].at,
    )


def _report(order: Order, fills: tuple[Fill, ...]) -> OrderReport:
    return OrderReport(
        client_id=order.client_id,
        exchange_id=order.exchange_id or "",
        event=OrderEvent.FILL,
        filled_qty=order.quantity,
        filled_quote=sum((fill.quote for fill in fills), start=order.filled_quote),
        at=fills[-1].at,
        fills=tuple(replace(fill, client_id=order.client_id) for fill in fills),
    )
