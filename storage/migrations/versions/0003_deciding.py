"""Deciding: advised exits, holding times, account limits, transfers, analyses and twins."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MS = sa.BigInteger()
EXACT = sa.Numeric().with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    words = sa.Column("words", sa.Text(), nullable=False, server_default=sa.text("''"))
    op.add_column("signals", words)
    transfers: sa.Column[bool] = sa.Column(
        "transfers", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("keys", transfers)
    op.add_column("positions", sa.Column("expires_at", MS))
    _funded()
    op.add_column("orders", sa.Column("stop_percent", EXACT))
    op.add_column("orders", sa.Column("target_percent", EXACT))
    _account_limits()
    _account_pauses()
    _transfers()
    _analyses()
    _twins()


def _funded() -> None:
    """Positions of before were asked about in their time."""
    column: sa.Column[bool] = sa.Column(
        "funded", sa.Boolean(), nullable=False, server_default=sa.true()
    )
    op.add_column("positions", column)
    predicate = sa.text("state = 'closed' AND market = 'futures' AND NOT funded")
    op.create_index(
        "ix_positions_unfunded",
        "positions",
        ["account"],
        sqlite_where=predicate,
        postgresql_where=predicate,
    )


def _needed(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _of_a_bot(table: str) -> SchemaItem:
    columns = ["bots.id", "bots.owner_id"]
    return sa.ForeignKeyConstraint(["bot_id", "owner_id"], columns, name=f"fk_{table}_bot_id")


def _account_limits() -> None:
    op.create_table(
        "account_limits",
        sa.Column("owner_id", ID, autoincrement=False, nullable=False),
        _needed("limits", sa.Text()),
        _needed("updated_at", MS),
        sa.PrimaryKeyConstraint("owner_id", name="pk_account_limits"),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts.id"], name="fk_account_limits_owner_id"),
    )


def _account_pauses() -> None:
    op.create_table(
        "account_pauses",
        sa.Column("owner_id", ID, autoincrement=False, nullable=False),
        _needed("keyed", sa.Boolean()),
        *(_needed(name, sa.Text()) for name in ("check", "quote")),
        *(_needed(name, MS) for name in ("at", "until")),
        _needed("opened", sa.Text()),
        sa.PrimaryKeyConstraint("owner_id", "keyed", "check", "quote", name="pk_account_pauses"),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts.id"], name="fk_account_pauses_owner_id"),
    )


def _transfers() -> None:
    op.create_table(
        "transfers",
        _needed("id", ID),
        *(_needed(name, ID) for name in ("owner_id", "bot_id", "key_id")),
        _needed("asset", sa.Text()),
        _needed("amount", EXACT),
        _needed("created_at", MS),
        _needed("state", sa.Text()),
        sa.Column("signed_at", MS),
        sa.Column("exchange_id", sa.Text()),
        _needed("note", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_transfers"),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name="fk_transfers_key_id"),
        _of_a_bot("transfers"),
    )
    op.create_index("ix_transfers_owner_id", "transfers", ["owner_id"])
    predicate = sa.text("state NOT IN ('done', 'failed')")
    op.create_index(
        "uq_transfers_unfinished",
        "transfers",
        ["key_id", "asset"],
        unique=True,
        sqlite_where=predicate,
        postgresql_where=predicate,
    )


def _analyses() -> None:
    op.create_table(
        "analyses",
        _needed("id", ID),
        _needed("owner_id", ID),
        *(_needed(name, sa.Text()) for name in ("part", "stream")),
        *(_needed(name, MS) for name in ("candle_open", "at")),
        *(_needed(n, sa.Text()) for n in ("provider", "model", "prompt", "answer", "action")),
        _needed("confidence", sa.Integer()),
        *(_needed(name, sa.Text()) for name in ("reason", "problem")),
        *(_needed(name, sa.Integer()) for name in ("tokens_in", "tokens_out")),
        sa.Column("cost", EXACT),
        _needed("took_ms", sa.Integer()),
        _needed("notes", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_analyses"),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts.id"], name="fk_analyses_owner_id"),
        sa.UniqueConstraint(
            *("owner_id", "stream", "part", "candle_open"),
            name="uq_analyses_owner_id_stream_part_candle_open",
        ),
    )
    op.create_index("ix_analyses_owner_id_at", "analyses", ["owner_id", "at"])


def _twins() -> None:
    op.create_table(
        "twins",
        sa.Column("bot_id", ID, autoincrement=False, nullable=False),
        _needed("owner_id", ID),
        *(_needed(name, MS) for name in ("since", "judged_until")),
        sa.Column("side", sa.Text()),
        *(_needed(name, EXACT) for name in ("entry_price", "stop_price", "target_price")),
        _needed("opened_at", MS),
        *(_needed(name, sa.Integer()) for name in ("trades", "wins")),
        _needed("net_percent", EXACT),
        sa.PrimaryKeyConstraint("bot_id", name="pk_twins"),
        _of_a_bot("twins"),
    )
