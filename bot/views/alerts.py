"""PURE drawings of alerts: one outbox row in, one message out. A missing figure is a dash.

Buttons of an alert open a new message (``open``, or a bot named by row id): the alert stays.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from bot.actions import Action
from bot.screen import Button, Screen
from bot.texts import Texts
from bot.views.buttons import Row, button
from bot.views.figures import NONE, live, moment, money, outcome, percent, span
from bot.views.problems import fill, reason, refusal, signal_reason
from engine.core.events import AlertKind, OutboxRow
from engine.core.market import Market
from engine.core.money import fixed
from engine.core.position import ExitReason, PositionSide
from engine.core.timeout import EXTENSION_MINUTES
from engine.services.bots import BY_ID

Params = Mapping[str, str]
_WHY = "why_"
_SIGNED = {AlertKind.ENTERED, AlertKind.EXITED}
_SILENT = {
    *(AlertKind.ENTRY_REFUSED, AlertKind.BOT_RESUMED, AlertKind.ORDER_SETTLED),
    AlertKind.STOP_MOVED,
}
_CLOSABLE = {AlertKind.ENTERED, AlertKind.POSITION_NAKED, AlertKind.EXIT_CHANGED}


def draw(row: OutboxRow, texts: Texts) -> Screen:
    """The message of an alert; its number stays the same when it has to be sent again."""
    alert = row.alert
    lines = _DRAWERS[alert.kind](alert.params, texts)
    lines = [*lines, _tail(row, texts)]
    return Screen(
        "\n".join(line for line in lines if line),
        _rows(row, texts),
        fresh=True,
        silent=alert.kind in _SILENT,
        tags={"kind": alert.kind.value, "alert": str(row.id)},
    )


def _tail(row: OutboxRow, texts: Texts) -> str:
    key = "alert.repeat" if row.attempts > 1 else "alert.number"
    if row.alert.kind not in _SIGNED:
        return texts.say(key, number=row.id)
    tail = texts.plain(key, number=row.id)
    return fill(texts, "alert.by", {**_with_mode(row.alert.params, texts), "tail": tail})


def _rows(row: OutboxRow, texts: Texts) -> tuple[Row, ...]:
    alert = row.alert
    home = button(texts, "button.home", Action("h", "open"))
    if alert.kind is AlertKind.KEY_REFUSED:
        return ((button(texts, "button.keys", Action("k", "open")), home),)
    if alert.bot_id is None:
        return ((home,),)
    ref = f"{BY_ID}{alert.bot_id}"
    buttons = [button(texts, "button.card", Action("b", "card", ref))]
    if alert.kind is AlertKind.EXPIRING and alert.trade_ref is not None:
        return (*_extension(alert.trade_ref, alert.params, texts), tuple(buttons))
    if alert.kind in _CLOSABLE:
        buttons.append(button(texts, "button.close", Action("b", "close", ref)))
    if alert.kind is AlertKind.EXITED:
        if alert.trade_ref is not None:
            one = Action("t", "open", str(alert.trade_ref))
            buttons.append(button(texts, "button.trade", one))
        buttons.append(button(texts, "button.trades", Action("t", "list", f"{ref}.0")))
    return (tuple(buttons),)


def _extension(position_id: int, params: Params, texts: Texts) -> tuple[Row, ...]:
    """More time, as much again and a little; the end shown travels along."""
    end, more = params.get("at", ""), params.get("more", "")
    if not (end.isascii() and end.isdigit() and more.isascii() and more.isdigit()):
        return ()
    shown = f"{position_id}.{int(end) // 1000}"
    minutes = {"extend": int(more), "extend_bit": EXTENSION_MINUTES}
    verbs = minutes if minutes["extend"] != EXTENSION_MINUTES else ("extend",)
    return (tuple(_more(verb, minutes[verb], shown, texts) for verb in verbs),)


def _more(verb: str, minutes: int, shown: str, texts: Texts) -> Button:
    return button(texts, "button.extend", Action("o", verb, shown), span=span(minutes, texts))


def _expiring(params: Params, texts: Texts) -> list[str]:
    figures = {**_with_mode(params, texts), "span": _span(params.get("minutes"), texts)}
    return [fill(texts, "alert.expiring", figures)]


def _entered(params: Params, texts: Texts) -> list[str]:
    values = {
        name.removeprefix(_WHY): value for name, value in params.items() if name.startswith(_WHY)
    }
    deed = _deed("entry_deed", params, texts)
    figures = {**params, "cost": _rounded(params.get("cost")), "deed": deed}
    lines = [fill(texts, "alert.entered", figures), *_futures(params, texts)]
    if "signal_reason" in params:
        told = {**values, "words": params.get("words", "")}
        because = signal_reason(params["signal_reason"], told, texts)
        lines.append(texts.say("alert.because", why=because))
    if params.get("words") and params.get("signal_reason") != "own_words":
        lines.append(texts.say("alert.words", words=params["words"]))
    return lines


def _exited(params: Params, texts: Texts) -> list[str]:
    net, share = _decimal(params.get("net")), _decimal(params.get("percent"))
    figures = {
        **params,
        "deed": _deed("exit_deed", params, texts),
        "net": live(net),
        "percent": percent(share),
        "reason": _known(texts, "exit", params.get("reason", "")),
        "span": _span(params.get("minutes"), texts),
    }
    lines = [fill(texts, f"alert.exited_{outcome(net)}", figures), *_futures(params, texts)]
    funding = _decimal(params.get("funding"))
    if funding:
        liquidated = params.get("reason") == ExitReason.LIQUIDATION
        key = "alert.funding_liquidated" if liquidated else "alert.funding"
        lines.append(fill(texts, key, {**params, "funding": live(funding)}))
    dust = _decimal(params.get("dust"))
    if dust:
        lines.append(fill(texts, "alert.dust", figures))
    return lines


def _futures(params: Params, texts: Texts) -> list[str]:
    """Direction and leverage, on futures alone."""
    if params.get("market") != Market.FUTURES.value:
        return []
    side = _known(texts, "side", params.get("side", ""))
    return [fill(texts, "alert.futures", {**params, "side": side})]


def _deed(table: str, params: Params, texts: Texts) -> str:
    """What was done to get in or out; alerts without a side are of spot."""
    side = PositionSide.SHORT if params.get("side") == PositionSide.SHORT else PositionSide.LONG
    return texts.plain(f"{table}.{side.value}")


def _entry_refused(params: Params, texts: Texts) -> list[str]:
    return [fill(texts, "alert.entry_refused", {**params, "check": _check(params, texts)})]


def _paused(params: Params, texts: Texts) -> list[str]:
    because = reason(params.get("why", ""), params, texts) or NONE
    until = params.get("until", NONE)
    shown = f"{moment(int(until))} UTC" if until.isascii() and until.isdigit() else until
    return [fill(texts, "alert.bot_paused", {**params, "why": because, "until": shown})]


def _account_paused(params: Params, texts: Texts) -> list[str]:
    return [fill(texts, "alert.account_paused", _of_account(params, texts))]


def _account_resumed(params: Params, texts: Texts) -> list[str]:
    return [fill(texts, "alert.account_resumed", _of_account(params, texts))]


def _of_account(params: Params, texts: Texts) -> dict[str, str]:
    """A pause of all bots of a kind, with its limit and what was measured."""
    because = reason(params.get("why", ""), params, texts) or NONE
    until = params.get("until", "")
    shown = moment(int(until)) if until.isascii() and until.isdigit() else NONE
    bots = _known(texts, "book", params.get("book", ""))
    return {**params, "bots": bots, "why": because, "until": shown}


def _failed(params: Params, texts: Texts) -> list[str]:
    because = reason(params.get("problem", ""), params, texts) or NONE
    return [fill(texts, "alert.bot_failed", {**params, "problem": because})]


def _naked(params: Params, texts: Texts) -> list[str]:
    lines = [fill(texts, "alert.position_naked", _with_mode(params, texts))]
    if "problem" in params:
        told = reason(params["problem"], params, texts)
        lines.append(texts.say("alert.what", problem=told))
    return lines


def _unknown(params: Params, texts: Texts) -> list[str]:
    figures = {**params, "side": _known(texts, "order_side", params.get("side", ""))}
    return [fill(texts, "alert.order_unknown", figures)]


def _settled(params: Params, texts: Texts) -> list[str]:
    told = _known(texts, "order_state", params.get("outcome", ""))
    return [fill(texts, "alert.order_settled", {**params, "outcome": told})]


def _notice(params: Params, texts: Texts) -> list[str]:
    key = params.get("text_key", "")
    if key and texts.has(key):
        return [fill(texts, key, params)]
    return [texts.say("alert.notice", text=params.get("text", key or NONE))]


def _exit_changed(params: Params, texts: Texts) -> list[str]:
    return [_one_of("exit_changed", params.get("step", ""), params, texts)]


def _foreign_close(params: Params, texts: Texts) -> list[str]:
    shown = _with_mode(params, texts)
    return [_one_of("foreign_close", params.get("reason", ""), shown, texts)]


def _one_of(table: str, name: str, figures: Params, texts: Texts) -> str:
    """The sentence of a table; for a name that it does not have, the alert's plain one."""
    key = f"{table}.{name}"
    known = name in texts.names(table)
    return fill(texts, key if known else f"alert.{table}", figures)


