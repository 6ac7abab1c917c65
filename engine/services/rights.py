"""Who may act, and the audit entry that every act leaves behind."""

from engine.core.account import Account, AuditEntry, Role
from engine.core.errors import Forbidden


def require_trader(account: Account) -> None:
    """Raise ``Forbidden`` for somebody who may only look."""
    if not account.role.may_trade:
        raise Forbidden("forbidden.viewer")


def require_admin(account: Account) -> None:
    """Raise ``Forbidden`` for anybody but an operator."""
    if account.role is not Role.ADMIN:
        raise Forbidden("forbidden.admin")


def entry(
    account: Account, act: str, target: str, at: int, *, before: str = "", after: str = ""
) -> AuditEntry:
    """Audit entry of an act that ``account`` did in the chat."""
    actor = f"telegram:{account.telegram_id}"
    return AuditEntry(account.id, actor, act, target, at, before, after)
