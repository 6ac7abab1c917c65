"""Positions."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, bindparam, exists, insert, select, update

from engine.core.errors import Conflict, NotFound, Stale
from engine.core.order import FINAL_STATES
from engine.core.position import Position, PositionState
from storage.database import Taken
from storage.models.trading import NOT_CLOSED, UNFUNDED, orders, positions
from storage.prepared import Prepared
from storage.repos.base import Repo, columns_of, values_of

_COLUMNS = columns_of(Position, positions)
_SELECT = select(*_COLUMNS)
_INSERT = Prepared(insert(positions).returning(*_COLUMNS))
_FIXED = ("id", "owner_id", "bot_id", "decision", "revision")
_SAVE = Prepared(
    update(positions)
    .where(
        positions.c.id == bindparam("position"),
        positions.c.owner_id == bindparam("owner"),
        positions.c.revision == bindparam("seen"),
    )
    .returning(positions.c.id)
)
_SORTED = _SELECT.order_by(positions.c.id)
_BY_ID = _SORTED.where(positions.c.id == bindparam("position"))
_OPEN_OF = _SORTED.where(positions.c.bot_id == bindparam("bot"), NOT_CLOSED)
_OPEN_OF_MANY = _SORTED.where(
    positions.c.bot_id.in_(bindparam("bots", expanding=True)),
    positions.c.state != PositionState.CLOSED,
)
_OF_DECISION = _SORTED.where(
    positions.c.bot_id == bindparam("bot"), positions.c.decision == bindparam("number")
)


class SqlPositions(Repo):
    """Positions; the database allows one that is not closed per bot."""

    async def add(self, position: Position) -> Position:
        """Insert it; raises ``Conflict`` while the bot has another one."""
        self._require_mine(position.owner_id)
        await self._require_bot(position.bot_id)
        try:
            return Position(*(await self._session.attempt(_INSERT, values_of(position)))[0])
        except Taken:
            raise Conflict("conflict.position_open", bot_id=position.bot_id) from None

    async def save(self, position: Position) -> Position:
        """Write it; raises ``Stale`` when the revision moved on; returns the next revision."""
        self._require_mine(position.owner_id)
        values = values_of(position, without=_FIXED) | {"revision": position.revision + 1}
        values |= {
            "position": position.id,
            "owner": position.owner_id,
            "seen": position.revision,
        }
        if not await self._session.rows(_SAVE, values):
            await self.get(position.id)
            raise Stale(f"position {position.id}")
        return replace(position, revision=position.revision + 1)

    async def get(self, position_id: int) -> Position:
        """One position; raises ``NotFound``."""
        found = await self._found(_BY_ID, position=position_id)
        if not found:
            raise NotFound(f"position {position_id}")
        return found[0]

    async def open_of(self, bot_id: int) -> Position | None:
        """The bot's position that is not closed."""
        found = await self._found(_OPEN_OF, bot=bot_id)
        return found[0] if found else None

    async def open_of_many(self, bot_ids: Collection[int]) -> list[Position]:
        """The open positions of some bots."""
        return await self._found(_OPEN_OF_MANY, bots=bot_ids)

    async def open_of_account(self, account: str) -> list[Position]:
        """The open positions of an account, oldest first."""
        return await self._many(positions.c.account == account, NOT_CLOSED)

    async def on_symbol(self, account: str, symbol: str) -> list[Position]:
        """The open positions of an account on a symbol, oldest first."""
        there = (positions.c.account == account) & (positions.c.symbol == symbol)
        return await self._many(there, NOT_CLOSED)

    async def latest_on(self, account: str, symbol: str) -> Position | None:
        """The last one closed on a symbol."""
        query = (
            _SELECT.where(
                positions.c.account == account,
                positions.c.symbol == symbol,
                positions.c.state == PositionState.CLOSED,
            )
            .order_by(positions.c.closed_at.desc(), positions.c.id.desc())
            .limit(1)
        )
        row = await self._first(self._mine(query, positions.c.owner_id))
        return None if row is None else Position(*row)

    async def unfunded(self, account: str) -> list[Position]:
        """Closed futures positions of an account that were not asked about since, oldest first."""
        return await self._many(positions.c.account == account, UNFUNDED)

    async def of_decision(self, bot_id: int, decision: int) -> Position | None:
        """The position that a decision of the bot opened."""
        found = await self._found(_OF_DECISION, bot=bot_id, number=decision)
        return found[0] if found else None

    async def unfinished(self) -> list[Position]:
        """Those not closed, and closed ones with an order that may still be live."""
        live = exists().where(
            orders.c.position_id == positions.c.id, orders.c.state.not_in(FINAL_STATES)
        )
        return await self._many((positions.c.state != PositionState.CLOSED) | live)

    async def recent(self, *, limit: int) -> list[Position]:
        """The newest positions, newest first."""
        query = _SELECT.order_by(positions.c.id.desc()).limit(limit)
        rows = await self._session.rows(self._mine(query, positions.c.owner_id))
        return [Position(*row) for row in rows]

    async def opened_since(self, bot_id: int, at: int) -> int:
        """How many positions of a bot were opened at ``at`` (ms) or later."""
        return len(await self._many(positions.c.bot_id == bot_id, positions.c.opened_at >= at))

    async def _found(self, query: Select[Any], **values: Any) -> list[Position]:
        rows = await self._rows_of(query, positions.c.owner_id, **values)
        return [Position(*row) for row in rows]

    async def _many(self, *where: ColumnElement[Any] | TextClause) -> list[Position]:
        query = _SELECT.where(*where).order_by(positions.c.id)
        rows = await self._session.rows(self._mine(query, positions.c.owner_id))
        return [Position(*row) for row in rows]
