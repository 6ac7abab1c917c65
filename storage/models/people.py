"""Tables of people: accounts, invites, keys, drafts, audit."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from engine.core.account import KeyState, Role
from engine.core.bot_config import Environment
from storage.models.base import metadata
from storage.types import ID, MS, Choice, Texts

accounts = Table(
    "accounts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("telegram_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Choice(Role), nullable=False),
    Column("created_at", MS, nullable=False),
    Column("active", Boolean, nullable=False, default=True),
    Column("reachable", Boolean, nullable=False, default=True),
    UniqueConstraint("telegram_id"),
)

invites = Table(
    "invites",
    metadata,
    Column("code_hash", Text, primary_key=True),
    Column("role", Choice(Role), nullable=False),
    Column("made_by", ID, ForeignKey("accounts.id")),
    Column("expires", MS, nullable=False),
    Column("used_at", MS),
    Column("used_by", BigInteger),
)

_KEPT = text("state <> 'removed'")
keys = Table(
    "keys",
    metadata,
    Column("id", ID, primary_key=True),
    Column("public_id", Text, nullable=False),
    Column("owner_id", ID, ForeignKey("accounts.id"), nullable=False),
    Column("label", Text, nullable=False),
    Column("environment", Choice(Environment), nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("state", Choice(KeyState), nullable=False),
    Column("created_at", MS, nullable=False),
    Column("checked_at", MS, nullable=False),
    Column("ip_restricted", Boolean, nullable=False),
    Column("problem", Text, nullable=False, default=""),
    Column("futures", Boolean, nullable=False, server_default=false()),
    Column("transfers", Boolean, nullable=False, server_default=false()),
    Column("sealed", LargeBinary),
    UniqueConstraint("public_id"),
)
Index(
    "uq_keys_label",
    keys.c.owner_id,
    keys.c.label,
    unique=True,
    sqlite_where=_KEPT,
    postgresql_where=_KEPT,
)
Index(
    "uq_keys_fingerprint",
    keys.c.owner_id,
    keys.c.environment,
    keys.c.fingerprint,
    unique=True,
    sqlite_where=_KEPT,
    postgresql_where=_KEPT,
)

drafts = Table(
    "drafts",
    metadata,
    Column("owner_id", ID, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("data", Texts, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("updated_at", MS, nullable=False),
    Column("message_id", BigInteger),
    Column("expects", Text, nullable=False, default=""),
)

# No foreign key: acts of strangers and of the operator are kept too.
audit = Table(
    "audit",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner_id", ID, nullable=False, index=True),
    Column("actor", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("at", MS, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
)
