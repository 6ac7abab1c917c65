"""Repositories of people and what they leave: accounts, keys, drafts, audit."""

from typing import Protocol

from engine.core.account import Account, AuditEntry, Draft, Key, KeyState, Role
from engine.core.bot_config import Environment


class Accounts(Protocol):
    """People."""

    async def add(self, telegram_id: int, name: str, role: Role, at: int) -> Account:
        """Create the account of a Telegram user; raises ``Conflict`` when it exists."""
        ...

    async def by_telegram(self, telegram_id: int) -> Account | None: ...
    async def get(self, account_id: int) -> Account: ...
    async def all(self) -> list[Account]: ...
    async def set_reachable(self, account_id: int, *, reachable: bool) -> None: ...
    async def set_active(self, account_id: int, *, active: bool) -> None: ...
    async def set_role(self, account_id: int, role: Role) -> None: ...

    async def add_invite(self, code_hash: str, role: Role, by: int | None, expires: int) -> None:
        """Store an invite by the hash of its code."""
        ...

    async def use_invite(self, code_hash: str, telegram_id: int, at: int) -> Role | None:
        """Role of a valid, unused invite, which is then used up; None otherwise."""
        ...


class Keys(Protocol):
    """Exchange keys; the sealed secret never leaves but by ``sealed``."""

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
        ...

    async def get(self, key_id: int) -> Key: ...
    async def by_public_id(self, public_id: str) -> Key: ...
    async def all(self) -> list[Key]: ...
    async def sealed(self, key_id: int) -> tuple[int, bytes]:
        """Owner's id and ciphertext; raises ``NotFound`` for a removed key."""
        ...

    async def set_state(self, key_id: int, state: KeyState, problem: str, at: int) -> None:
        """Mark it; REMOVED also deletes the ciphertext."""
        ...

    async def set_rights(
        self,
        key_id: int,
        *,
        futures: bool,
        ip_restricted: bool,
        at: int,
        transfers: bool = False,
    ) -> None:
        """Remember what the exchange says that it may do."""
        ...


class Drafts(Protocol):
    """Conversations in progress, one per owner."""

    async def get(self) -> Draft | None: ...
    async def put(self, draft: Draft) -> None: ...
    async def delete(self) -> None: ...


class Audit(Protocol):
    """Append-only log of acts."""

    async def add(self, entry: AuditEntry) -> None: ...
    async def recent(self, *, limit: int) -> list[AuditEntry]: ...
