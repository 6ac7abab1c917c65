"""Tables of the installation itself: alerts on their way, and who we are."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from engine.core.events import AlertKind, OutboxState
from storage.models.base import metadata
from storage.types import ID, MS, Choice, Texts

outbox = Table(
    "outbox",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner_id", ID, ForeignKey("accounts.id"), nullable=False),
    Column("kind", Choice(AlertKind), nullable=False),
    Column("dedup", Text, nullable=False),
    Column("bot_id", ID, ForeignKey("bots.id")),
    Column("trade_ref", ID, index=True),
    Column("params", Texts, nullable=False),
    Column("state", Choice(OutboxState), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", MS, nullable=False),
    Column("created_at", MS, nullable=False),
    Column("message_id", BigInteger),
    Column("problem", Text, nullable=False, default=""),
    UniqueConstraint("dedup"),
)
WAITING = text("state IN ('due', 'claimed')")
Index("ix_outbox_waiting", outbox.c.id, sqlite_where=WAITING, postgresql_where=WAITING)

installs = Table(
    "installs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("install", Text, nullable=False),
    Column("boots", Integer, nullable=False),
    Column("booted_at", MS, nullable=False),
    Column("canary", LargeBinary),
)
