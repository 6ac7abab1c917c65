"""Futures: leverage, trailing stops, funding, what the exchange closed itself."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EXACT = sa.Numeric().with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    _add("positions", "leverage", sa.Integer(), "1")
    op.add_column("positions", sa.Column("best_price", EXACT))
    _add("positions", "watches_target", sa.Boolean(), sa.false())
    _add("positions", "funding", EXACT, "0")
    _add("positions", "gone_qty", EXACT, "0")
    _add("orders", "close_position", sa.Boolean(), sa.false())
    _add("orders", "refusal", sa.Text(), sa.text("''"))
    _add("trades", "funding", EXACT, "0")
    _add("trades", "leverage", sa.Integer(), "1")
    _add("trades", "gone", EXACT, "0")
    _add("keys", "futures", sa.Boolean(), sa.false())
    _fundings()
    op.create_index("ix_positions_account_symbol", "positions", ["account", "symbol"])
    op.create_index("ix_fills_account_symbol_at", "fills", ["account", "symbol", "at"])
    _partial("ix_orders_not_placed", "signed_at", "state = 'not_placed'")
    _partial("ix_orders_exchange_id", "exchange_id", "exchange_id IS NOT NULL")


def _add(table: str, name: str, kind: TypeEngine[Any], default: Any) -> None:
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))


def _partial(name: str, column: str, where: str) -> None:
    predicate = sa.text(where)
    op.create_index(name, "orders", [column], sqlite_where=predicate, postgresql_where=predicate)


def _fundings() -> None:
    op.create_table(
        "fundings",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position_id", ID, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("amount", EXACT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fundings"),
        sa.ForeignKeyConstraint(["position_id"], ["positions.id"], name="fk_fundings_position_id"),
        sa.UniqueConstraint("account", "payment_id", name="uq_fundings_account_payment_id"),
    )
    op.create_index("ix_fundings_owner_id", "fundings", ["owner_id"])
    op.create_index("ix_fundings_position_id", "fundings", ["position_id"])
