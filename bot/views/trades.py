"""PURE drawings of closed trades."""

from bot.actions import Action
from bot.screen import Screen
from bot.texts import Texts
from bot.views import buttons
from bot.views.buttons import Row, button, named, rows_of
from bot.views.figures import (
    NONE,
    moment,
    money,
    outcome,
    percent,
    price,
    side_of,
    signed,
    span_ms,
)
from engine.core.money import fixed
from engine.core.position import ExitReason
from engine.core.trade import Trade
from engine.services.trades import PAGE, TradeLine, TradePage


def trade_page(page: TradePage, texts: Texts) -> Screen:
    """A page of trades, newest first."""
    if page.bot is None:
        text = [texts.say("trades.title", page=page.page + 1)]
    else:
        text = [texts.say("trades.title_bot", bot=page.bot.config.name, page=page.page + 1)]
    first = page.page * PAGE + 1
    text += [_line(number, line, texts) for number, line in enumerate(page.lines, first)]
    if not page.lines:
        text.append(texts.say("trades.none"))
    cards = [
        named(
            f"{number}. {line.base or line.trade.symbol} {signed(money(line.trade.net))}",
            Action("t", "one", str(line.trade.position_id)),
        )
        for number, line in enumerate(page.lines, first)
    ]
    return Screen("\n".join(text), (*rows_of(cards, 2), *_turning(page, texts)))


def one_trade(line: TradeLine, texts: Texts) -> Screen:
    """One trade with its books."""
    trade = line.trade
    figures = {
        "bot": line.bot or texts.plain("trades.deleted_bot"),
        "side": side_of(trade.side, trade.market, trade.leverage, texts),
        "qty": fixed(trade.quantity),
        "base": line.base or trade.symbol,
        "quote": line.quote,
        "entry": price(trade.entry_price),
        "exit": price(trade.exit_price),
        "gross": signed(trade.gross),
        "net": signed(trade.net),
        "shown": signed(money(trade.net)),
        "percent": percent(trade.percent),
        "reason": texts.plain(f"exit.{trade.reason.value}"),
        "opened": moment(trade.opened_at),
        "closed": moment(trade.closed_at),
        "span": span_ms(trade.duration_ms, texts),
        "fees": fees(trade),
        "symbol": trade.symbol,
    }
    text = [
        texts.say(f"trade.{outcome(trade.net)}", **figures),
        texts.say("trade.books", **figures),
    ]
    if trade.funding:
        key = "funding_liquidated" if trade.reason is ExitReason.LIQUIDATION else "funding"
        funding = signed(trade.funding)
        text.append(texts.say(f"trade.{key}", funding=funding, quote=line.quote))
    left = {"trade.dust": trade.dust, "trade.gone": trade.gone}
    text += [texts.say(key, qty=fixed(qty), base=line.base) for key, qty in left.items() if qty]
    back = button(texts, "button.trades_back", Action("t", "list"))
    return Screen("\n".join(text), ((back, buttons.home(texts)),))


def fees(trade: Trade) -> str:
    """Commissions by asset."""
    parts = (f"{fixed(amount)} {asset}" for asset, amount in sorted(trade.fees.items()))
    return " + ".join(parts) or NONE


def _line(number: int, line: TradeLine, texts: Texts) -> str:
    trade = line.trade
    return texts.say(
        "trades.line",
        n=number,
        time=moment(trade.closed_at),
        base=line.base or trade.symbol,
        net=signed(money(trade.net)),
        quote=line.quote,
        percent=percent(trade.percent),
        reason=texts.plain(f"exit.{trade.reason.value}"),
    )


def _turning(page: TradePage, texts: Texts) -> list[Row]:
    bot = page.bot.public_id if page.bot else ""
    turn = []
    if page.page > 0:
        turn.append(named("‹", Action("t", "list", f"{bot}.{page.page - 1}")))
    if page.more:
        turn.append(named("›", Action("t", "list", f"{bot}.{page.page + 1}")))
    last = [buttons.home(texts)]
    if page.bot is not None:
        last.insert(0, button(texts, "button.card", Action("b", "card", bot)))
    return [tuple(turn), tuple(last)] if turn else [tuple(last)]
