"""Trading bots."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, bindparam, false, insert, select, true, update

from engine.core.bot import Bot
from engine.core.bot_config import BotConfig
from engine.core.bot_state import BotState
from engine.core.errors import Conflict, NotFound, Stale
from storage.database import Taken
from storage.models.trading import bots
from storage.prepared import Prepared
from storage.repos.base import Repo, columns_of, new_public_id, values_of

_COLUMNS = columns_of(Bot, bots)
_SELECT = select(*_COLUMNS)
_INSERT = Prepared(insert(bots).returning(*_COLUMNS))
_LIVING = bots.c.deleted == false()
_SAVE = Prepared(
    update(bots).where(
        bots.c.id == bindparam("bot"),
        bots.c.owner_id == bindparam("owner"),
        bots.c.revision == bindparam("seen"),
        _LIVING,
    )
)
_SORTED = _SELECT.where(_LIVING).order_by(bots.c.id)
_MANY = _SORTED.where(bots.c.id.in_(bindparam("wanted", expanding=True)))
_FIXED = ("id", "public_id", "owner_id", "created_at", "revision")


class SqlBots(Repo):
    """Living bots; deleted ones are not found."""

    async def add(self, config: BotConfig, at: int) -> Bot:
        """Create a stopped bot of the unit's owner; raises ``Conflict`` (name taken)."""
        owner = self._require_owner()
        bot = Bot(0, "", owner, config, BotState.STOPPED, at)
        while True:
            await self._refuse_name(owner, config.name)
            row = values_of(bot) | {"public_id": new_public_id(), "name": config.name}
            try:
                return Bot(*(await self._session.attempt(_INSERT, row))[0])
            except Taken:
                continue

    async def get(self, bot_id: int) -> Bot:
        """One bot; raises ``NotFound``."""
        found = await self.many([bot_id])
        if not found:
            raise NotFound(f"bot {bot_id}")
        return found[0]

    async def by_public_id(self, public_id: str) -> Bot:
        """The bot that a button names; raises ``NotFound``."""
        return await self._one(bots.c.public_id == public_id, public_id)

    async def all(self) -> list[Bot]:
        """Every bot, oldest first."""
        return await self._many(true())

    async def by_state(self, states: Sequence[BotState]) -> list[Bot]:
        """Bots in one of the states, oldest first."""
        return await self._many(bots.c.state.in_(states))

    async def many(self, bot_ids: Collection[int]) -> list[Bot]:
        """Those of the bots that exist, oldest first."""
        rows = await self._rows_of(_MANY, bots.c.owner_id, wanted=bot_ids)
        return [Bot(*row) for row in rows]

    async def save(self, bot: Bot) -> Bot:
        """Write every changeable field; returns it with the next revision.

        Raises ``Stale``, ``NotFound`` (also when it was deleted), ``Conflict`` (name taken).
        """
        (saved,) = await self.save_all([bot])
        return saved

    async def save_all(self, bots_: Sequence[Bot]) -> list[Bot]:
        """Write many bots; raises as ``save`` does, and the unit must not be committed then."""
        for bot in bots_:
            self._require_mine(bot.owner_id)
        if not bots_:
            return []
        try:
            saved = await self._session.attempt_all(_SAVE, [_saved(bot) for bot in bots_])
        except Taken:
            names = ", ".join(bot.config.name for bot in bots_)
            raise Conflict("conflict.bot_name", name=names) from None
        if saved != len(bots_):
            for bot in bots_:
                await self.get(bot.id)
            raise Stale(f"{len(bots_) - saved} of {len(bots_)} bots moved on")
        return [replace(bot, revision=bot.revision + 1) for bot in bots_]

    async def delete(self, bot_id: int) -> None:
        """Hide it for ever; its orders and trades stay in the books. Raises ``NotFound``."""
        statement = update(bots).where(bots.c.id == bot_id, _LIVING).values(deleted=True)
        if self._owner is not None:
            statement = statement.where(bots.c.owner_id == self._owner)
        if not await self._session.change(statement):
            raise NotFound(f"bot {bot_id}")

    async def _one(self, where: ColumnElement[bool], name: str) -> Bot:
        found = await self._many(where)
        if not found:
            raise NotFound(f"bot {name}")
        return found[0]

    async def _many(self, where: ColumnElement[bool]) -> list[Bot]:
        query = _SELECT.where(where, _LIVING).order_by(bots.c.id)
        rows = await self._session.rows(self._mine(query, bots.c.owner_id))
        return [Bot(*row) for row in rows]

    async def _refuse_name(self, owner: int, name: str) -> None:
        query = select(bots.c.id).where(bots.c.owner_id == owner, bots.c.name == name, _LIVING)
        if await self._session.rows(query):
            raise Conflict("conflict.bot_name", name=name)


def _saved(bot: Bot) -> dict[str, Any]:
    values = values_of(bot, without=_FIXED)
    values |= {"name": bot.config.name, "revision": bot.revision + 1}
    return values | {"bot": bot.id, "owner": bot.owner_id, "seen": bot.revision}
