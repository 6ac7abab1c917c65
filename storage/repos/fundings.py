"""Funding payments."""

from collections.abc import Sequence

from sqlalchemy import insert, select

from engine.core.errors import NotFound
from engine.core.position import Position
from engine.core.trade import Funding
from storage.database import Taken
from storage.models.trading import fundings, positions
from storage.repos.base import Repo

_INSERT = insert(fundings).returning(fundings.c.id)


class SqlFundings(Repo):
    """Funding payments, unique per account and payment id."""

    async def add_new(self, position: Position, payments: Sequence[Funding]) -> list[Funding]:
        """Enter those not yet known under the position that they belong to; returns them.

        Raises ``NotFound`` for a position that is not there.
        """
        if not payments:
            return []
        query = select(positions.c.id).where(positions.c.id == position.id)
        if await self._first(self._mine(query, positions.c.owner_id)) is None:
            raise NotFound(f"position {position.id}")
        return [payment for payment in payments if await self._added(position, payment)]

    async def of_position(self, position_id: int) -> list[Funding]:
        """A position's payments, oldest first."""
        query = (
            select(fundings.c.payment_id, positions.c.symbol, fundings.c.amount, fundings.c.at)
            .join(positions, positions.c.id == fundings.c.position_id)
            .where(fundings.c.position_id == position_id)
            .order_by(fundings.c.at, fundings.c.id)
        )
        rows = await self._session.rows(self._mine(query, fundings.c.owner_id))
        return [Funding(*row) for row in rows]

    async def _added(self, position: Position, payment: Funding) -> bool:
        row = {
            "owner_id": position.owner_id,
            "position_id": position.id,
            "account": position.account,
            "payment_id": payment.id,
            "amount": payment.amount,
            "at": payment.at,
        }
        try:
            await self._session.attempt(_INSERT, row)
        except Taken:
            return False
        return True
