"""Fills."""

from collections.abc import Sequence

from sqlalchemy import bindparam, insert, select, update

from engine.core.errors import NotFound
from engine.core.market import Side
from engine.core.order import Fill, Leg, Order
from storage.database import Taken
from storage.models.trading import fills, orders, positions
from storage.prepared import Prepared
from storage.repos.base import Repo, columns_of, values_of

_COLUMNS = columns_of(Fill, fills)
_SELECT = select(*_COLUMNS)
_INSERT = Prepared(insert(fills).returning(fills.c.id))
_ORDER = select(orders.c.id).where(orders.c.id == bindparam("order"))
_POSITION = select(positions.c.id).where(positions.c.id == bindparam("position"))
_CLAIM = Prepared(
    update(orders)
    .where(orders.c.id == bindparam("order"))
    .values(position_id=bindparam("position"))
)


class SqlFills(Repo):
    """Executions, unique per order and trade id."""

    async def add_new(self, order: Order, new: Sequence[Fill]) -> list[Fill]:
        """Insert those not yet known; returns them."""
        if not new:
            return []
        await self._require_order(order.id)
        return [fill for fill in new if await self._added(order, fill)]

    async def of_position(self, position_id: int) -> list[tuple[Leg, Fill]]:
        """All fills of a position's orders with the leg they belong to, oldest first."""
        query = (
            select(orders.c.leg, *_COLUMNS)
            .join(orders, orders.c.id == fills.c.order_id)
            .where(orders.c.position_id == position_id)
            .order_by(fills.c.at, fills.c.id)
        )
        rows = await self._session.rows(self._mine(query, fills.c.owner_id))
        return [(row[0], Fill(*row[1:])) for row in rows]

    async def all(self) -> list[Fill]:
        """Every fill, oldest first."""
        query = _SELECT.order_by(fills.c.at, fills.c.id)
        rows = await self._session.rows(self._mine(query, fills.c.owner_id))
        return [Fill(*row) for row in rows]

    async def of_account(self, account: str) -> list[tuple[Side, Fill]]:
        """All fills of an account with the side of their order, oldest first."""
        query = (
            select(orders.c.side, *_COLUMNS)
            .join(orders, orders.c.id == fills.c.order_id)
            .where(fills.c.account == account)
            .order_by(fills.c.at, fills.c.id)
        )
        rows = await self._session.rows(self._mine(query, fills.c.owner_id))
        return [(row[0], Fill(*row[1:])) for row in rows]

    async def known_trade_ids(self, account: str, symbol: str, since: int) -> set[str]:
        """Trade ids that are booked, of executions at ``since`` (ms) or later."""
        query = select(fills.c.trade_id).where(
            fills.c.account == account, fills.c.symbol == symbol, fills.c.at >= since
        )
        rows = await self._session.rows(self._mine(query, fills.c.owner_id))
        return {row.trade_id for row in rows}

    async def claim_entry(self, order_id: int, position_id: int) -> None:
        """Bind an entry order, and so its fills, to the position that they opened."""
        await self._require_order(order_id)
        if not await self._rows_of(_POSITION, positions.c.owner_id, position=position_id):
            raise NotFound(f"position {position_id}")
        await self._session.change(_CLAIM, {"order": order_id, "position": position_id})

    async def _added(self, order: Order, fill: Fill) -> bool:
        row = values_of(fill) | {
            "owner_id": order.owner_id,
            "order_id": order.id,
            "account": order.account,
            "market": order.market,
            "symbol": order.symbol,
        }
        try:
            await self._session.attempt(_INSERT, row)
        except Taken:
            return False
        return True

    async def _require_order(self, order_id: int) -> None:
        if not await self._rows_of(_ORDER, orders.c.owner_id, order=order_id):
            raise NotFound(f"order {order_id}")
