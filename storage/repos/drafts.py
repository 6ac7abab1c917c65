"""Conversations in progress and the log of acts."""

from sqlalchemy import delete, insert, select, update

from engine.core.account import AuditEntry, Draft
from storage.database import Taken
from storage.models.people import audit, drafts
from storage.repos.base import Repo, columns_of, values_of

_DRAFT = columns_of(Draft, drafts)
_ENTRY = columns_of(AuditEntry, audit)


class SqlDrafts(Repo):
    """One draft per owner."""

    async def get(self) -> Draft | None:
        """The owner's draft."""
        query = select(*_DRAFT).where(drafts.c.owner_id == self._require_owner())
        row = await self._first(query)
        return None if row is None else Draft(*row)

    async def put(self, draft: Draft) -> None:
        """Write it over the one before; raises ``NotFound`` for somebody else's."""
        self._require_owner()
        self._require_mine(draft.owner_id)
        values = values_of(draft)
        statement = update(drafts).where(drafts.c.owner_id == draft.owner_id)
        if await self._session.change(statement, values):
            return
        try:
            await self._session.attempt(
                insert(drafts).values(**values).returning(drafts.c.owner_id)
            )
        except Taken:
            await self.put(draft)

    async def delete(self) -> None:
        """Forget it, if there is one."""
        owner = self._require_owner()
        await self._session.change(delete(drafts).where(drafts.c.owner_id == owner))


class SqlAudit(Repo):
    """Append-only: nothing here changes or removes an entry."""

    async def add(self, entry: AuditEntry) -> None:
        """Append it; raises ``NotFound`` for somebody else's log."""
        self._require_mine(entry.owner_id)
        await self._session.change(insert(audit), values_of(entry))

    async def recent(self, *, limit: int) -> list[AuditEntry]:
        """The newest entries, newest first."""
        query = select(*_ENTRY).order_by(audit.c.id.desc()).limit(limit)
        rows = await self._session.rows(self._mine(query, audit.c.owner_id))
        return [AuditEntry(*row) for row in rows]
