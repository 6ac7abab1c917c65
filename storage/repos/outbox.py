"""The outbox."""

from typing import Any

from sqlalchemy import func, insert, select, update

from engine.core.errors import NotFound
from engine.core.events import (
    Alert,
    OutboxEvent,
    OutboxRow,
    OutboxState,
    next_outbox_state,
)
from storage.database import Taken
from storage.models.outbox import WAITING, outbox
from storage.prepared import Prepared
from storage.repos.base import Repo, columns_of, values_of

_ALERT = columns_of(Alert, outbox)
_REST = [outbox.c[name] for name in ("state", "attempts", "not_before", "created_at")]
_INSERT = Prepared(insert(outbox).returning(outbox.c.id))
_COLUMNS = [outbox.c.id, *_ALERT, *_REST, outbox.c.message_id]


class SqlOutbox(Repo):
    """Alerts on their way to the chat."""

    async def add(self, alert: Alert, at: int) -> bool:
        """Insert it; False when its ``dedup`` is known already."""
        self._require_mine(alert.owner_id)
        if alert.bot_id is not None:
            await self._require_bot(alert.bot_id)
        row = values_of(alert) | {
            "state": OutboxState.DUE,
            "attempts": 0,
            "not_before": at,
            "created_at": at,
        }
        try:
            await self._session.attempt(_INSERT, row)
        except Taken:
            return False
        return True

    async def claim(self, *, limit: int, at: int) -> list[OutboxRow]:
        """Due rows, oldest first, now claimed and counted."""
        # SQLite takes a partial index only where the query repeats its words.
        due = (
            select(outbox.c.id)
            .where(WAITING, outbox.c.state == OutboxState.DUE, outbox.c.not_before <= at)
            .order_by(outbox.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        ids = [row.id for row in await self._session.rows(self._mine(due, outbox.c.owner_id))]
        if not ids:
            return []
        statement = (
            update(outbox)
            .where(outbox.c.id.in_(ids))
            .values(state=OutboxState.CLAIMED, attempts=outbox.c.attempts + 1)
            .returning(*_COLUMNS)
        )
        claimed = [_row(row) for row in await self._session.rows(statement)]
        return sorted(claimed, key=lambda row: row.id)

    async def release_claimed(self) -> int:
        """At start: rows claimed by a process that died are due again."""
        statement = (
            update(outbox)
            .where(outbox.c.state == OutboxState.CLAIMED)
            .values(state=OutboxState.DUE)
        )
        if self._owner is not None:
            statement = statement.where(outbox.c.owner_id == self._owner)
        return await self._session.change(statement)

    async def mark_sent(self, row_id: int, message_id: int | None) -> None:
        """It was delivered; raises ``NotFound``, or ``IllegalEvent`` unless it is claimed."""
        await self._move(row_id, OutboxEvent.SENT, message_id=message_id)

    async def retry(self, row_id: int, not_before: int) -> None:
        """It is due again at ``not_before``; raises like ``mark_sent``."""
        await self._move(row_id, OutboxEvent.RETRY, not_before=not_before)

    async def give_up(self, row_id: int, why: str) -> None:
        """It will never be delivered; raises like ``mark_sent``."""
        await self._move(row_id, OutboxEvent.GIVE_UP, problem=why)

    async def thread_head(self, trade_ref: int) -> int | None:
        """Message id of the first alert of a trade, to reply to."""
        query = (
            select(outbox.c.message_id)
            .where(outbox.c.trade_ref == trade_ref, outbox.c.message_id.is_not(None))
            .order_by(outbox.c.id)
            .limit(1)
        )
        row = await self._first(self._mine(query, outbox.c.owner_id))
        return None if row is None else row[0]

    async def depth(self) -> int:
        """How many alerts wait, claimed ones included."""
        query = select(func.count()).select_from(outbox).where(WAITING)
        row = await self._first(self._mine(query, outbox.c.owner_id))
        return 0 if row is None else int(row[0])

    async def _move(self, row_id: int, event: OutboxEvent, **values: Any) -> None:
        query = select(outbox.c.state).where(outbox.c.id == row_id).with_for_update()
        row = await self._first(self._mine(query, outbox.c.owner_id))
        if row is None:
            raise NotFound(f"alert {row_id}")
        state = next_outbox_state(row.state, event)
        await self._session.change(
            update(outbox).where(outbox.c.id == row_id).values(state=state, **values)
        )


def _row(row: Any) -> OutboxRow:
    rest = 1 + len(_ALERT)
    return OutboxRow(row[0], Alert(*row[1:rest]), *row[rest:])
