"""What the database says, and whether the exchange says the same."""

from sqlalchemy import select

from engine.core.order import Leg, OrderState
from engine.exchange.simulator.orders import Status
from storage.repos import outbox

_SAME = {
    Status.NEW: OrderState.OPEN,
    Status.PARTIALLY_FILLED: OrderState.PART_FILLED,
    Status.FILLED: OrderState.FILLED,
    Status.CANCELED: OrderState.CANCELLED,
    Status.EXPIRED: OrderState.EXPIRED,
}
_NOT_THERE = {OrderState.PLANNED, OrderState.REJECTED, OrderState.NOT_PLACED}


class Books:
    """Reads rows from outside the engine."""

    def __init__(self, storage, world):
        self._storage = storage
        self._world = world

    async def bot(self, bot):
        async with self._storage.reading() as unit:
            return await unit.bots.get(bot.id)

    async def position(self, bot):
        """Its open position, if any."""
        async with self._storage.reading() as unit:
            return await unit.positions.open_of(bot.id)

    async def positions(self):
        async with self._storage.reading() as unit:
            return await unit.positions.recent(limit=1000)

    async def orders(self, bot=None, leg=None):
        """Orders, oldest first."""
        async with self._storage.reading() as unit:
            rows = await unit.orders.recent(limit=1000, bot_id=bot.id if bot else None)
        return [row for row in reversed(rows) if leg in {None, row.leg}]

    async def order(self, bot, leg):
        """The newest order of a leg, None when there is none."""
        rows = await self.orders(bot, leg)
        return rows[-1] if rows else None

    async def trades(self, bot=None):
        async with self._storage.reading() as unit:
            rows = await unit.trades.recent(limit=1000, bot_id=bot.id if bot else None)
        return rows[::-1]

    async def fills(self):
        async with self._storage.reading() as unit:
            return await unit.fills.all()

    async def day(self, bot, day="2026-05-29"):
        async with self._storage.reading() as unit:
            return await unit.counters.get(bot.id, day)

    async def refused(self, bot):
        """What refused the bot's newest signal, None when nothing did."""
        async with self._storage.reading() as unit:
            last = await unit.signals.last(bot.id)
        return last.refused if last else None

    async def alerts(self, kind=None):
        """Alerts in the outbox, oldest first."""
        query = select(*outbox._COLUMNS).order_by(outbox.outbox.c.id)
        async with self._storage.reading() as unit:
            rows = [outbox._row(row) for row in await unit.outbox._session.rows(query)]
        return [row.alert for row in rows if kind in {None, row.alert.kind.value}]

    def venue(self, leg=None, *, live=None):
        """Orders at the exchange, oldest first."""
        return [
            order
            for order in self._world.book.orders
            if (leg is None or order.client_id.rpartition("-")[2].startswith(leg.value))
            and live in {None, order.status.live}
        ]

    async def differences(self):
        """Where rows and exchange disagree: orders, quantities, trades, commissions."""
        rows = {row.client_id: row for row in await self.orders() if row.account != "paper"}
        found = []
        for order in self.venue():
            row = rows.pop(order.client_id, None)
            if row is None:
                found.append(f"{order.client_id} has no row")
            elif (row.state, row.filled_qty, row.booked_qty) != (
                _SAME[order.status], order.executed, order.executed,
            ):  # fmt: skip
                found.append(f"{order.client_id} is {order.status} {order.executed}: {row}")
        keyed = (row for row in rows.values() if row.account.startswith("key:"))
        found += [f"{row.client_id} is only ours" for row in keyed if row.state not in _NOT_THERE]
        names = {(order.wish.symbol, order.id): order.client_id for order in self.venue()}
        theirs = sorted(
            (name, str(t.id), t.price, t.quantity, t.commission, t.commission_asset)
            for _, t in self._world.book.trades
            for name in [names[t.symbol, t.order_id]]
        )
        ours = sorted(
            (f.client_id, f.trade_id, f.price, f.quantity, f.commission, f.commission_asset)
            for f in await self.fills()
            if f.client_id in names.values()
        )
        if ours != theirs:
            found.append(f"trades differ: {ours} {theirs}")
        return found

    async def agree(self):
        """Assert that the exchange says the same, and that no decision bought twice."""
        assert await self.differences() == []
        bought = [order.client_id.rpartition("-")[0] for order in self.venue(Leg.ENTRY)]
        assert len(bought) == len(set(bought)), "one decision entered twice"
