"""PURE drawings of the panic button: what it will do, and how far it got."""

from bot.actions import Action, encode
from bot.screen import Screen
from bot.texts import Texts
from bot.views import buttons
from bot.views.bots import mode
from bot.views.buttons import Row, button, named, rows_of
from bot.views.figures import live, side_of
from engine.core.account import Account, Role
from engine.core.bot_state import BotState
from engine.core.money import fixed
from engine.core.position import ProtectionState
from engine.core.trade import Trade
from engine.services.cards import Holding
from engine.services.panic import PanicLine

_SHOWN = 20
_EVERYONE = "all"


def question(
    lines: list[PanicLine], scope: str, rev: str, account: Account, texts: Texts
) -> Screen:
    """What would be stopped and closed; ``rev`` goes into the buttons that do it."""
    running = sum(line.bot.state is not BotState.STOPPED for line in lines)
    held = [line for line in lines if line.holding is not None]
    text = [texts.say("panic.title"), texts.say(f"panic.scope.{_kind(scope)}")]
    text.append(texts.say("panic.bots", n=running))
    text.append(texts.say("panic.positions", n=len(held)))
    text += _listed(held, texts)
    text += ["", texts.say("panic.ask")]
    rows: list[Row] = [*_acts(scope, rev, texts)]
    if not scope:
        rows.append(_other_scopes(lines, account, texts))
    rows.append((button(texts, "button.no_back", Action("h", "home")),))
    return Screen("\n".join(text), tuple(row for row in rows if row))


def pick(lines: list[PanicLine], texts: Texts) -> Screen:
    """Which one bot?"""
    names = [
        named(line.bot.config.name, Action("p", "ask", f"bot.{line.bot.public_id}"))
        for line in lines[:_SHOWN]
    ]
    back = button(texts, "button.back", Action("p", "ask"))
    return Screen(texts.say("panic.pick"), (*rows_of(names, 2), (back,)))


def result(
    lines: list[PanicLine], scope: str, rev: str, texts: Texts, *, toast: str = ""
) -> Screen:
    """How far every bot is; drawn again by itself while something is on its way."""
    left = [line for line in lines if not line.done]
    text = [texts.say("panic.result"), texts.say("panic.left" if left else "panic.flat")]
    text += _listed(lines, texts)
    rows: list[Row] = []
    if any(line.bot.state is not BotState.STOPPED or _stays(line) for line in left):
        rows += _acts(scope, rev, texts)
    again = Action("p", "result", scope)
    rows.append((button(texts, "button.refresh", again), buttons.home(texts)))
    moving = any(line.moving for line in left)
    return Screen("\n".join(text), tuple(rows), toast=toast, again=encode(again) if moving else "")


def _kind(scope: str) -> str:
    return {"": "mine", _EVERYONE: "everyone"}.get(scope, "bot")


def _other_scopes(lines: list[PanicLine], account: Account, texts: Texts) -> Row:
    others = []
    if len(lines) > 1:
        others.append(button(texts, "button.panic_one", Action("p", "pick")))
    if account.role is Role.ADMIN:
        others.append(button(texts, "button.panic_everyone", Action("p", "ask", _EVERYONE)))
    return tuple(others)


def _acts(scope: str, rev: str, texts: Texts) -> tuple[Row, ...]:
    kind = _kind(scope)
    return (
        (button(texts, f"panic.stop.{kind}", Action("p", "stop", scope, rev)),),
        (button(texts, f"panic.close.{kind}", Action("p", "close", scope, rev)),),
    )


def _listed(lines: list[PanicLine], texts: Texts) -> list[str]:
    text = [_line(line, texts) for line in lines[:_SHOWN]]
    more = len(lines) - len(text)
    return [*text, texts.say("panic.more", n=more)] if more else text


def _stays(line: PanicLine) -> bool:
    return line.holding is not None and not line.closing


def _line(line: PanicLine, texts: Texts) -> str:
    bot = line.bot.config
    name = f"{line.owner} / {bot.name}" if line.owner else bot.name
    figures = {"bot": f"{name} {bot.symbol}", "mode": mode(line.bot, texts)}
    if line.holding is not None:
        figures |= _held(line.holding, texts)
        key = "closing" if line.closing else "holds" if _protected(line) else "bare"
        if line.closing and line.refused:
            key, figures["note"] = "refused", line.refused
    elif line.entering:
        key = "entering"
    elif line.flat and line.trade is not None:
        key, figures = "closed", figures | _closed(line.trade, texts)
    else:
        key = "stopped" if line.flat else "running"
    return texts.say(f"panic.line.{key}", **figures) + _beside(line, texts)


def _beside(line: PanicLine, texts: Texts) -> str:
    """What the exchange says of a flat bot: not asked yet, or what lies there and is not ours."""
    if line.flat and not line.verified:
        return texts.say("panic.unverified")
    about = line.not_ours
    if about is None or not (about.orders or about.quantity):
        return ""
    return texts.say("panic.not_ours", n=about.orders, quantity=fixed(about.quantity))


def _closed(trade: Trade, texts: Texts) -> dict[str, str]:
    return {
        "price": fixed(round(trade.exit_price, 8)),
        "net": live(trade.net),
        "reason": texts.plain(f"exit.{trade.reason.value}"),
    }


def _protected(line: PanicLine) -> bool:
    if line.holding is None or not line.holding.position.guarded:
        return False
    return line.holding.position.protection in {ProtectionState.STANDING, ProtectionState.MOVING}


def _held(holding: Holding, texts: Texts) -> dict[str, str]:
    position = holding.position
    return {
        "side": side_of(position.side, position.market, position.leverage, texts),
        "qty": fixed(position.held),
        "base": position.base,
        "result": live(holding.result),
        "quote": position.quote,
    }
