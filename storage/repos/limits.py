"""Account limits, and the pauses that they led to."""

from dataclasses import replace

from sqlalchemy import and_, insert, select, update

from engine.core.account_guard import AccountPause
from engine.core.account_limits import AccountLimits
from storage.database import Taken
from storage.models.records import account_limits as table
from storage.models.records import account_pauses
from storage.repos.base import Repo, columns_of, values_of

_PAUSE = columns_of(AccountPause, account_pauses)
_PAUSE_KEY = ("owner_id", "keyed", "check", "quote")


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

    async def pauses(self, owner_id: int) -> list[AccountPause]:
        """The latest pause for each check; raises ``NotFound`` for somebody else."""
        self._require_mine(owner_id)
        query = select(*_PAUSE).where(account_pauses.c.owner_id == owner_id)
        found = [AccountPause(*row) for row in await self._session.rows(query)]
        return [replace(p, opened={int(k): v for k, v in p.opened.items()}) for p in found]

    async def put_pause(self, pause: AccountPause) -> None:
        """Write it over the one before of the same check; raises ``NotFound``."""
        self._require_mine(pause.owner_id)
        values = values_of(pause, without=())
        values["opened"] = {str(id_): result for id_, result in pause.opened.items()}
        same = and_(*(account_pauses.c[name] == values[name] for name in _PAUSE_KEY))
        if await self._session.change(update(account_pauses).where(same).values(**values)):
            return
        new = insert(account_pauses).values(**values).returning(account_pauses.c.owner_id)
        try:
            await self._session.attempt(new)
        except Taken:
            await self.put_pause(pause)
