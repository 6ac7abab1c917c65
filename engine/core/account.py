"""People and their keys: accounts, roles, invites, exchange keys as others may see them."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from engine.core.bot_config import Environment


class Role(StrEnum):
    """What a user may do."""

    ADMIN = "admin"
    TRADER = "trader"
    VIEWER = "viewer"

    @property
    def may_trade(self) -> bool:
        """Whether bots and keys may be changed."""
        return self is not Role.VIEWER


@dataclass(frozen=True, slots=True)
class Account:
    """A user of Skipper; ``telegram_id`` is the identity. Times ms UTC."""

    id: int
    telegram_id: int
    name: str
    role: Role
    created_at: int
    active: bool = True
    reachable: bool = True


@dataclass(frozen=True, slots=True)
class KeyRights:
    """What the exchange says a key may do, and the account's balances of note (free, by asset).

    ``margin`` is what the futures wallet has available, empty without the right to trade there.
    ``can_transfer``: between the owner's own wallets; ``can_transfer_out``: to other accounts.
    Hedge mode is left by itself while the account is flat; multi-assets mode the user must leave.
    """

    can_read: bool
    can_trade_spot: bool
    can_withdraw: bool
    can_transfer: bool
    ip_restricted: bool
    balances: dict[str, Decimal] = field(default_factory=dict)
    can_trade_futures: bool = False
    margin: dict[str, Decimal] = field(default_factory=dict)
    hedge_mode: bool = False
    multi_assets: bool = False
    can_transfer_out: bool = False


class KeyState(StrEnum):
    """Whether a key may be used."""

    GOOD = "good"
    REFUSED = "refused"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Key:
    """An exchange key without its secret; ``fingerprint`` identifies it to people.

    ``futures``: whether it may trade there; ``transfers``: whether it may move money between its
    owner's wallets.
    """

    id: int
    public_id: str
    owner_id: int
    label: str
    environment: Environment
    fingerprint: str
    state: KeyState
    created_at: int
    checked_at: int
    ip_restricted: bool = False
    problem: str = ""
    futures: bool = False
    transfers: bool = False


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key with its secret, in memory only as long as needed; neither is ever printed."""

    api_key: str = field(repr=False)
    secret: str = field(repr=False)
    environment: Environment


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what: ``act`` is a verb like ``bot.start``; before and after as short texts."""

    owner_id: int
    actor: str
    act: str
    target: str
    at: int
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A conversation in progress: one per owner; ``data`` holds what was answered so far.

    ``expects`` names the value that the next typed message answers (empty: none).
    """

    owner_id: int
    kind: str
    step: str
    data: dict[str, str]
    revision: int
    updated_at: int
    message_id: int | None = None
    expects: str = ""
