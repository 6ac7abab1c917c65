"""Tables around trading: account limits and pauses, transfers, analyses and twins."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from engine.core.position import PositionSide
from engine.core.signal import Action
from engine.core.transfer import TransferState
from storage.models.base import metadata, of_a_bot
from storage.types import ID, MS, Amounts, Choice, Exact, Limits, Texts

account_limits = Table(
    "account_limits",
    metadata,
    Column("owner_id", ID, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("limits", Limits, nullable=False),
    Column("updated_at", MS, nullable=False),
)

account_pauses = Table(
    "account_pauses",
    metadata,
    Column("owner_id", ID, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("keyed", Boolean, primary_key=True),
    Column("check", Text, primary_key=True),
    Column("quote", Text, primary_key=True),
    Column("at", MS, nullable=False),
    Column("until", MS, nullable=False),
    Column("opened", Amounts, nullable=False),
)

transfers = Table(
    "transfers",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner_id", ID, nullable=False, index=True),
    Column("bot_id", ID, nullable=False),
    Column("key_id", ID, ForeignKey("keys.id"), nullable=False),
    Column("asset", Text, nullable=False),
    Column("amount", Exact, nullable=False),
    Column("created_at", MS, nullable=False),
    Column("state", Choice(TransferState), nullable=False),
    Column("signed_at", MS),
    Column("exchange_id", Text),
    Column("note", Text, nullable=False),
    of_a_bot(),
)
UNFINISHED = text("state NOT IN ('done', 'failed')")
Index(
    "uq_transfers_unfinished",
    transfers.c.key_id,
    transfers.c.asset,
    unique=True,
    sqlite_where=UNFINISHED,
    postgresql_where=UNFINISHED,
)

analyses = Table(
    "analyses",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner_id", ID, ForeignKey("accounts.id"), nullable=False),
    Column("part", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("candle_open", MS, nullable=False),
    Column("at", MS, nullable=False),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("action", Choice(Action), nullable=False),
    Column("confidence", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("problem", Text, nullable=False),
    Column("tokens_in", Integer, nullable=False),
    Column("tokens_out", Integer, nullable=False),
    Column("cost", Exact),
    Column("took_ms", Integer, nullable=False),
    Column("notes", Texts, nullable=False),
    UniqueConstraint("owner_id", "stream", "part", "candle_open"),
    Index(None, "owner_id", "at"),
)

twins = Table(
    "twins",
    metadata,
    Column("bot_id", ID, primary_key=True, autoincrement=False),
    Column("owner_id", ID, nullable=False),
    Column("since", MS, nullable=False),
    Column("judged_until", MS, nullable=False),
    Column("side", Choice(PositionSide)),
    Column("entry_price", Exact, nullable=False),
    Column("stop_price", Exact, nullable=False),
    Column("target_price", Exact, nullable=False),
    Column("opened_at", MS, nullable=False),
    Column("trades", Integer, nullable=False),
    Column("wins", Integer, nullable=False),
    Column("net_percent", Exact, nullable=False),
    of_a_bot(),
)
