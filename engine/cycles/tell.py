"""Tell: the alerts that the cycles write, with their figures as exact texts."""

from decimal import Decimal

from engine.core.bot import Bot
from engine.core.checks import Refused
from engine.core.events import Alert, AlertKind
from engine.core.money import fixed
from engine.core.order import Order
from engine.core.position import Position
from engine.core.signal import Signal
from engine.core.trade import Trade


def entered(order: Order, position: Position, bot: Bot, signal: Signal | None) -> Alert:
    """A position was opened."""
    params = _of_position(position, bot) | {
        "qty": fixed(position.entry_qty),
        "price": price_text(position.entry_price),
        "cost": fixed(position.entry_quote),
        "stop": fixed(position.stop_price),
        "target": fixed(position.target_price),
        "fee": fees_text(position.fees),
    }
    if signal is not None:
        params["signal_reason"] = signal.reason
        params |= {f"why_{name}": f"{value:.2f}" for name, value in signal.values.items()}
    return Alert(
        owner_id=order.owner_id,
        kind=AlertKind.ENTERED,
        dedup=f"entered:{position.id}",
        bot_id=bot.id,
        trade_ref=position.id,
        params=params,
    )


def exited(position: Position, trade: Trade, bot: Bot) -> Alert:
    """A position was closed and its books with it."""
    return Alert(
        owner_id=position.owner_id,
        kind=AlertKind.EXITED,
        dedup=f"exited:{position.id}",
        bot_id=bot.id,
        trade_ref=position.id,
        params=_of_position(position, bot)
        | {
            "qty": fixed(trade.quantity),
            "entry": price_text(trade.entry_price),
            "exit": price_text(trade.exit_price),
            "net": fixed(trade.net),
            "percent": fixed(trade.percent),
            "reason": trade.reason.value,
            "minutes": str(trade.duration_ms // 60_000),
            "fees": fees_text(trade.fees),
            "dust": fixed(trade.dust),
        },
    )


def entry_failed(order: Order, bot: Bot, note: str) -> Alert:
    """An entry was decided and not placed; ``note`` is ``<code> <message>`` or our own words."""
    code, _, message = note.partition(" ")
    told = {"code": code, "message": message} if _is_code(code) else {"code": "–", "message": note}
    return Alert(
        owner_id=order.owner_id,
        kind=AlertKind.ENTRY_FAILED,
        dedup=f"entry_failed:{order.client_id}",
        bot_id=bot.id,
        params={"bot": bot.config.name, "symbol": order.symbol} | told,
    )


def order_unknown(order: Order, bot: Bot) -> Alert:
    """The exchange has not said yet what became of an order."""
    return Alert(
        owner_id=order.owner_id,
        kind=AlertKind.ORDER_UNKNOWN,
        dedup=f"unknown:{order.client_id}",
        bot_id=bot.id,
        trade_ref=order.position_id,
        params=_of_order(order, bot),
    )


def order_settled(order: Order, bot: Bot) -> Alert:
    """An order that was in doubt is settled; its state tells how."""
    return Alert(
        owner_id=order.owner_id,
        kind=AlertKind.ORDER_SETTLED,
        dedup=f"settled:{order.client_id}",
        bot_id=bot.id,
        trade_ref=order.position_id,
        params=_of_order(order, bot) | {"outcome": order.state.value},
    )


def position_naked(position: Position, bot: Bot, problem: str) -> Alert:
    """The engine can neither protect nor close a position."""
    return Alert(
        owner_id=position.owner_id,
        kind=AlertKind.POSITION_NAKED,
        dedup=f"{problem}:{position.id}",
        bot_id=bot.id,
        trade_ref=position.id,
        params=_of_position(position, bot) | {"qty": fixed(position.held), "problem": problem},
    )


def paused(bot: Bot, refused: Refused, day: str) -> Alert:
    """A daily limit was reached."""
    return Alert(
        owner_id=bot.owner_id,
        kind=AlertKind.BOT_PAUSED,
        dedup=f"paused:{bot.id}:{refused.check}:{day}",
        bot_id=bot.id,
        params={
            "bot": bot.config.name,
            "check": refused.check,
            "limit": refused.limit,
            "measured": refused.measured,
            "why": bot.why,
            "until": "00:00 UTC",
        },
    )


def resumed(bot: Bot, day: str) -> Alert:
    """A paused bot goes on."""
    return Alert(
        owner_id=bot.owner_id,
        kind=AlertKind.BOT_RESUMED,
        dedup=f"resumed:{bot.id}:{day}",
        bot_id=bot.id,
        params={"bot": bot.config.name},
    )


def entry_refused(bot: Bot, refused: Refused, day: str) -> Alert:
    """A signal was not followed, for a reason that the user can mend; told once a day."""
    return Alert(
        owner_id=bot.owner_id,
        kind=AlertKind.ENTRY_REFUSED,
        dedup=f"refused:{bot.id}:{refused.check}:{day}",
        bot_id=bot.id,
        params={
            "bot": bot.config.name,
            "symbol": bot.config.symbol,
            "check": refused.check,
            "limit": refused.limit,
            "measured": refused.measured,
        },
    )


def restarted(owner_id: int, install: str, positions: int, seconds: int) -> Alert:
    """Skipper is back and has matched this user's positions."""
    return Alert(
        owner_id=owner_id,
        kind=AlertKind.RESTARTED,
        dedup=f"restarted:{install}:{owner_id}",
        params={"n": str(positions), "positions": str(positions), "seconds": str(seconds)},
    )


def price_text(price: Decimal) -> str:
    """An average price; what a division made endless is cut at 8 decimals."""
    return fixed(round(price, 8))


def fees_text(fees: dict[str, Decimal]) -> str:
    """Commissions by asset: ``0.98 USDT + 0.0001 BNB``."""
    return " + ".join(f"{fixed(amount)} {asset}" for asset, amount in sorted(fees.items()))


def _of_position(position: Position, bot: Bot) -> dict[str, str]:
    return {
        "bot": bot.config.name,
        "symbol": position.symbol,
        "base": position.base,
        "quote": position.quote,
        "mode": bot.config.mode.value,
    }


def _of_order(order: Order, bot: Bot) -> dict[str, str]:
    return {
        "bot": bot.config.name,
        "symbol": order.symbol,
        "side": order.side.value,
        "qty": fixed(order.quantity),
    }


def _is_code(text: str) -> bool:
    return text.removeprefix("-").isdigit()
