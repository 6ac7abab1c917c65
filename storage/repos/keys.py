"""Exchange keys."""

from typing import Any

from sqlalchemy import ColumnElement, insert, select, update

from engine.core.account import Key, KeyState
from engine.core.bot_config import Environment
from engine.core.errors import Conflict, NotFound
from storage.database import Taken
from storage.models.people import keys
from storage.repos.base import Repo, columns_of, new_public_id

_COLUMNS = columns_of(Key, keys)
_SELECT = select(*_COLUMNS)
_INSERT = insert(keys).returning(*_COLUMNS)
_KEPT = keys.c.state != KeyState.REMOVED


class SqlKeys(Repo):
    """Keys without their secrets."""

    async def add(
        self,
        label: str,
        environment: Environment,
        fingerprint: str,
        sealed: bytes,
        at: int,
        *,
        ip_restricted: bool,
        futures: bool = False,
        transfers: bool = False,
    ) -> Key:
        """Store a key of the unit's owner; raises ``Conflict`` (label or fingerprint taken)."""
        values = {
            "owner_id": self._require_owner(),
            "label": label,
            "environment": environment,
            "fingerprint": fingerprint,
            "state": KeyState.GOOD,
            "created_at": at,
            "checked_at": at,
            "ip_restricted": ip_restricted,
            "futures": futures,
            "transfers": transfers,
            "sealed": sealed,
        }
        while True:
            await self._refuse_doubles(label, environment, fingerprint)
            row = values | {"public_id": new_public_id()}
            try:
                return Key(*(await self._session.attempt(_INSERT, row))[0])
            except Taken:
                continue

    async def get(self, key_id: int) -> Key:
        """One key, removed or not; raises ``NotFound``."""
        return await self._one(keys.c.id == key_id, str(key_id))

    async def by_public_id(self, public_id: str) -> Key:
        """The key that a button names; raises ``NotFound``, also for a removed one."""
        return await self._one((keys.c.public_id == public_id) & _KEPT, public_id)

    async def all(self) -> list[Key]:
        """Keys that were not removed, oldest first."""
        query = _SELECT.where(_KEPT).order_by(keys.c.id)
        rows = await self._session.rows(self._mine(query, keys.c.owner_id))
        return [Key(*row) for row in rows]

    async def sealed(self, key_id: int) -> tuple[int, bytes]:
        """Owner's id and ciphertext; raises ``NotFound`` for a removed key."""
        query = select(keys.c.owner_id, keys.c.sealed).where(keys.c.id == key_id)
        row = await self._first(self._mine(query, keys.c.owner_id))
        if row is None or row.sealed is None:
            raise NotFound(f"key {key_id}")
        return row.owner_id, row.sealed

    async def set_state(self, key_id: int, state: KeyState, problem: str, at: int) -> None:
        """Mark it; REMOVED also deletes the ciphertext. A removed key is ``NotFound``."""
        values: dict[str, Any] = {"state": state, "problem": problem, "checked_at": at}
        if state is KeyState.REMOVED:
            values["sealed"] = None
        await self._write(key_id, values)

    async def set_rights(
        self,
        key_id: int,
        *,
        futures: bool,
        ip_restricted: bool,
        at: int,
        transfers: bool = False,
    ) -> None:
        """Remember what the exchange says that it may do; a removed key is ``NotFound``."""
        rights = {"futures": futures, "ip_restricted": ip_restricted, "transfers": transfers}
        await self._write(key_id, rights | {"checked_at": at})

    async def all_sealed(self) -> list[tuple[int, int, bytes]]:
        """Id, owner and ciphertext of every key that has one; for the operator."""
        self._require_system()
        query = select(keys.c.id, keys.c.owner_id, keys.c.sealed)
        rows = await self._session.rows(query.where(keys.c.sealed.is_not(None)))
        return [(row.id, row.owner_id, row.sealed) for row in rows]

    async def reseal(self, key_id: int, sealed: bytes) -> None:
        """Replace a ciphertext by one under another master key; for the operator."""
        self._require_system()
        await self._session.change(update(keys).where(keys.c.id == key_id), {"sealed": sealed})

    async def _write(self, key_id: int, values: dict[str, Any]) -> None:
        statement = update(keys).where(keys.c.id == key_id, _KEPT)
        if self._owner is not None:
            statement = statement.where(keys.c.owner_id == self._owner)
        if not await self._session.change(statement, values):
            raise NotFound(f"key {key_id}")

    async def _one(self, where: ColumnElement[bool], name: str) -> Key:
        query = _SELECT.where(where)
        row = await self._first(self._mine(query, keys.c.owner_id))
        if row is None:
            raise NotFound(f"key {name}")
        return Key(*row)

    async def _refuse_doubles(
        self, label: str, environment: Environment, fingerprint: str
    ) -> None:
        same_key = (keys.c.environment == environment) & (keys.c.fingerprint == fingerprint)
        query = select(keys.c.label).where(_KEPT, (keys.c.label == label) | same_key)
        row = await self._first(self._mine(query, keys.c.owner_id))
        if row is not None:
            reason = "conflict.key_label" if row.label == label else "conflict.key_known"
            raise Conflict(reason, label=row.label)
