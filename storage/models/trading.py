"""Tables of trading: bots, streams, signals, orders, fills, positions, trades, counters."""

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from engine.core.bot_config import Environment
from engine.core.bot_state import BotState
from engine.core.market import Market, Side
from engine.core.order import FINAL_STATES, Leg, OrderKind, OrderState, Refusal
from engine.core.position import ExitReason, PositionSide, PositionState, ProtectionState
from engine.core.signal import Action
from storage.models.base import metadata, of_a_bot
from storage.types import ID, MS, Amounts, Choice, Config, Exact, Readings, RefusedCheck, Texts

bots = Table(
    "bots",
    metadata,
    Column("id", ID, primary_key=True),
    Column("public_id", Text, nullable=False),
    Column("owner_id", ID, ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("config", Config, nullable=False),
    Column("state", Choice(BotState), nullable=False),
    Column("created_at", MS, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("decisions", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("why_params", Texts, nullable=False),
    Column("paused_until", MS),
    Column("deleted", Boolean, nullable=False, default=False),
    UniqueConstraint("public_id"),
    UniqueConstraint("id", "owner_id"),
)
Index(
    "uq_bots_name",
    bots.c.owner_id,
    bots.c.name,
    unique=True,
    sqlite_where=text("NOT deleted"),
    postgresql_where=text("NOT deleted"),
)

streams = Table(
    "streams",
    metadata,
    Column("environment", Choice(Environment), primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("judged_until", MS, nullable=False),
)

signals = Table(
    "signals",
    metadata,
    Column("id", ID, primary_key=True),
    Column("bot_id", ID, ForeignKey("bots.id"), nullable=False),
    Column("action", Choice(Action), nullable=False),
    Column("candle_open", MS, nullable=False),
    Column("close", Double, nullable=False),
    Column("reason", Text, nullable=False),
    Column("values", Readings, nullable=False),
    Column("confidence", Integer, nullable=False),
    Column("words", Text, nullable=False, server_default=text("''")),
    Column("outcome", Text, nullable=False),
    Column("refused", RefusedCheck),
    UniqueConstraint("bot_id", "candle_open"),
)

positions = Table(
    "positions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner_id", ID, nullable=False, index=True),
    Column("bot_id", ID, nullable=False),
    Column("account", Text, nullable=False),
    Column("market", Choice(Market), nullable=False),
    Column("symbol", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("quote", Text, nullable=False),
    Column("side", Choice(PositionSide), nullable=False),
    Column("decision", Integer, nullable=False),
    Column("opened_at", MS, nullable=False),
    Column("stop_price", Exact, nullable=False),
    Column("target_price", Exact, nullable=False),
    Column("state", Choice(PositionState), nullable=False),
    Column("protection", Choice(ProtectionState), nullable=False),
    Column("entry_qty", Exact, nullable=False),
    Column("entry_quote", Exact, nullable=False),
    Column("exit_qty", Exact, nullable=False),
    Column("exit_quote", Exact, nullable=False),
    Column("fee_base", Exact, nullable=False),
    Column("fee_quote", Exact, nullable=False),
    Column("fees", Amounts, nullable=False),
    Column("close_reason", Choice(ExitReason)),
    Column("closed_at", MS),
    Column("naked_since", MS),
    Column("guarded", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("leverage", Integer, nullable=False, server_default="1"),
    Column("best_price", Exact),
    Column("watches_target", Boolean, nullable=False, server_default=false()),
    Column("funding", Exact, nullable=False, server_default="0"),
    Column("gone_qty", Exact, nullable=False, server_default="0"),
    Column("expires_at", MS),
    Column("funded", Boolean, nullable=False, server_default=true()),
    UniqueConstraint("bot_id", "decision"),
    Index(None, "account", "symbol"),
    of_a_bot(),
)
NOT_CLOSED = text("state <> 'closed'")
Index(
    "uq_positions_one_open",
    positions.c.bot_id,
    unique=True,
    sqlite_where=NOT_CLOSED,
    postgresql_where=NOT_CLOSED,
)

# Few are not asked about yet, among ever more that are.
UNFUNDED = text("state = 'closed' AND market = 'futures' AND NOT funded")
Index(
    "ix_positions_unfunded",
    positions.c.account,
    sqlite_where=UNFUNDED,
    postgresql_where=UNFUNDED,
)

orders = Table(
    "orders",
    metadata,
    Column("id", ID, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("owner_id", ID, nullable=False, index=True),
    Column("bot_id", ID, nullable=False),
    Column("account", Text, nullable=False),
    Column("market", Choice(Market), nullable=False),
    Column("symbol", Text, nullable=False),
    Column("side", Choice(Side), nullable=False),
    Column("kind", Choice(OrderKind), nullable=False),
    Column("leg", Choice(Leg), nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("created_at", MS, nullable=False),
    Column("state", Choice(OrderState), nullable=False),
    Column("price", Exact),
    Column("stop_price", Exact),
    Column("list_id", Text, index=True),
    Column("position_id", ID, ForeignKey("positions.id"), index=True),
    Column("signal_id", ID, ForeignKey("signals.id")),
    Column("reason", Text, nullable=False),
    Column("exchange_id", Text),
    Column("filled_qty", Exact, nullable=False),
    Column("filled_quote", Exact, nullable=False),
    Column("booked_qty", Exact, nullable=False),
    Column("signed_at", MS),
    Column("updated_at", MS, nullable=False),
    Column("note", Text, nullable=False),
    Column("decision", Integer, nullable=False),
    Column("close_position", Boolean, nullable=False, server_default=false()),
    Column("refusal", Choice(Refusal), nullable=False, server_default=text("''")),
    Column("stop_percent", Exact),
    Column("target_percent", Exact),
    UniqueConstraint("client_id"),
    Index(None, "bot_id", "decision"),
    of_a_bot(),
)
_FINAL = ", ".join(f"'{state.value}'" for state in sorted(FINAL_STATES))
_UNDER_WAY = text(f"leg = 'e' AND state NOT IN ({_FINAL})")
Index(
    "uq_orders_one_entry",
    orders.c.bot_id,
    unique=True,
    sqlite_where=_UNDER_WAY,
    postgresql_where=_UNDER_WAY,
)
# What is unfinished is asked for every few seconds, among ever more finished rows.
UNFINISHED = text(f"state NOT IN ({_FINAL}) OR booked_qty <> filled_qty")
Index(
    "ix_orders_unfinished",
    orders.c.account,
    sqlite_where=UNFINISHED,
    postgresql_where=UNFINISHED,
)
# What was proven absent is watched for a while (see ``Orders.not_placed_since``).
NOT_PLACED = text(f"state = '{OrderState.NOT_PLACED.value}'")
Index(
    "ix_orders_not_placed",
    orders.c.signed_at,
    sqlite_where=NOT_PLACED,
    postgresql_where=NOT_PLACED,
)
_KNOWN = text("exchange_id IS NOT NULL")
Index(
    "ix_orders_exchange_id",
    orders.c.exchange_id,
    sqlite_where=_KNOWN,
    postgresql_where=_KNOWN,
)

fills = Table(
    "fills",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner_id", ID, nullable=False, index=True),
    Column("order_id", ID, ForeignKey("orders.id"), nullable=False, index=True),
    Column("account", Text, nullable=False),
    Column("market", Choice(Market), nullable=False),
    Column("symbol", Text, nullable=False),
    Column("trade_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("price", Exact, nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("commission", Exact, nullable=False),
    Column("commission_asset", Text, nullable=False),
    Column("at", MS, nullable=False),
    # A test network that was wiped numbers its trades from the start: the order tells them apart.
    UniqueConstraint("order_id", "trade_id"),
    Index(None, "account", "symbol", "at"),
)

trades = Table(
    "trades",
    metadata,
    Column("id", ID, primary_key=True),
    Column("position_id", ID, ForeignKey("positions.id"), nullable=False),
    Column("owner_id", ID, nullable=False),
    Column("bot_id", ID, nullable=False),
    Column("market", Choice(Market), nullable=False),
    Column("symbol", Text, nullable=False),
    Column("side", Choice(PositionSide), nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("entry_price", Exact, nullable=False),
    Column("exit_price", Exact, nullable=False),
    Column("gross", Exact, nullable=False),
    Column("net", Exact, nullable=False),
    Column("percent", Exact, nullable=False),
    Column("dust", Exact, nullable=False),
    Column("reason", Choice(ExitReason), nullable=False),
    Column("opened_at", MS, nullable=False),
    Column("closed_at", MS, nullable=False),
    Column("fees", Amounts, nullable=False),
    Column("funding", Exact, nullable=False, server_default="0"),
    Column("leverage", Integer, nullable=False, server_default="1"),
    Column("gone", Exact, nullable=False, server_default="0"),
    UniqueConstraint("position_id"),
    Index(None, "owner_id", "closed_at"),
    Index(None, "bot_id", "closed_at"),
    of_a_bot(),
)

fundings = Table(
    "fundings",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner_id", ID, nullable=False, index=True),
    Column("position_id", ID, ForeignKey("positions.id"), nullable=False, index=True),
    Column("account", Text, nullable=False),
    Column("payment_id", Text, nullable=False),
    Column("amount", Exact, nullable=False),
    Column("at", MS, nullable=False),
    UniqueConstraint("account", "payment_id"),
)

counters = Table(
    "counters",
    metadata,
    Column("bot_id", ID, ForeignKey("bots.id"), primary_key=True, autoincrement=False),
    Column("day", Text, primary_key=True),
    Column("entries", Integer, nullable=False),
    Column("closed", Integer, nullable=False),
    Column("net", Exact, nullable=False),
)
