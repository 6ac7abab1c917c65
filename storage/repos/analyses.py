"""What analysts said, and the twins of their bots."""

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import delete, func, insert, select, update

from engine.core.analysis import Analysis, Twin
from engine.core.errors import Conflict, NotFound
from storage.database import Taken
from storage.models.records import analyses, twins
from storage.repos.base import Repo, columns_of, values_of

_ANALYSIS = select(*columns_of(Analysis, analyses))
_TWIN = select(*columns_of(Twin, twins))


class SqlAnalyses(Repo):
    """Calls of a model, one per owner, judge and candle."""

    async def add(self, analysis: Analysis) -> Analysis:
        """Insert it with its id; raises ``Conflict`` when that candle was analysed."""
        self._require_mine(analysis.owner_id)
        statement = insert(analyses).values(**values_of(analysis)).returning(analyses.c.id)
        try:
            made = await self._session.attempt(statement)
        except Taken:
            raise Conflict("conflict.analysed", candle=analysis.candle_open) from None
        return replace(analysis, id=made[0].id)

    async def get(self, analysis_id: int) -> Analysis:
        """One of them; raises ``NotFound``."""
        query = _ANALYSIS.where(analyses.c.id == analysis_id)
        row = await self._first(self._mine(query, analyses.c.owner_id))
        if row is None:
            raise NotFound(f"analysis {analysis_id}")
        return Analysis(*row)

    async def recent(
        self, *, limit: int, part: str | None = None, stream: str | None = None
    ) -> list[Analysis]:
        """The newest first; those of one judge, of one stream, or all."""
        query = _ANALYSIS.order_by(analyses.c.id.desc()).limit(limit)
        if part is not None:
            query = query.where(analyses.c.part == part)
        if stream is not None:
            query = query.where(analyses.c.stream == stream)
        rows = await self._session.rows(self._mine(query, analyses.c.owner_id))
        return [Analysis(*row) for row in rows]

    async def count_since(self, owner_id: int, at: int) -> int:
        """How many calls of an owner were made at ``at`` (ms) or later."""
        mine = (analyses.c.owner_id == owner_id) & (analyses.c.at >= at)
        query = select(func.count().label("calls")).select_from(analyses).where(mine)
        rows = await self._session.rows(self._mine(query, analyses.c.owner_id))
        return int(rows[0].calls)

    async def costs_since(self, owner_id: int, at: int) -> list[Decimal | None]:
        """Estimated cost of each of those calls, None where no price was set."""
        mine = (analyses.c.owner_id == owner_id) & (analyses.c.at >= at)
        query = select(analyses.c.cost).where(mine)
        rows = await self._session.rows(self._mine(query, analyses.c.owner_id))
        return [row.cost for row in rows]

    async def count_all_since(self, at: int) -> int:
        """How many calls of everybody were made at ``at`` (ms) or later."""
        self._require_system()
        query = select(func.count().label("calls")).select_from(analyses)
        rows = await self._session.rows(query.where(analyses.c.at >= at))
        return int(rows[0].calls)

    async def delete_before(self, at: int) -> int:
        """Forget older ones; returns how many."""
        self._require_system()
        return await self._session.change(delete(analyses).where(analyses.c.at < at))


class SqlTwins(Repo):
    """The twins of bots that ask a model."""

    async def get(self, bot_id: int) -> Twin | None:
        """The bot's twin, if it has one; raises ``NotFound`` (bot)."""
        await self._require_bot(bot_id)
        return (await self.many([bot_id])).get(bot_id)

    async def many(self, bot_ids: Collection[int]) -> dict[int, Twin]:
        """The twins of some bots, by bot."""
        query = _TWIN.where(twins.c.bot_id.in_(bot_ids))
        rows = await self._session.rows(self._mine(query, twins.c.owner_id))
        return {row.bot_id: Twin(*row) for row in rows}

    async def put(self, twin: Twin) -> None:
        """Write it over the one before; raises ``NotFound`` for somebody else's bot."""
        self._require_mine(twin.owner_id)
        await self._require_bot(twin.bot_id)
        values = values_of(twin, without=())
        if await self._session.change(
            update(twins).where(twins.c.bot_id == twin.bot_id).values(**values)
        ):
            return
        try:
            await self._session.attempt(insert(twins).values(**values).returning(twins.c.bot_id))
        except Taken:
            await self.put(twin)
