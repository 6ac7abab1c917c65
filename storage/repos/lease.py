"""The lease: what must precede a request to the exchange is written by its holder alone."""

from sqlalchemy import select

from engine.core.errors import LeaseLost
from storage.database import Session
from storage.models.outbox import installs
from storage.prepared import Prepared
from storage.repos.base import Repo

# Read in the transaction that writes the intent: nobody can take the lease between the two. On a
# server the lock makes a start wait for intents under way, so that it finds them when it
# reconciles.
_BOOTS = Prepared(select(installs.c.boots).with_for_update(read=True))


class LeasedRepo(Repo):
    """A repository of intents, written under the lease if the process holds one."""

    def __init__(self, session: Session, owner: int | None, lease: int | None = None) -> None:
        super().__init__(session, owner)
        self._lease = lease

    async def _require_lease(self) -> None:
        """Raise ``LeaseLost`` when another process started since this one took its lease."""
        if self._lease is None:
            return
        rows = await self._session.rows(_BOOTS)
        if not rows or rows[0][0] != self._lease:
            raise LeaseLost
