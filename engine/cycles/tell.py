"""Tell: the alerts that the cycles write, with their figures as exact texts."""

from datetime import UTC, datetime
from decimal import Decimal

from engine.core.bot import Bot
from engine.core.events import Alert, AlertKind
from engine.core.money import fixed
from engine.core.order import Order
from engine.core.position import ExitReason, Position
from engine.core.scene import ChangeExit, ExitChange
from engine.core.signal import Signal
from engine.core.trade import Trade
from engine.cycles.tell_bots import of_bot


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
        params |= {"signal_reason": signal.reason, "words": signal.words}
        params |= {f"why_{name}": f"{value:.8g}" for name, value in signal.values.items()}
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
            "funding": fixed(trade.funding),
            "dust": fixed(trade.dust),
        },
    )


def entry_failed(order: Order, bot: Bot, note: str) -> Alert:
    """An entry was decided and not placed; ``note`` is ``<code> <message>`` or our own words."""
    code, message = _code_and_message(note)
    dedup = f"entry_failed:{order.client_id}"
    about = {"symbol": order.symbol, "code": code, "message": message}
    return of_bot(bot, AlertKind.ENTRY_FAILED, dedup, about)


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


def exit_changed(position: Position, bot: Bot, step: ChangeExit) -> Alert:
    """The exchange refused an exit, and what is done instead: once per rung of the ladder."""
    code, message = _code_and_message(step.refused.note)
    level = step.stop_price or step.refused.stop_price or step.refused.price
    if step.change is ExitChange.TARGET_WATCHED:
        level = position.target_price
    return Alert(
        owner_id=position.owner_id,
        kind=AlertKind.EXIT_CHANGED,
        dedup=f"exit_changed:{position.id}:{step.change.value}",
        bot_id=bot.id,
        trade_ref=position.id,
        params=_of_position(position, bot)
        | {
            "step": step.change.value,
            "price": fixed(level or position.stop_price),
            "code": code,
            "message": message,
        },
    )


def stop_moved(position: Position, bot: Bot, was: Decimal) -> Alert:
    """A trailing stop took over; told once per position."""
    return Alert(
        owner_id=position.owner_id,
        kind=AlertKind.STOP_MOVED,
        dedup=f"stop_moved:{position.id}",
        bot_id=bot.id,
        trade_ref=position.id,
        params=_of_position(position, bot)
        | {"stop": fixed(position.stop_price), "was": fixed(was)},
    )


def foreign_close(position: Position, bot: Bot, order: Order) -> Alert:
    """What was held was closed by the exchange or by hand."""
    price = order.filled_quote / order.filled_qty if order.filled_qty else None
    return Alert(
        owner_id=position.owner_id,
        kind=AlertKind.FOREIGN_CLOSE,
        dedup=f"foreign_close:{order.client_id}:{fixed(order.filled_qty)}",
        bot_id=bot.id,
        trade_ref=position.id,
        params=_of_position(position, bot)
        | {
            "qty": fixed(order.filled_qty),
            "price": price_text(price) if price is not None else "–",
            "reason": order.reason,
        },
    )


def coins_gone(position: Position, bot: Bot, missing: Decimal) -> Alert:
    """Coins left the account by nobody's order of ours: where to is not known."""
    return Alert(
        owner_id=position.owner_id,
        kind=AlertKind.FOREIGN_CLOSE,
        dedup=f"coins_gone:{position.id}:{fixed(position.gone_qty)}",
        bot_id=bot.id,
        trade_ref=position.id,
        params=_of_position(position, bot)
        | {"qty": fixed(missing), "price": "–", "reason": ExitReason.EXTERNAL.value},
    )


def drift(bot: Bot, base: str, ours: Decimal, theirs: Decimal) -> Alert:
    """Books and exchange disagree on what a futures account holds."""
    dedup = f"drift:{bot.account}:{bot.config.symbol}:{fixed(ours)}:{fixed(theirs)}"
    held = {"base": base, "ours": fixed(ours), "theirs": fixed(theirs)}
    return of_bot(bot, AlertKind.POSITION_DRIFT, dedup, {"symbol": bot.config.symbol} | held)


def exchange_stopped(owner_id: int, market: str, code: str, until_ms: int) -> Alert:
    """The exchange refuses this address; for the operator."""
    until = f"{datetime.fromtimestamp(until_ms / 1000, tz=UTC):%H:%M:%S} UTC"
    return Alert(
        owner_id=owner_id,
        kind=AlertKind.EXCHANGE_STOPPED,
        dedup=f"exchange_stopped:{owner_id}:{market}:{until_ms // 60_000}",
        params={"market": market, "code": code, "until": until},
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
        "market": position.market.value,
        "side": position.side.value,
        "leverage": str(position.leverage),
    }


def _of_order(order: Order, bot: Bot) -> dict[str, str]:
    return {
        "bot": bot.config.name,
        "symbol": order.symbol,
        "side": order.side.value,
        "qty": fixed(order.quantity),
    }


def _code_and_message(note: str) -> tuple[str, str]:
    """Parts of ``<code> <message>``; our own words carry no code."""
    code, _, message = note.partition(" ")
    return (code, message) if code.removeprefix("-").isdigit() else ("–", note)
