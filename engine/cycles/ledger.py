"""Ledger: every change of orders goes through here: book, guard, commit, then tell the others."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from engine.core.errors import DatabaseFailed, IllegalEvent, LeaseLost, Stale, Unavailable
from engine.core.order import Order, OrderReport, OrderState
from engine.cycles.books import book
from engine.cycles.endurance import Endurance
from engine.cycles.fleet import Fleet, Member
from engine.cycles.guard import Guard
from engine.cycles.nudges import Nudges
from engine.ports.storage import Storage, Unit

_log = structlog.get_logger("ledger")
_WORK = frozenset({OrderState.PLANNED, OrderState.SENT, OrderState.UNKNOWN, OrderState.CANCELLING})
Work = Callable[[Unit], Awaitable[tuple[set[int], bool]]]
# A unit that lost a race against another one is tried again on fresh rows.
_TRIES = 3


@dataclass(slots=True)
class Ledger:
    """Joins books and guard into one commit, refreshes the fleet and wakes the sender."""

    storage: Storage
    fleet: Fleet
    guard: Guard
    nudges: Nudges
    endurance: Endurance

    async def record(self, reports: Iterable[OrderReport]) -> bool:
        """Enter reports in one unit; False when none of them was ours or new."""
        wanted = list(reports)

        async def work(unit: Unit) -> tuple[set[int], bool]:
            bots: set[int] = set()
            for report in wanted:
                booked = await book(unit, report, self.guard.rulebook, self.guard.zone_of)
                if booked is None or not booked.changed:
                    continue
                bots.add(booked.order.bot_id)
                await self.guard_order(unit, booked.order)
            return bots, bool(bots)

        return await self.change(work)

    async def save(self, pairs: Iterable[tuple[Order, Order]]) -> bool:
        """Write orders that an event of our own moved: pairs of (now, before)."""
        wanted = list(pairs)

        async def work(unit: Unit) -> tuple[set[int], bool]:
            await unit.orders.save_all(wanted)
            return {now.bot_id for now, _ in wanted}, True

        return await self.change(work)

    async def look_after(self, bot_id: int) -> bool:
        """Run the guard over whatever the bot holds or left behind."""

        async def work(unit: Unit) -> tuple[set[int], bool]:
            position = await unit.positions.open_of(bot_id)
            if position is None:
                return {bot_id}, False
            return {bot_id}, await self.guard.look(unit, position)

        return await self.change(work)

    async def look_after_position(self, position_id: int) -> bool:
        """Run the guard over one position, closed ones with leftover orders too."""

        async def work(unit: Unit) -> tuple[set[int], bool]:
            position = await unit.positions.get(position_id)
            return {position.bot_id}, await self.guard.look(unit, position)

        return await self.change(work)

    async def change(self, work: Work) -> bool:
        """Run ``work`` in a unit, commit, then refresh memory and nudge; True if it changed.

        ``work`` returns the bots it touched and whether anything was written. Raises what
        ``work`` raises; a lost race is tried again.
        """
        bots, changed = await self.write(work)
        if changed:
            await self.after_commit(bots)
        return changed

    async def write(self, work: Work) -> tuple[set[int], bool]:
        """The same for what no picture in memory shows; returns what ``work`` returned."""
        try:
            for _ in range(_TRIES - 1):
                with suppress(Stale):
                    return await self._once(work)
            return await self._once(work)
        except (LeaseLost, DatabaseFailed) as error:
            self.endurance.failed(error)
            raise

    async def _once(self, work: Work) -> tuple[set[int], bool]:
        async with self.storage.system() as unit:
            bots, changed = await work(unit)
            if changed:
                await unit.commit()
                self.endurance.worked()
        return bots, changed

    async def after_commit(self, bots: set[int]) -> None:
        """Refresh the fleet's picture of these bots and wake whoever has work now."""
        before = {bot_id: self.fleet.members.get(bot_id) for bot_id in bots}
        for member in before.values():
            if member is not None:
                # Senders read the rows themselves: they need not wait for our picture.
                self.nudges.orders(member.bot.account)
        self.nudges.outbox()
        await self.fleet.reload_all(bots)
        for bot_id, old in before.items():
            now = self.fleet.members.get(bot_id)
            if old is None and now is not None:
                self.nudges.orders(now.bot.account)
            if old is not None and old.position is not None and not _holds(now):
                self.nudges.closed.set()
            if _needs(old) != _needs(now):
                self.nudges.attention.set()

    async def guard_order(self, unit: Unit, order: Order) -> None:
        """Run the guard over the order's position, inside the caller's unit."""
        if order.position_id is None:
            return
        position = await unit.positions.get(order.position_id)
        try:
            await self.guard.look(unit, position)
        except (IllegalEvent, Unavailable) as error:
            # Booking must never be lost because guarding failed: the next pass looks again.
            _log.error("guarding failed", position=position.id, error=str(error))


def has_work(order: Order) -> bool:
    """Whether the sender has something to do for the order."""
    return order.state in _WORK or order.filled_qty > order.booked_qty


def _holds(member: Member | None) -> bool:
    return member is not None and member.position is not None


def _needs(member: Member | None) -> tuple[bool, bool]:
    """What a bot asks of streams and prices."""
    if member is None:
        return False, False
    return member.needs_candles, member.needs_prices