def _exchange_stopped(params: Params, texts: Texts) -> list[str]:
    market = _known(texts, "market", params.get("market", ""))
    return [fill(texts, "alert.exchange_stopped", {**params, "market": market})]


def _key_refused(params: Params, texts: Texts) -> list[str]:
    """Where only futures refused it, spot goes on."""
    key = "alert.key_refused_futures" if "market" in params else "alert.key_refused"
    return [fill(texts, key, params)]


def _plain(key: str) -> Callable[[Params, Texts], list[str]]:
    return lambda params, texts: [fill(texts, key, params)]


_DRAWERS: dict[AlertKind, Callable[[Params, Texts], list[str]]] = {
    AlertKind.ENTERED: _entered,
    AlertKind.EXITED: _exited,
    AlertKind.ENTRY_REFUSED: _entry_refused,
    AlertKind.ENTRY_FAILED: _plain("alert.entry_failed"),
    AlertKind.BOT_PAUSED: _paused,
    AlertKind.BOT_RESUMED: _plain("alert.bot_resumed"),
    AlertKind.BOT_FAILED: _failed,
    AlertKind.ORDER_UNKNOWN: _unknown,
    AlertKind.ORDER_SETTLED: _settled,
    AlertKind.POSITION_NAKED: _naked,
    AlertKind.EXIT_CHANGED: _exit_changed,
    AlertKind.POSITION_DRIFT: _plain("alert.position_drift"),
    AlertKind.FOREIGN_CLOSE: _foreign_close,
    AlertKind.STOP_MOVED: _plain("alert.stop_moved"),
    AlertKind.EXPIRING: _expiring,
    AlertKind.ACCOUNT_PAUSED: _account_paused,
    AlertKind.ACCOUNT_RESUMED: _account_resumed,
    AlertKind.EXCHANGE_STOPPED: _exchange_stopped,
    AlertKind.STRAY_ORDER: _plain("alert.stray_order"),
    AlertKind.RESTARTED: _plain("alert.restarted"),
    AlertKind.KEY_REFUSED: _key_refused,
    AlertKind.NOTICE: _notice,
}


def _with_mode(params: Params, texts: Texts) -> dict[str, str]:
    return {**params, "mode": _known(texts, "mode", params.get("mode", ""))}


def _check(params: Params, texts: Texts) -> str:
    check = params.get("check", "")
    limit, measured = params.get("limit", NONE), params.get("measured", NONE)
    return refusal(check, limit, measured, texts) if check else NONE


def _known(texts: Texts, table: str, name: str) -> str:
    key = f"{table}.{name}"
    return texts.plain(key) if name and texts.has(key) else name or NONE


def _decimal(text: str | None) -> Decimal | None:
    try:
        value = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def _rounded(text: str | None) -> str:
    value = _decimal(text)
    return NONE if value is None else fixed(money(value))


def _span(minutes: str | None, texts: Texts) -> str:
    if minutes and minutes.isascii() and minutes.isdigit():
        return span(int(minutes), texts)
    return NONE
