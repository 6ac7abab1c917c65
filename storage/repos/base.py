"""What every repository shares: its session, its owner, and rows to objects and back."""

import secrets
import string
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, Select, Table, bindparam, select

from engine.core.errors import NotFound
from storage.database import Record, Session
from storage.models.trading import bots
from storage.prepared import Prepared

_DIGITS = string.digits + string.ascii_lowercase
PUBLIC_ID_LENGTH = 6


class Repo:
    """Rows of one owner, or all rows when ``owner`` is None (a system's unit)."""

    def __init__(self, session: Session, owner: int | None) -> None:
        self._session = session
        self._owner = owner

    def _mine(self, query: Select[Any], owner: Column[Any]) -> Select[Any]:
        """The query, restricted to rows of the unit's owner."""
        return query if self._owner is None else query.where(owner == self._owner)

    async def _rows_of(
        self, query: Select[Any], owner: Column[Any], **values: Any
    ) -> Sequence[Record]:
        """Rows of the unit's owner by a constant query; ``values`` are its parameters."""
        if self._owner is None:
            return await self._session.rows(_prepared(query, None), values)
        values["of_owner"] = self._owner
        return await self._session.rows(_prepared(query, owner), values)

    def _require_mine(self, owner_id: int) -> None:
        """Raise NotFound for a row of somebody else."""
        if self._owner is not None and owner_id != self._owner:
            raise NotFound(f"owner {owner_id}")

    def _require_owner(self) -> int:
        """The unit's owner; RuntimeError in a system's unit."""
        if self._owner is None:
            raise RuntimeError("this needs the unit of an owner")
        return self._owner

    def _require_system(self) -> None:
        """Raise NotFound in an owner's unit: what belongs to nobody is not there."""
        if self._owner is not None:
            raise NotFound("not in an owner's unit")

    async def _require_bot(self, bot_id: int) -> None:
        """Raise NotFound unless the bot, deleted or not, is the owner's.

        In a system's unit the foreign keys alone guard, which saves a query per write.
        """
        if self._owner is None:
            return
        query = select(bots.c.id).where(bots.c.id == bot_id, bots.c.owner_id == self._owner)
        if not await self._session.rows(query):
            raise NotFound(f"bot {bot_id}")

    async def _first(self, query: Select[Any]) -> Record | None:
        rows = await self._session.rows(query)
        return rows[0] if rows else None


@cache
def _prepared(query: Select[Any], owner: Column[Any] | None) -> Prepared:
    return Prepared(query if owner is None else query.where(owner == bindparam("of_owner")))


def columns_of(kind: type[Any], table: Table) -> list[Column[Any]]:
    """The table's columns that hold the fields of a dataclass, in the order of its fields."""
    return [table.c[name] for name in kind.__match_args__]


def values_of(item: Any, *, without: Sequence[str] = ("id",)) -> dict[str, Any]:
    """Column values of a dataclass instance."""
    return {name: getattr(item, name) for name in type(item).__match_args__ if name not in without}


def new_public_id() -> str:
    """Six random digits in base 36: what buttons and the command line call a thing."""
    return "".join(secrets.choice(_DIGITS) for _ in range(PUBLIC_ID_LENGTH))
