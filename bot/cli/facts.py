"""Rows as scripts read them: exact decimals as text, instants as ISO text and milliseconds."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bot.cli.common import iso
from engine.core.bot import Bot
from engine.core.money import fixed
from engine.core.order import Fill, Leg, Order
from engine.core.position import Position
from engine.core.trade import Trade

Names = Mapping[int, str]


def name_of(names: Names, bot_id: int) -> str:
    """Name of a bot; a deleted one is called by its number."""
    return names.get(bot_id, f"#{bot_id}")


def bot_facts(bot: Bot) -> dict[str, Any]:
    """A bot and what it is doing."""
    config = bot.config
    return {
        "id": bot.public_id,
        "name": config.name,
        "owner": bot.owner_id,
        "mode": config.mode.value,
        "market": config.market.value,
        "symbol": config.symbol,
        "timeframe": config.timeframe.value,
        "strategy": config.strategy,
        "state": bot.state.value,
        "why": bot.why,
        **_instant("paused_until", bot.paused_until),
    }


def position_facts(position: Position, names: Names) -> dict[str, Any]:
    """A position as the books have it."""
    return {
        "id": position.id,
        "bot": name_of(names, position.bot_id),
        "account": position.account,
        "market": position.market.value,
        "symbol": position.symbol,
        "side": position.side.value,
        "state": position.state.value,
        "protection": position.protection.value,
        "guarded": position.guarded,
        "held": fixed(position.held),
        "entry_quantity": fixed(position.entry_qty),
        "entry_price": _price(position.entry_price),
        "exit_quantity": fixed(position.exit_qty),
        "stop_price": fixed(position.stop_price),
        "target_price": fixed(position.target_price),
        "target_watched": position.watches_target,
        "trailing": position.best_price is not None,
        "leverage": position.leverage,
        "funding": fixed(position.funding),
        "fees": _fees(position.fees),
        **_instant("opened_at", position.opened_at),
        **_instant("naked_since", position.naked_since),
    }


def order_facts(order: Order, names: Names) -> dict[str, Any]:
    """An order as the books have it."""
    return {
        "id": order.id,
        "client_id": order.client_id,
        "exchange_id": order.exchange_id,
        "list_id": order.list_id,
        "bot": name_of(names, order.bot_id),
        "account": order.account,
        "position": order.position_id,
        "market": order.market.value,
        "symbol": order.symbol,
        "side": order.side.value,
        "kind": order.kind.value,
        "leg": order.leg.name.lower(),
        "state": order.state.value,
        "quantity": fixed(order.quantity),
        "price": _optional(order.price),
        "stop_price": _optional(order.stop_price),
        "filled_quantity": fixed(order.filled_qty),
        "filled_quote": fixed(order.filled_quote),
        "booked_quantity": fixed(order.booked_qty),
        "close_position": order.close_position,
        "reduce_only": order.reduce_only,
        "reason": order.reason,
        "refusal": order.refusal.value,
        "note": order.note,
        **_instant("created_at", order.created_at),
        **_instant("updated_at", order.updated_at or None),
    }


def trade_facts(trade: Trade, fills: list[tuple[Leg, Fill]], names: Names) -> dict[str, Any]:
    """A closed trade with every execution that it is made of."""
    return {
        "id": trade.id,
        "bot": name_of(names, trade.bot_id),
        "market": trade.market.value,
        "symbol": trade.symbol,
        "side": trade.side.value,
        "quantity": fixed(trade.quantity),
        "entry_price": _price(trade.entry_price),
        "exit_price": _price(trade.exit_price),
        "gross": fixed(trade.gross),
        "net": fixed(trade.net),
        "percent": fixed(trade.percent),
        "leverage": trade.leverage,
        "fees": _fees(trade.fees),
        "funding": fixed(trade.funding),
        "dust": fixed(trade.dust),
        "gone": fixed(trade.gone),
        "reason": trade.reason.value,
        **_instant("opened_at", trade.opened_at),
        **_instant("closed_at", trade.closed_at),
        "fills": [_fill(trade, leg, fill) for leg, fill in fills],
    }


def _fill(trade: Trade, leg: Leg, fill: Fill) -> dict[str, Any]:
    entry = trade.side.entry
    return {
        "trade_id": fill.trade_id,
        "client_id": fill.client_id,
        "leg": leg.name.lower(),
        "side": (entry.opposite if leg.exit else entry).value,
        "price": fixed(fill.price),
        "quantity": fixed(fill.quantity),
        "commission": fixed(fill.commission),
        "commission_asset": fill.commission_asset,
        **_instant("time", fill.at),
    }


def _instant(name: str, at_ms: int | None) -> dict[str, Any]:
    return {name: iso(at_ms), f"{name}_ms": at_ms}


def _fees(fees: Mapping[str, Decimal]) -> dict[str, str]:
    return {asset: fixed(amount) for asset, amount in sorted(fees.items())}


def _price(price: Decimal) -> str:
    """An average; what a division made endless is cut at 12 decimals."""
    return fixed(round(price, 12))


def _optional(value: Decimal | None) -> str | None:
    return None if value is None else fixed(value)
