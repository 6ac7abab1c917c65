"""PURE drawings of the panic button: what it will do, and how far it got."""

from bot.actions import Action
from bot.screen import Screen
from bot.texts import Texts
from bot.views import buttons
from bot.views.bots import mode
from bot.views.buttons import Row, button
from bot.views.figures import live, side_of
from engine.core.bot_state import BotState
from engine.core.money import fixed
from engine.core.position import ProtectionState
from engine.services.cards import Holding
from engine.services.panic import PanicLine

_SHOWN = 20


def question(lines: list[PanicLine], rev: str, texts: Texts) -> Screen:
    """What would be stopped and closed; ``rev`` goes into the buttons that do it."""
    running = sum(line.bot.state is not BotState.STOPPED for line in lines)
    held = [line for line in lines if line.holding is not None]
    text = [texts.say("panic.title"), texts.say("panic.bots", n=running)]
    text.append(texts.say("panic.positions", n=len(held)))
    text += _listed(held, texts)
    text += ["", texts.say("panic.ask")]
    rows = (*_acts(rev, texts), (button(texts, "button.no_back", Action("h", "home")),))
    return Screen("\n".join(text), rows)


def result(lines: list[PanicLine], rev: str, texts: Texts, *, toast: str = "") -> Screen:
    """How far every bot is; to be refreshed until all is flat."""
    left = [line for line in lines if not line.done]
    text = [texts.say("panic.result"), texts.say("panic.left" if left else "panic.flat")]
    text += _listed(lines, texts)
    rows: list[Row] = []
    if any(line.bot.state is not BotState.STOPPED or _stays(line) for line in left):
        rows += _acts(rev, texts)
    refresh = button(texts, "button.refresh", Action("p", "result"))
    return Screen("\n".join(text), (*rows, (refresh, buttons.home(texts))), toast=toast)


def _acts(rev: str, texts: Texts) -> tuple[Row, ...]:
    return (
        (button(texts, "button.panic_stop", Action("p", "stop", "", rev)),),
        (button(texts, "button.panic_close", Action("p", "close", "", rev)),),
    )


def _listed(lines: list[PanicLine], texts: Texts) -> list[str]:
    text = [_line(line, texts) for line in lines[:_SHOWN]]
    more = len(lines) - len(text)
    return [*text, texts.say("panic.more", n=more)] if more else text


def _stays(line: PanicLine) -> bool:
    return line.holding is not None and not line.closing


def _line(line: PanicLine, texts: Texts) -> str:
    figures = {"bot": line.bot.config.name, "mode": mode(line.bot, texts)}
    if line.holding is not None:
        figures |= _held(line.holding, texts)
        key = "closing" if line.closing else "holds" if _protected(line) else "bare"
        if line.closing and line.refused:
            key, figures["note"] = "refused", line.refused
    elif line.entering:
        key = "entering"
    else:
        key = "stopped" if line.done else "running"
    return texts.say(f"panic.line.{key}", **figures)


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
