"""Accounts: registration of operators and invited people, invites."""

import hashlib
import secrets
from dataclasses import dataclass

from engine.core.account import Account, AuditEntry, Role
from engine.core.errors import InvalidValue
from engine.services.office import Office

HOUR_MS = 3_600_000
INVITE_HOURS = (24, 72)
_CODE_BYTES = 24  # 192 bits, 32 characters of the 64 that a start link may carry
_MAX_NAME = 64


@dataclass(frozen=True, slots=True)
class Invite:
    """A fresh invite; ``code`` is shown once and stored only as a hash."""

    code: str
    role: Role
    expires: int
    hours: int


def code_hash(code: str) -> str:
    """What is stored of an invite code."""
    return hashlib.sha256(code.encode()).hexdigest()


async def make_invite(office: Office, role: Role, by: int | None, *, hours: int = 48) -> Invite:
    """Make a one-time invite that expires after ``hours``; ``by`` is the inviting account.

    Raises ``InvalidValue`` outside 24 to 72 hours.
    """
    low, high = INVITE_HOURS
    if not low <= hours <= high:
        raise InvalidValue("hours", hours, "range", low=low, high=high)
    now = office.clock.now_ms()
    code = secrets.token_urlsafe(_CODE_BYTES)
    expires = now + hours * HOUR_MS
    async with office.storage.system() as unit:
        await unit.accounts.add_invite(code_hash(code), role, by, expires)
        if by is not None:
            await unit.audit.add(AuditEntry(by, "account", "invite.make", role.value, now))
        await unit.commit()
    return Invite(code, role, expires, hours)


async def register(
    office: Office, telegram_id: int, name: str, code: str
) -> tuple[Account | None, bool]:
    """The account of a Telegram user and whether it is new; None for a stranger.

    Operators become admins. Everybody else needs an invite ``code``, which is used up.
    """
    now = office.clock.now_ms()
    async with office.storage.system() as unit:
        known = await unit.accounts.by_telegram(telegram_id)
        if known is not None:
            return (known if known.active else None), False
        role: Role | None = None
        if telegram_id in office.operators:
            role = Role.ADMIN
        elif code:
            role = await unit.accounts.use_invite(code_hash(code), telegram_id, now)
        if role is None:
            return None, False
        account = await unit.accounts.add(telegram_id, name[:_MAX_NAME], role, now)
        actor = f"telegram:{telegram_id}"
        await unit.audit.add(
            AuditEntry(account.id, actor, "account.register", actor, now, after=role.value)
        )
        await unit.commit()
    return account, True
