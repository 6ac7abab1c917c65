"""Guard: carries out what ``core.protect`` says a position needs, inside a unit of work."""

from dataclasses import dataclass, replace

from engine.core.bot import Bot
from engine.core.bot_state import BotEvent, next_bot_state
from engine.core.checks import DayCount, day_over
from engine.core.hours import day_of
from engine.core.market import Market
from engine.core.order import Leg, Order, OrderEvent, move
from engine.core.position import (
    Position,
    PositionEvent,
    ProtectionEvent,
    ProtectionState,
    ask_close,
    next_position_state,
    next_protection,
)
from engine.core.protect import protect
from engine.core.scene import (
    Alarm,
    AskClose,
    CancelOrder,
    ChangeExit,
    CloseBooks,
    Covered,
    ExitChange,
    PlanOrders,
    Scene,
    StartNakedClock,
    Step,
)
from engine.core.trade import Trade, close_books, exit_reason
from engine.cycles import tell
from engine.cycles.books import ZoneOf
from engine.cycles.days import pause_for_today
from engine.cycles.rulebook import Rulebook
from engine.ports.clock import Clock
from engine.ports.storage import Unit

# One pass may lead to the next (ask close, then plan it); more than this would be a loop.
_MAX_PASSES = 4


@dataclass(frozen=True, slots=True)
class Guard:
    """The collaborators of a guarding pass; ``install`` is the id part of client order ids.

    ``zone_of`` names the zone whose days the daily limits of a user count.
    """

    rulebook: Rulebook
    clock: Clock
    install: str
    zone_of: ZoneOf

    async def look(self, unit: Unit, position: Position) -> bool:
        """Bring a position's orders to what it needs now; True if anything was written."""
        acted = False
        for _ in range(_MAX_PASSES):
            before = position
            for step in protect(await self._scene(unit, position)):
                position = await self._apply(unit, position, step)
                acted = acted or not isinstance(step, Covered)
            if position == before:
                break
            acted = True
        return acted

    async def _scene(self, unit: Unit, position: Position) -> Scene:
        bot = await unit.bots.get(position.bot_id)
        orders = await unit.orders.of_decision(position.bot_id, position.decision)
        return Scene(
            position=position,
            orders=tuple(orders),
            rules=self.rulebook.of(bot, position.symbol),
            price=self.rulebook.exit_price(bot, position),
            now=self.clock.now_ms(),
            install=self.install,
            rate=self.clock.rate,
        )

    async def _apply(self, unit: Unit, position: Position, step: Step) -> Position:
        match step:
            case PlanOrders(orders):
                return await self._plan(unit, position, orders)
            case CancelOrder(order):
                asked = move(order, OrderEvent.ASK_CANCEL, at=self.clock.now_ms())
                await unit.orders.save(asked, was=order)
                return position
            case AskClose(reason):
                return await unit.positions.save(ask_close(position, reason))
            case ChangeExit():
                return await self._change_exit(unit, position, step)
            case CloseBooks():
                return await self._close_books(unit, position)
            case StartNakedClock():
                return await self._naked(unit, position)
            case Covered():
                return await self._covered(unit, position)
            case Alarm(problem):
                return await self._alarm(unit, position, problem)

    async def _plan(self, unit: Unit, position: Position, orders: tuple[Order, ...]) -> Position:
        await unit.orders.add(orders)
        if all(order.leg is not Leg.STOP for order in orders):
            return position
        # On futures the new stop is placed while the old one stands.
        moves = position.protection is ProtectionState.STANDING and position.naked_since is None
        moves = moves and position.market is Market.FUTURES
        event = ProtectionEvent.MOVE if moves else ProtectionEvent.PLAN
        return await self._protection(unit, position, event)

    async def _change_exit(self, unit: Unit, position: Position, step: ChangeExit) -> Position:
        """Take a rung of the ladder and tell it, in one commit."""
        bot = await unit.bots.get(position.bot_id)
        now = self.clock.now_ms()
        await unit.outbox.add(tell.exit_changed(position, bot, step), now)
        if step.stop_price is not None:
            changed = replace(position, stop_price=step.stop_price)
        elif step.change is ExitChange.TARGET_WATCHED:
            changed = replace(position, watches_target=True)
        else:
            return position
        return await unit.positions.save(changed)

    async def _naked(self, unit: Unit, position: Position) -> Position:
        since = replace(position, naked_since=self.clock.now_ms())
        if position.protection is ProtectionState.STANDING:
            state = next_protection(position.protection, ProtectionEvent.LOSE)
            since = replace(since, protection=state)
        return await unit.positions.save(since)

    async def _covered(self, unit: Unit, position: Position) -> Position:
        if position.naked_since is not None:
            position = replace(position, naked_since=None)
        elif position.protection is ProtectionState.STANDING:
            return position
        return await self._protection(unit, position, ProtectionEvent.STAND)

    async def _protection(
        self, unit: Unit, position: Position, event: ProtectionEvent
    ) -> Position:
        state = next_protection(position.protection, event)
        return await unit.positions.save(replace(position, protection=state))

    async def _alarm(self, unit: Unit, position: Position, problem: str) -> Position:
        bot = await unit.bots.get(position.bot_id)
        alert = tell.position_naked(position, bot, problem)
        await unit.outbox.add(alert, self.clock.now_ms())
        return position

    async def _close_books(self, unit: Unit, position: Position) -> Position:
        """Close position, trade, counters and bot in one go, with the alert that tells it."""
        fills = await unit.fills.of_position(position.id)
        closed_at = max((f.at for leg, f in fills if leg.exit), default=self.clock.now_ms())
        orders = await unit.orders.of_decision(position.bot_id, position.decision)
        reason = exit_reason(position, [order for order in orders if order.leg.exit])
        state = next_position_state(position.state, PositionEvent.FLAT)
        done = next_protection(position.protection, ProtectionEvent.FINISH)
        closed = await unit.positions.save(
            replace(position, state=state, protection=done, closed_at=closed_at, naked_since=None)
        )
        trade = await unit.trades.add(close_books(closed, reason, closed_at))
        bot = await unit.bots.get(position.bot_id)
        bot = await unit.bots.save(replace(bot, state=next_bot_state(bot.state, BotEvent.EXIT)))
        await unit.outbox.add(tell.exited(closed, trade, bot), closed_at)
        await self._count(unit, bot, trade)
        return closed

    async def _count(self, unit: Unit, bot: Bot, trade: Trade) -> None:
        """Count a closed trade; a running bot that has reached a limit of its day pauses at once.

        A trade of yesterday, heard of late, counts in yesterday and pauses nothing today.
        """
        zone = self.zone_of(bot.owner_id)
        day, now = day_of(trade.closed_at, zone), self.clock.now_ms()
        await unit.counters.add(bot.id, DayCount(day, closed=1, net=trade.net))
        config = bot.config
        limited = config.max_daily_loss is not None or config.daily_target is not None
        if not limited or not bot.state.running or day != day_of(now, zone):
            return
        count = await unit.counters.get(bot.id, day)
        reached = day_over(config, count.net)
        if reached is not None:
            await pause_for_today(unit, bot, reached, zone, now)
