"""Books: the one way in which a report of the exchange enters our rows.

Order, fills, position, bot, counters and alerts move together inside the caller's unit of work,
whether the report came as an answer, over the account's stream, by polling or from a look-up.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.core.bot import Bot
from engine.core.bot_state import FLATTEN, BotEvent, next_bot_state
from engine.core.checks import DayCount
from engine.core.client_id import decode_client_id
from engine.core.exits import stop_price, target_price
from engine.core.hours import day_of
from engine.core.market import Side, SymbolRules
from engine.core.money import ZERO
from engine.core.order import Fill, Leg, Order, OrderReport, apply_report
from engine.core.position import ExitReason, Position, PositionSide, add_fill, ask_close
from engine.core.timeout import expiry
from engine.cycles import tell
from engine.cycles.rulebook import Rulebook
from engine.ports.storage import Unit

ZoneOf = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Booked:
    """What a report changed: the order now, and the position it belongs to, if any."""

    order: Order
    position: Position | None
    changed: bool


async def book(
    unit: Unit, report: OrderReport, rulebook: Rulebook, zone_of: ZoneOf
) -> Booked | None:
    """Enter a report; None when the order is not ours. Repeated reports change nothing.

    ``zone_of`` names the zone whose days the daily limits of a user count.
    """
    was = await unit.orders.by_client_id(report.client_id)
    if was is None:
        return None
    order = apply_report(was, report)
    fresh = await unit.fills.add_new(order, report.fills)
    if fresh:
        order = replace(order, booked_qty=order.booked_qty + _sum(fresh))
        order = replace(order, filled_qty=max(order.filled_qty, order.booked_qty))
    position = None
    if fresh:
        order, position = await _book_fills(unit, order, fresh, rulebook, zone_of)
    elif order.position_id is not None:
        position = await unit.positions.get(order.position_id)
    if order != was:
        await unit.orders.save(order, was=was)
    if _settled_entry(order) and (fresh or not _settled_entry(was)):
        await _entry_settled(unit, order, position)
    return Booked(order, position, changed=order != was)


async def _book_fills(
    unit: Unit, order: Order, fills: list[Fill], rulebook: Rulebook, zone_of: ZoneOf
) -> tuple[Order, Position]:
    bot = await unit.bots.get(order.bot_id)
    position = await _position_of(unit, order, fills[0], bot, rulebook, zone_of)
    if order.position_id is None:
        await unit.fills.claim_entry(order.id, position.id)
        order = replace(order, position_id=position.id)
    for fill in fills:
        position = add_fill(position, fill, order.leg)
    if order.leg is Leg.ENTRY:
        rules = rulebook.of(bot, order.symbol)
        position = _with_levels(position, order, bot, rules)
    return order, await unit.positions.save(position)


async def _position_of(
    unit: Unit, order: Order, first: Fill, bot: Bot, rulebook: Rulebook, zone_of: ZoneOf
) -> Position:
    """The position of the order's decision, made on the first fill of its entry."""
    if order.position_id is not None:
        return await unit.positions.get(order.position_id)
    decision = decision_of(order)
    known = await unit.positions.of_decision(order.bot_id, decision)
    if known is not None:
        return known
    rules = rulebook.of(bot, order.symbol)
    position = Position(
        id=0,
        owner_id=order.owner_id,
        bot_id=order.bot_id,
        account=order.account,
        market=order.market,
        symbol=order.symbol,
        base=rules.base,
        quote=rules.quote,
        side=PositionSide.LONG if order.side is Side.BUY else PositionSide.SHORT,
        decision=decision,
        opened_at=first.at,
        stop_price=ZERO,
        target_price=ZERO,
        leverage=bot.config.leverage,
        expires_at=expiry(first.at, bot.config.max_holding_minutes),
    )
    if bot.why == FLATTEN:
        position = ask_close(position, ExitReason.PANIC)
    added = await unit.positions.add(position)
    await unit.bots.save(replace(bot, state=next_bot_state(bot.state, BotEvent.ENTER)))
    await unit.counters.add(bot.id, DayCount(day_of(first.at, zone_of(bot.owner_id)), entries=1))
    return added


def _with_levels(position: Position, entry: Order, bot: Bot, rules: SymbolRules) -> Position:
    """Stop and target follow the average entry price while the entry still fills.

    Exits that an analyst advised travel on the entry; they go before the bot's own.
    """
    stop = entry.stop_percent or bot.config.stop_loss
    target = entry.target_percent or bot.config.take_profit
    long = position.side is PositionSide.LONG
    price = position.entry_price
    return replace(
        position,
        stop_price=stop_price(price, stop, rules, long=long),
        target_price=target_price(price, target, rules, long=long),
    )


def _settled_entry(order: Order) -> bool:
    return order.leg is Leg.ENTRY and order.state.final and order.booked_qty >= order.filled_qty


async def _entry_settled(unit: Unit, order: Order, position: Position | None) -> None:
    """Tell the user how the entry ended: bought, or not."""
    bot = await unit.bots.get(order.bot_id)
    if position is None:
        await unit.outbox.add(tell.entry_failed(order, bot, order.note), order.updated_at)
        return
    last = await unit.signals.last(bot.id)
    signal = last.signal if last is not None else None
    await unit.outbox.add(tell.entered(order, position, bot, signal), order.updated_at)


def decision_of(order: Order) -> int:
    """Number of the decision that an order of ours carries out."""
    decoded = decode_client_id(order.client_id)
    if decoded is None:
        raise ValueError(f"not an id of ours: {order.client_id}")
    return decoded.decision


def _sum(fills: list[Fill]) -> Decimal:
    return sum((fill.quantity for fill in fills), start=ZERO)
