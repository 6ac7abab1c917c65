"""Transfers between wallets."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Select, insert, select, text, update

from engine.core.errors import Conflict, Stale
from engine.core.transfer import Transfer, TransferState
from storage.database import Taken
from storage.models.records import UNFINISHED, transfers
from storage.repos.base import columns_of, values_of
from storage.repos.lease import LeasedRepo

_SELECT = select(*columns_of(Transfer, transfers))
_INSERT = insert(transfers).returning(transfers.c.id)
_CHANGED = ("state", "signed_at", "exchange_id", "note")


class SqlTransfers(LeasedRepo):
    """Moves of money; one unfinished per key and asset."""

    async def add(self, transfer: Transfer) -> Transfer:
        """Insert it with its id; raises ``Conflict`` while another one is unfinished.

        Raises ``LeaseLost`` and ``NotFound`` as ``Orders.add`` does.
        """
        self._require_mine(transfer.owner_id)
        await self._require_bot(transfer.bot_id)
        await self._require_lease()
        try:
            made = await self._session.attempt(_INSERT, values_of(transfer))
        except Taken:
            raise Conflict("conflict.transfer_under_way", asset=transfer.asset) from None
        return replace(transfer, id=made[0].id)

    async def save(self, transfer: Transfer, *, was: Transfer) -> None:
        """Update where the state is still that of ``was``; else raises ``Stale``.

        Raises ``LeaseLost`` before a request to the exchange.
        """
        self._require_mine(transfer.owner_id)
        if transfer.state is TransferState.SENT:
            await self._require_lease()
        statement = (
            update(transfers)
            .where(
                transfers.c.id == transfer.id,
                transfers.c.owner_id == transfer.owner_id,
                transfers.c.state == was.state,
            )
            .values({name: getattr(transfer, name) for name in _CHANGED})
        )
        if not await self._session.change(statement):
            raise Stale(f"transfer {transfer.id}")

    async def unfinished(self) -> list[Transfer]:
        """Those that are not over, oldest first."""
        where = text(f"({UNFINISHED.text})")
        return await self._found(_SELECT.where(where).order_by(transfers.c.id))

    async def recent(self, *, limit: int, bot_id: int | None = None) -> list[Transfer]:
        """The newest first."""
        query = _SELECT.order_by(transfers.c.id.desc()).limit(limit)
        if bot_id is not None:
            query = query.where(transfers.c.bot_id == bot_id)
        return await self._found(query)

    async def _found(self, query: Select[Any]) -> list[Transfer]:
        rows = await self._session.rows(self._mine(query, transfers.c.owner_id))
        return [Transfer(*row) for row in rows]
