"""Account limits."""

from sqlalchemy import insert, select, update

from engine.core.account_limits import AccountLimits
from storage.database import Taken
from storage.models.records import account_limits as table
from storage.repos.base import Repo


class SqlLimits(Repo):
    """Account limits; whoever set none has the defaults."""

    async def get(self, owner_id: int) -> AccountLimits:
        """The user's limits; raises ``NotFound`` for somebody else."""
        self._require_mine(owner_id)
        row = await self._first(select(table.c.limits).where(table.c.owner_id == owner_id))
        return AccountLimits() if row is None else row.limits

    async def all(self) -> dict[int, AccountLimits]:
        """Those that were set, by owner."""
        query = select(table.c.owner_id, table.c.limits)
        rows = await self._session.rows(self._mine(query, table.c.owner_id))
        return {row.owner_id: row.limits for row in rows}

    async def put(self, owner_id: int, limits: AccountLimits, at: int) -> None:
        """Write them over those before; raises ``NotFound`` for somebody else."""
        self._require_mine(owner_id)
        values = {"limits": limits, "updated_at": at}
        changed = update(table).where(table.c.owner_id == owner_id).values(**values)
        if await self._session.change(changed):
            return
        new = insert(table).values(owner_id=owner_id, **values).returning(table.c.owner_id)
        try:
            await self._session.attempt(new)
        except Taken:
            await self.put(owner_id, limits, at)
