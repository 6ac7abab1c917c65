"""Bots and positions, written as the engine would write them."""

from dataclasses import replace
from decimal import Decimal

from engine.core.bot_config import BotConfig
from engine.core.market import Market, Side
from engine.core.order import Leg, Order, OrderEvent, OrderKind, move
from engine.core.position import (
    ExitReason,
    Position,
    PositionSide,
    PositionState,
    ProtectionState,
)
from engine.core.trade import close_books
from engine.services import bots


async def new_bot(office, account, name="BTC trend", **changes):
    return await bots.create(office, account, BotConfig(name=name, symbol="BTCUSDT", **changes))


async def started(office, account, **changes):
    bot = await new_bot(office, account, **changes)
    return await bots.start(office, account, bot.public_id, bot.revision)


def position_of(bot, at, **changes):
    fields = {
        "id": 0,
        "owner_id": bot.owner_id,
        "bot_id": bot.id,
        "account": bot.account,
        "market": Market.SPOT,
        "symbol": "BTCUSDT",
        "base": "BTC",
        "quote": "USDT",
        "side": PositionSide.LONG,
        "decision": 1,
        "opened_at": at,
        "stop_price": Decimal(59000),
        "target_price": Decimal(62000),
        "protection": ProtectionState.STANDING,
        "entry_qty": Decimal("0.001"),
        "entry_quote": Decimal("59.5"),
    }
    return Position(**(fields | changes))


async def hold(office, bot, **changes):
    async with office.storage.system() as unit:
        position = position_of(bot, office.clock.now_ms() - 150_000, **changes)
        position = await unit.positions.add(position)
        await unit.commit()
    return position


async def close_flat(office, position, price="61000", reason=ExitReason.TAKE_PROFIT):
    at = office.clock.now_ms()
    quantity = position.entry_qty
    flat = replace(
        position,
        state=PositionState.CLOSED,
        exit_qty=quantity,
        exit_quote=quantity * Decimal(price),
        closed_at=at,
    )
    async with office.storage.system() as unit:
        await unit.positions.save(flat)
        trade = await unit.trades.add(close_books(flat, reason, at))
        await unit.commit()
    return trade


async def live_order(office, bot):
    order = Order(
        id=0,
        client_id=f"sk1-{bot.id}-1-e1",
        owner_id=bot.owner_id,
        bot_id=bot.id,
        account=bot.account,
        market=Market.SPOT,
        symbol="BTCUSDT",
        side=Side.BUY,
        kind=OrderKind.MARKET,
        leg=Leg.ENTRY,
        quantity=Decimal("0.001"),
        created_at=office.clock.now_ms(),
    )
    async with office.storage.system() as unit:
        (planned,) = await unit.orders.add([order])
        sent = move(planned, OrderEvent.SEND, at=office.clock.now_ms())
        await unit.orders.save(sent, was=planned)
        await unit.commit()
    return sent


async def open_position(office, bot):
    async with office.storage.system() as unit:
        return await unit.positions.open_of(bot.id)
