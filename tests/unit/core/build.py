"""Objects of the core with sensible values, changed by keyword."""

from decimal import Decimal

from hypothesis import strategies as st

from engine.core.bot_config import BotConfig
from engine.core.market import Market, Side, SymbolRules
from engine.core.order import Fill, Leg, Order, OrderEvent, OrderKind, OrderReport
from engine.core.position import Position, PositionSide

D = Decimal
NOW = 1_780_056_000_000


def rules(**changes):
    """BTCUSDT as the exchange describes it."""
    values = {
        "market": Market.SPOT,
        "symbol": "BTCUSDT",
        "base": "BTC",
        "quote": "USDT",
        "status": "TRADING",
        "tick_size": D("0.01"),
        "min_price": D("0.01"),
        "max_price": D(1_000_000),
        "step_size": D("0.00001"),
        "min_qty": D("0.00001"),
        "max_qty": D(9000),
        "market_step_size": D(0),
        "market_min_qty": D(0),
        "market_max_qty": D(100),
        "min_notional": D(5),
        "max_notional": D(9_000_000),
        "order_types": frozenset({"LIMIT", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT"}),
    }
    return SymbolRules(**values | changes)


def config(**changes):
    """A bot's settings."""
    return BotConfig(**{"name": "One", "symbol": "BTCUSDT"} | changes)


def order(**changes):
    """An order of bot 7, decision 3."""
    values = {
        "id": 1,
        "client_id": "sk1a-7-3-e1",
        "owner_id": 1,
        "bot_id": 7,
        "account": "paper:7",
        "market": Market.SPOT,
        "symbol": "BTCUSDT",
        "side": Side.BUY,
        "kind": OrderKind.MARKET,
        "leg": Leg.ENTRY,
        "quantity": D("0.001"),
        "created_at": NOW,
    }
    return Order(**values | changes)


def fill(number=1, **changes):
    """An execution with trade id ``number``."""
    values = {
        "trade_id": str(number),
        "client_id": "sk1a-7-3-e1",
        "price": D(50_000),
        "quantity": D("0.001"),
        "commission": D(0),
        "commission_asset": "BNB",
        "at": NOW,
    }
    return Fill(**values | changes)


def report(event=OrderEvent.ACCEPT, filled=0, **changes):
    """What the exchange says of the order, at 50,000."""
    values = {
        "client_id": "sk1a-7-3-e1",
        "exchange_id": "123",
        "event": event,
        "filled_qty": D(filled),
        "filled_quote": D(filled) * 50_000,
        "at": NOW + 10,
    }
    return OrderReport(**values | changes)


def position(**changes):
    """A long position of bot 7 that holds 0.001 BTC, bought at 50,000."""
    values = {
        "id": 5,
        "owner_id": 1,
        "bot_id": 7,
        "account": "paper:7",
        "market": Market.SPOT,
        "symbol": "BTCUSDT",
        "base": "BTC",
        "quote": "USDT",
        "side": PositionSide.LONG,
        "decision": 3,
        "opened_at": NOW,
        "stop_price": D(49_500),
        "target_price": D(51_000),
        "entry_qty": D("0.001"),
        "entry_quote": D(50),
    }
    return Position(**values | changes)


def decimals(low, high, places=8):
    """Decimals with at most ``places`` digits after the point."""
    return st.decimals(D(low), D(high), places=places, allow_nan=False, allow_infinity=False)


def steps():
    """Step and tick sizes as the exchange has them: powers of ten, and a few odd ones."""
    tens = [D(1).scaleb(-n) for n in range(9)]
    return st.sampled_from([*tens, D("0.5"), D("0.025"), D(10)])
