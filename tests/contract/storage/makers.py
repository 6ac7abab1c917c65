"""Objects for the storage tests, every field set to something that is not its default."""

from dataclasses import dataclass
from decimal import Decimal

from engine.core.account import Account, Key, Role
from engine.core.bot import Bot
from engine.core.bot_config import BotConfig, Environment, Mode, Sizing
from engine.core.client_id import client_order_id
from engine.core.events import Alert, AlertKind
from engine.core.market import Market, Side, Timeframe
from engine.core.order import Fill, Leg, Order, OrderKind, OrderState, Refusal
from engine.core.position import (
    ExitReason,
    Position,
    PositionSide,
    PositionState,
    ProtectionState,
)
from engine.core.signal import Action, Signal
from engine.core.trade import Funding, Trade

INSTALL = "ab121"
AT = 1_700_000_000_000
D = Decimal


def config(name: str = "Anna's first", **changes) -> BotConfig:
    settings = {
        "market": Market.SPOT,
        "symbol": "ETHUSDT",
        "timeframe": Timeframe.M15,
        "params": {"fast": 9, "ceiling": 70.5, "mode": "strict", "on": True},
        "initial_capital": D("1234.56789012"),
        "sizing": Sizing.PERCENT,
        "size": D("12.5"),
        "max_position": D("33.3"),
        "max_daily_trades": None,
        "max_daily_loss": D("0.00000001"),
        "mode": Mode.TESTNET,
        "key_id": 4,
    }
    return BotConfig(name=name, **(settings | changes))


def order(bot: Bot, leg: Leg = Leg.ENTRY, decision: int = 1, attempt: int = 1, **changes) -> Order:
    fields = {
        "id": 0,
        "client_id": client_order_id(INSTALL, bot.id, decision, leg, attempt),
        "owner_id": bot.owner_id,
        "bot_id": bot.id,
        "account": bot.account,
        "market": Market.SPOT,
        "symbol": "ETHUSDT",
        "side": Side.SELL if leg.exit else Side.BUY,
        "kind": OrderKind.STOP_LIMIT,
        "leg": leg,
        "quantity": D("0.12340000"),
        "created_at": AT,
        "state": OrderState.PLANNED,
        "price": D("1999.10"),
        "stop_price": D("2000.00000001"),
        "list_id": f"list-{decision}",
        "reason": "MANUAL",
        "exchange_id": "9007199254740993",
        "filled_qty": D("0.1"),
        "filled_quote": D("199.91"),
        "booked_qty": D("0.05"),
        "signed_at": AT + 5,
        "updated_at": AT + 6,
        "note": "späte Antwort ✓",
        "close_position": True,
        "refusal": Refusal.NOTHING_TO_REDUCE,
    }
    return Order(**(fields | changes))


def fill(of: Order, trade_id: str = "77", **changes) -> Fill:
    fields = {
        "trade_id": trade_id,
        "client_id": of.client_id,
        "price": D("2000.1"),
        "quantity": D("0.05"),
        "commission": D("0.00005"),
        "commission_asset": "BNB",
        "at": AT + 10,
    }
    return Fill(**(fields | changes))


def position(bot: Bot, decision: int = 1, **changes) -> Position:
    fields = {
        "id": 0,
        "owner_id": bot.owner_id,
        "bot_id": bot.id,
        "account": bot.account,
        "market": Market.FUTURES,
        "symbol": "ETHUSDT",
        "base": "ETH",
        "quote": "USDT",
        "side": PositionSide.SHORT,
        "decision": decision,
        "opened_at": AT + 10,
        "stop_price": D("1980.099"),
        "target_price": D("2040.2"),
        "state": PositionState.CLOSING,
        "protection": ProtectionState.MOVING,
        "entry_qty": D("0.1"),
        "entry_quote": D("200.01"),
        "exit_qty": D("0.04"),
        "exit_quote": D("81.2"),
        "fee_base": D("0.0001"),
        "fee_quote": D("0.0812"),
        "fees": {"ETH": D("0.0001"), "BNB": D("0.000000001")},
        "close_reason": ExitReason.TIMEOUT,
        "closed_at": AT + 99,
        "naked_since": AT + 12,
        "guarded": False,
        "revision": 3,
        "leverage": 20,
        "best_price": D("1999.00000001"),
        "watches_target": True,
        "funding": D("-0.00000012"),
        "gone_qty": D("0.003"),
    }
    return Position(**(fields | changes))


def trade(of: Position, **changes) -> Trade:
    fields = {
        "id": 0,
        "position_id": of.id,
        "owner_id": of.owner_id,
        "bot_id": of.bot_id,
        "market": Market.SPOT,
        "symbol": "ETHUSDT",
        "side": PositionSide.LONG,
        "quantity": D("0.0999"),
        "entry_price": D("2000.1"),
        "exit_price": D("2010.123456789012345678901234567"),
        "gross": D("1.00129"),
        "net": D("-0.00000001"),
        "percent": D("0.4210"),
        "dust": D("0.0000001"),
        "reason": ExitReason.SIGNAL,
        "opened_at": AT,
        "closed_at": AT + 60_000,
        "fees": {"USDT": D("0.2")},
        "funding": D("0.00000034"),
        "leverage": 7,
        "gone": D("0.00000002"),
    }
    return Trade(**(fields | changes))


def funding(payment_id: str = "9689322392", **changes) -> Funding:
    fields = {"symbol": "ETHUSDT", "amount": D("-0.00012345678901"), "at": AT + 30}
    return Funding(payment_id, **(fields | changes))


def signal(candle_open: int = AT, action: Action = Action.BUY) -> Signal:
    return Signal(action, candle_open, 2000.1, "crossed", {"fast": 0.1 + 0.2}, confidence=80)


def alert(bot: Bot, dedup: str, **changes) -> Alert:
    fields = {
        "owner_id": bot.owner_id,
        "kind": AlertKind.EXITED,
        "dedup": dedup,
        "bot_id": bot.id,
        "trade_ref": 5,
        "params": {"net": "1.20", "name": "<b>&"},
    }
    return Alert(**(fields | changes))


@dataclass(frozen=True)
class Person:
    """A user with one bot and one key."""

    account: Account
    bot: Bot
    key: Key


async def person(storage, telegram_id: int, name: str, role: Role = Role.TRADER) -> Person:
    async with storage.system() as unit:
        account = await unit.accounts.add(telegram_id, name, role, AT)
        await unit.commit()
    async with storage.of(account.id) as unit:
        bot = await unit.bots.add(config(f"{name}'s bot"), AT)
        key = await unit.keys.add(
            "main", Environment.TESTNET, f"{name}…1", b"\x00secret", AT, ip_restricted=True
        )
        await unit.commit()
    return Person(account, bot, key)
