"""The first schema."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EXACT = sa.Numeric().with_variant(sa.Text(), "sqlite")
FINAL = "('cancelled', 'expired', 'filled', 'not_placed', 'rejected')"


def upgrade() -> None:
    _people()
    _drafts_and_audit()
    _bots()
    _signals()
    _positions()
    _orders()
    _fills()
    _trades()
    _installation()


def _columns(names: str, kind: TypeEngine[Any], *, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=nullable) for name in names.split()]


def _texts(names: str) -> list[sa.Column[Any]]:
    return _columns(names, sa.Text())


def _times(names: str, *, nullable: bool = False) -> list[sa.Column[Any]]:
    return _columns(names, sa.BigInteger(), nullable=nullable)


def _id() -> sa.Column[Any]:
    return sa.Column("id", ID, primary_key=True)


def _key(table: str, *names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*names, name=f"pk_{table}")


def _unique(table: str, *names: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*names, name=f"uq_{table}_{'_'.join(names)}")


def _belongs(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}")


def _of_a_bot(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["bot_id", "owner_id"], ["bots.id", "bots.owner_id"], name=f"fk_{table}_bot_id_owner_id"
    )


def _index(table: str, *names: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(names)}", table, list(names))


def _partial(name: str, table: str, columns: str, where: str, *, unique: bool = True) -> None:
    op.create_index(
        name,
        table,
        columns.split(),
        unique=unique,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def _people() -> None:
    op.create_table(
        "accounts",
        _id(),
        *_columns("telegram_id", sa.BigInteger()),
        *_texts("name role"),
        *_times("created_at"),
        *_columns("active reachable", sa.Boolean()),
        _key("accounts", "id"),
        _unique("accounts", "telegram_id"),
    )
    op.create_table(
        "invites",
        *_texts("code_hash role"),
        *_columns("made_by", ID, nullable=True),
        *_times("expires"),
        *_times("used_at used_by", nullable=True),
        _key("invites", "code_hash"),
        _belongs("invites", "made_by", "accounts"),
    )
    op.create_table(
        "keys",
        _id(),
        *_columns("owner_id", ID),
        *_texts("public_id label environment fingerprint state problem"),
        *_times("created_at checked_at"),
        *_columns("ip_restricted", sa.Boolean()),
        *_columns("sealed", sa.LargeBinary(), nullable=True),
        _key("keys", "id"),
        _unique("keys", "public_id"),
        _belongs("keys", "owner_id", "accounts"),
    )
    for name, columns in (("label", "label"), ("fingerprint", "environment fingerprint")):
        _partial(f"uq_keys_{name}", "keys", f"owner_id {columns}", "state <> 'removed'")


def _drafts_and_audit() -> None:
    op.create_table(
        "drafts",
        sa.Column("owner_id", ID, autoincrement=False, nullable=False),
        *_texts("kind step data expects"),
        *_columns("revision", sa.Integer()),
        *_times("updated_at"),
        *_columns("message_id", sa.BigInteger(), nullable=True),
        _key("drafts", "owner_id"),
        _belongs("drafts", "owner_id", "accounts"),
    )
    op.create_table(
        "audit",
        _id(),
        *_columns("owner_id", ID),
        *_texts("actor act target before after"),
        *_times("at"),
        _key("audit", "id"),
    )
    _index("audit", "owner_id")


def _bots() -> None:
    op.create_table(
        "bots",
        _id(),
        *_columns("owner_id", ID),
        *_texts("public_id name config state why why_params"),
        *_times("created_at"),
        *_times("paused_until", nullable=True),
        *_columns("revision decisions", sa.Integer()),
        *_columns("deleted", sa.Boolean()),
        _key("bots", "id"),
        _unique("bots", "public_id"),
        _unique("bots", "id", "owner_id"),
        _belongs("bots", "owner_id", "accounts"),
    )
    _partial("uq_bots_name", "bots", "owner_id name", "NOT deleted")
    op.create_table(
        "counters",
        sa.Column("bot_id", ID, autoincrement=False, nullable=False),
        *_texts("day"),
        *_columns("entries closed", sa.Integer()),
        *_columns("net", EXACT),
        _key("counters", "bot_id", "day"),
        _belongs("counters", "bot_id", "bots"),
    )


def _signals() -> None:
    op.create_table(
        "streams",
        *_texts("environment stream"),
        *_times("judged_until"),
        _key("streams", "environment", "stream"),
    )
    op.create_table(
        "signals",
        _id(),
        *_columns("bot_id", ID),
        *_texts("action reason values outcome"),
        *_columns("refused", sa.Text(), nullable=True),
        *_times("candle_open"),
        *_columns("close", sa.Double()),
        *_columns("confidence", sa.Integer()),
        _key("signals", "id"),
        _unique("signals", "bot_id", "candle_open"),
        _belongs("signals", "bot_id", "bots"),
    )


def _positions() -> None:
    op.create_table(
        "positions",
        _id(),
        *_columns("owner_id bot_id", ID),
        *_texts("account market symbol base quote side state protection fees"),
        *_columns("close_reason", sa.Text(), nullable=True),
        *_columns("decision revision", sa.Integer()),
        *_columns("stop_price target_price entry_qty entry_quote", EXACT),
        *_columns("exit_qty exit_quote fee_base fee_quote", EXACT),
        *_times("opened_at"),
        *_times("closed_at naked_since", nullable=True),
        *_columns("guarded", sa.Boolean()),
        _key("positions", "id"),
        _unique("positions", "bot_id", "decision"),
        _of_a_bot("positions"),
    )
    _index("positions", "owner_id")
    _partial("uq_positions_one_open", "positions", "bot_id", "state <> 'closed'")


def _orders() -> None:
    op.create_table(
        "orders",
        _id(),
        *_columns("owner_id bot_id", ID),
        *_columns("position_id signal_id", ID, nullable=True),
        *_texts("client_id account market symbol side kind leg state reason note"),
        *_columns("list_id exchange_id", sa.Text(), nullable=True),
        *_columns("quantity filled_qty filled_quote booked_qty", EXACT),
        *_columns("price stop_price", EXACT, nullable=True),
        *_times("created_at updated_at"),
        *_times("signed_at", nullable=True),
        *_columns("decision", sa.Integer()),
        _key("orders", "id"),
        _unique("orders", "client_id"),
        _of_a_bot("orders"),
        _belongs("orders", "position_id", "positions"),
        _belongs("orders", "signal_id", "signals"),
    )
    _index("orders", "bot_id", "decision")
    for column in ("owner_id", "list_id", "position_id"):
        _index("orders", column)
    under_way = f"leg = 'e' AND state NOT IN {FINAL}"
    unfinished = f"state NOT IN {FINAL} OR booked_qty <> filled_qty"
    _partial("uq_orders_one_entry", "orders", "bot_id", under_way)
    _partial("ix_orders_unfinished", "orders", "account", unfinished, unique=False)


def _fills() -> None:
    op.create_table(
        "fills",
        _id(),
        *_columns("owner_id order_id", ID),
        *_texts("account market symbol trade_id client_id commission_asset"),
        *_columns("price quantity commission", EXACT),
        *_times("at"),
        _key("fills", "id"),
        _unique("fills", "order_id", "trade_id"),
        _belongs("fills", "order_id", "orders"),
    )
    for column in ("order_id", "owner_id"):
        _index("fills", column)


def _trades() -> None:
    op.create_table(
        "trades",
        _id(),
        *_columns("position_id owner_id bot_id", ID),
        *_texts("market symbol side reason fees"),
        *_columns("quantity entry_price exit_price gross net percent dust", EXACT),
        *_times("opened_at closed_at"),
        _key("trades", "id"),
        _unique("trades", "position_id"),
        _of_a_bot("trades"),
        _belongs("trades", "position_id", "positions"),
    )
    _index("trades", "bot_id", "closed_at")
    _index("trades", "owner_id", "closed_at")


def _installation() -> None:
    op.create_table(
        "outbox",
        _id(),
        *_columns("owner_id", ID),
        *_columns("bot_id trade_ref", ID, nullable=True),
        *_texts("kind dedup params state problem"),
        *_columns("attempts", sa.Integer()),
        *_times("not_before created_at"),
        *_times("message_id", nullable=True),
        _key("outbox", "id"),
        _unique("outbox", "dedup"),
        _belongs("outbox", "owner_id", "accounts"),
        _belongs("outbox", "bot_id", "bots"),
    )
    _index("outbox", "trade_ref")
    waiting = "state IN ('due', 'claimed')"
    _partial("ix_outbox_waiting", "outbox", "id", waiting, unique=False)
    op.create_table(
        "installs",
        *_columns("id boots", sa.Integer()),
        *_texts("install"),
        *_times("booted_at"),
        *_columns("canary", sa.LargeBinary(), nullable=True),
        _key("installs", "id"),
    )
