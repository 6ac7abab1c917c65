"""Closed trades and the counters of a day."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, bindparam, insert, select, update

from engine.core.checks import DayCount
from engine.core.errors import Conflict, NotFound
from engine.core.trade import Trade
from storage.database import Taken
from storage.models.trading import bots, counters, trades
from storage.prepared import Prepared
from storage.repos.base import Repo, columns_of, values_of

_COLUMNS = columns_of(Trade, trades)
_SELECT = select(*_COLUMNS)
_INSERT = insert(trades).returning(*_COLUMNS)
_FIXED = ("id", "position_id", "owner_id", "bot_id")
_COUNTED = columns_of(DayCount, counters)
_OF_DAY = (
    select(counters.c.bot_id, *_COUNTED)
    .join(bots, bots.c.id == counters.c.bot_id)
    .where(
        counters.c.day == bindparam("on_day"),
        counters.c.bot_id.in_(bindparam("of_bots", expanding=True)),
    )
)
_OF_BOT = select(*_COUNTED).where(
    counters.c.bot_id == bindparam("of_bot"), counters.c.day == bindparam("on_day")
)
_READ, _LOCK = Prepared(_OF_BOT), Prepared(_OF_BOT.with_for_update())
_ADD = Prepared(insert(counters).returning(counters.c.day))


class SqlTrades(Repo):
    """Closed trades, one per position."""

    async def add(self, trade: Trade) -> Trade:
        """Insert it; raises ``Conflict`` when the position's books were closed before."""
        self._require_mine(trade.owner_id)
        await self._require_bot(trade.bot_id)
        try:
            return Trade(*(await self._session.attempt(_INSERT, values_of(trade)))[0])
        except Taken:
            raise Conflict("conflict.trade_known", position_id=trade.position_id) from None

    async def replace(self, trade: Trade) -> None:
        """Write a trade's figures anew, by its position; raises ``NotFound``."""
        self._require_mine(trade.owner_id)
        statement = update(trades).where(
            trades.c.position_id == trade.position_id, trades.c.owner_id == trade.owner_id
        )
        if not await self._session.change(statement, values_of(trade, without=_FIXED)):
            raise NotFound(f"trade of position {trade.position_id}")

    async def recent(
        self, *, limit: int, bot_id: int | None = None, before_id: int | None = None
    ) -> list[Trade]:
        """The newest trades, newest first, older than ``before_id``."""
        query = _SELECT.order_by(trades.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(trades.c.id < before_id)
        return await self._many(query, bot_id)

    async def since(self, at: int, bot_id: int | None = None) -> list[Trade]:
        """Trades closed at or after ``at``, oldest first."""
        query = _SELECT.where(trades.c.closed_at >= at)
        return await self._many(query.order_by(trades.c.closed_at, trades.c.id), bot_id)

    async def of_position(self, position_id: int) -> Trade | None:
        """The closed books of a position."""
        query = _SELECT.where(trades.c.position_id == position_id)
        found = await self._many(query, None)
        return found[0] if found else None

    async def last_losses(self, bot_ids: Collection[int], since: int) -> dict[int, int]:
        """When each bot closed its last losing trade, from ``since`` (ms) on, by bot."""
        query = (
            select(trades.c.bot_id, trades.c.closed_at, trades.c.net)
            .where(trades.c.bot_id.in_(bot_ids), trades.c.closed_at >= since)
            .order_by(trades.c.closed_at)
        )
        rows = await self._session.rows(self._mine(query, trades.c.owner_id))
        # Compared here: SQLite holds exact decimals as texts.
        return {bot_id: closed_at for bot_id, closed_at, net in rows if net < 0}

    async def _many(self, query: Select[Any], bot_id: int | None) -> list[Trade]:
        if bot_id is not None:
            query = query.where(trades.c.bot_id == bot_id)
        rows = await self._session.rows(self._mine(query, trades.c.owner_id))
        return [Trade(*row) for row in rows]


class SqlCounters(Repo):
    """Figures per bot and limit day."""

    async def get(self, bot_id: int, day: str) -> DayCount:
        """The day's figures, zero when there are none; raises ``NotFound`` (bot)."""
        await self._require_bot(bot_id)
        return await self._read(bot_id, day) or DayCount(day)

    async def of_day(self, day: str, bot_ids: Collection[int]) -> dict[int, DayCount]:
        """The day's figures of some bots, by bot; those without any are left out."""
        rows = await self._rows_of(_OF_DAY, bots.c.owner_id, on_day=day, of_bots=bot_ids)
        return {row[0]: DayCount(*row[1:]) for row in rows}

    async def add(self, bot_id: int, count: DayCount) -> None:
        """Add the figures of ``count`` to the row of its day; raises ``NotFound`` (bot)."""
        await self._require_bot(bot_id)
        # Two units of a server must not add to the same figure at once.
        known = await self._read(bot_id, count.day, lock=True)
        if known is None:
            row = {"bot_id": bot_id, **values_of(count)}
            try:
                await self._session.attempt(_ADD, row)
            except Taken:
                await self.add(bot_id, count)
            return
        total = replace(
            known,
            entries=known.entries + count.entries,
            closed=known.closed + count.closed,
            net=known.net + count.net,
        )
        await self._session.change(
            update(counters)
            .where(counters.c.bot_id == bot_id, counters.c.day == count.day)
            .values(**values_of(total, without=("day",)))
        )

    async def put(self, bot_id: int, count: DayCount) -> None:
        """Write the figures of a day anew; raises ``NotFound`` (bot)."""
        known = await self.get(bot_id, count.day)
        await self.add(
            bot_id,
            DayCount(
                count.day,
                count.entries - known.entries,
                count.closed - known.closed,
                count.net - known.net,
            ),
        )

    async def _read(self, bot_id: int, day: str, *, lock: bool = False) -> DayCount | None:
        of = {"of_bot": bot_id, "on_day": day}
        rows = await self._session.rows(_LOCK if lock else _READ, of)
        return DayCount(*rows[0]) if rows else None
