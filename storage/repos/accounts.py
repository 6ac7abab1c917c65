"""Accounts and invites."""

from typing import Any

from sqlalchemy import insert, select, update

from engine.core.account import Account, Role
from engine.core.errors import Conflict, NotFound
from storage.database import Taken
from storage.models.people import accounts, invites
from storage.repos.base import Repo, columns_of

_COLUMNS = columns_of(Account, accounts)
_INSERT = insert(accounts).returning(*_COLUMNS)


class SqlAccounts(Repo):
    """People; an owner's unit sees and changes its own account only."""

    async def add(self, telegram_id: int, name: str, role: Role, at: int) -> Account:
        """Create the account of a Telegram user; raises ``Conflict`` when it exists."""
        self._require_system()
        values = {"telegram_id": telegram_id, "name": name, "role": role, "created_at": at}
        try:
            return Account(*(await self._session.attempt(_INSERT, values))[0])
        except Taken:
            raise Conflict("conflict.account_exists") from None

    async def by_telegram(self, telegram_id: int) -> Account | None:
        """The account of a Telegram user."""
        query = select(*_COLUMNS).where(accounts.c.telegram_id == telegram_id)
        row = await self._first(self._mine(query, accounts.c.id))
        return None if row is None else Account(*row)

    async def get(self, account_id: int) -> Account:
        """One account; raises ``NotFound``."""
        query = select(*_COLUMNS).where(accounts.c.id == account_id)
        row = await self._first(self._mine(query, accounts.c.id))
        if row is None:
            raise NotFound(f"account {account_id}")
        return Account(*row)

    async def all(self) -> list[Account]:
        """Every account, oldest first."""
        query = self._mine(select(*_COLUMNS).order_by(accounts.c.id), accounts.c.id)
        return [Account(*row) for row in await self._session.rows(query)]

    async def set_reachable(self, account_id: int, *, reachable: bool) -> None:
        """Note whether the chat delivers; raises ``NotFound``."""
        await self._set(account_id, reachable=reachable)

    async def set_active(self, account_id: int, *, active: bool) -> None:
        """Let in or lock out; raises ``NotFound``."""
        await self._set(account_id, active=active)

    async def set_role(self, account_id: int, role: Role) -> None:
        """Change what the account may do; raises ``NotFound``."""
        await self._set(account_id, role=role)

    async def add_invite(self, code_hash: str, role: Role, by: int | None, expires: int) -> None:
        """Store an invite by the hash of its code."""
        if self._owner is not None and by != self._owner:
            raise NotFound(f"account {by}")
        values = {"code_hash": code_hash, "role": role, "made_by": by, "expires": expires}
        await self._session.change(insert(invites), values)

    async def use_invite(self, code_hash: str, telegram_id: int, at: int) -> Role | None:
        """Role of a valid, unused invite, which is then used up; None otherwise."""
        self._require_system()
        statement = (
            update(invites)
            .where(
                invites.c.code_hash == code_hash,
                invites.c.used_at.is_(None),
                invites.c.expires > at,
            )
            .values(used_at=at, used_by=telegram_id)
            .returning(invites.c.role)
        )
        rows = await self._session.rows(statement)
        return rows[0][0] if rows else None

    async def _set(self, account_id: int, **values: Any) -> None:
        self._require_mine(account_id)
        statement = update(accounts).where(accounts.c.id == account_id)
        if not await self._session.change(statement, values):
            raise NotFound(f"account {account_id}")
