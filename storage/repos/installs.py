"""Identity of this installation."""

import secrets

from sqlalchemy import insert, select, update

from engine.core.client_id import base36
from engine.ports.repos import Boot
from storage.database import Taken
from storage.models.outbox import installs
from storage.repos.base import Repo

_PART_LENGTH = 4


class SqlInstalls(Repo):
    """One row, which belongs to nobody."""

    async def boot(self, at: int) -> Boot:
        """Count this start; whoever started before has lost its lease.

        The install part of the id has a fixed length, so the two never run into each other.
        """
        self._require_system()
        count = (
            update(installs)
            .values(boots=installs.c.boots + 1, booted_at=at)
            .returning(installs.c.install, installs.c.boots)
        )
        rows = await self._session.rows(count)
        if not rows:
            await self._make(at)
            rows = await self._session.rows(count)
        install, boots = rows[0]
        return Boot(f"{install}{base36(boots)}", boots)

    async def canary(self) -> bytes | None:
        """The token that the right master key opens; None before the first start."""
        row = await self._first(select(installs.c.canary))
        return None if row is None else row.canary

    async def set_canary(self, token: bytes) -> None:
        """Store it."""
        self._require_system()
        statement = update(installs).values(canary=token)
        if not await self._session.change(statement):
            await self._make(0)
            await self._session.change(statement)

    async def _make(self, at: int) -> None:
        low = 36 ** (_PART_LENGTH - 1)
        part = base36(low + secrets.randbelow(36**_PART_LENGTH - low))
        row = {"id": 1, "install": part, "boots": 0, "booted_at": at}
        try:
            await self._session.attempt(insert(installs).values(**row).returning(installs.c.id))
        except Taken:
            return
