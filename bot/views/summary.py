"""PURE drawing of a new bot's answers before it is made."""

from bot.actions import Action, rev_of
from bot.texts import Texts
from bot.views.bots import mode_label
from bot.views.buttons import Row, button
from bot.views.problems import field
from bot.views.settings import hours_of, length
from bot.views.sizes import size_lines
from bot.wizard import hours
from bot.wizard.answers import standing
from bot.wizard.bounds import OFF, Facts, chosen_key, chosen_strategy, get, param_texts
from bot.wizard.steps import SUMMARY, skipped, step_number
from engine.core.account import Draft
from engine.core.bot_config import Mode

_NBSP = "\u00a0"
_EDITS = (
    ("symbol", "timeframe", "template"),
    ("leverage", "direction"),
    ("strategy", "size"),
    ("stop", "target", "exits"),
    ("limits", "mode", "name"),
    ("transfer",),
)
_DURATIONS = frozenset({"holding", "cooldown"})
_MONEY = frozenset({"loss", "goal", "transfer"})
_PERCENTS = frozenset({"stop", "target", "trailing", "activation", "cap"})
# Off is worth a line only where people expect a limit.
_ALWAYS_SHOWN = frozenset({"trades", "loss"})


def summary(draft: Draft, facts: Facts, texts: Texts) -> str:
    """All answers as HTML."""
    data = draft.data
    mode = Mode(get(data, "mode"))
    figures = {
        "n": step_number(SUMMARY),
        "name": standing("name", data, facts),
        "market": get(data, "market"),
        "symbol": data.get("symbol", ""),
        "timeframe": get(data, "timeframe"),
        "strategy": chosen_strategy(data).title,
        "params": ", ".join(
            f"{field(name, texts)} {value}".replace(" ", _NBSP)
            for name, value in param_texts(data).items()
        ),
        "mode": mode_label(mode, texts),
    }
    lines = [texts.say("wizard.summary", **figures), *size_lines(draft, facts, texts)]
    lines += _exits(draft, facts, texts)
    if mode.keyed:
        key = chosen_key(data, facts)
        lines.append(texts.say("wizard.summary_key", label=key.label if key else "–"))
    if mode is Mode.LIVE:
        lines.append(texts.say("wizard.summary_live"))
    return "\n".join(lines)


def _exits(draft: Draft, facts: Facts, texts: Texts) -> list[str]:
    data = draft.data
    lines = [texts.say("wizard.summary_exits", stop=get(data, "stop"), target=get(data, "target"))]
    if get(data, "trailing") != OFF:
        start = shown("activation", get(data, "activation"), texts)
        figures = {"trailing": get(data, "trailing"), "start": start}
        lines.append(texts.say("wizard.summary_trailing", **figures))
    for question in ("holding", "trades", "loss", "goal", "cooldown", "hours", "transfer"):
        value = get(data, question)
        told = value != OFF or question in _ALWAYS_SHOWN
        if told and not skipped(question, data):
            figures = {question: shown(question, value, texts, facts.quote)}
            lines.append(texts.say(f"wizard.summary_{question}", **figures))
    return lines


def summary_rows(draft: Draft, texts: Texts) -> list[Row]:
    """Create, change one answer, or leave."""
    rev = rev_of(draft.revision)
    start = button(texts, "button.create_start", Action("w", "create", "start", rev))
    stopped = button(texts, "button.create_stopped", Action("w", "create", "stopped", rev))
    # What the strategy is can be changed even where a template has answered it.
    asked = [
        [each for each in names if each == "strategy" or not skipped(each, draft.data)]
        for names in _EDITS
    ]
    edits = [
        tuple(button(texts, f"edit.{name}", Action("w", "at", name, rev)) for name in names)
        for names in asked
        if names
    ]
    back = button(texts, "button.back", Action("w", "back", "", rev))
    cancel = button(texts, "button.cancel", Action("w", "cancel", "", rev))
    return [(start,), *edits, (stopped,), (back, cancel)]


def shown(question: str, value: str, texts: Texts, quote: str = "") -> str:
    """An answer as people read it: with its unit, or what it means that it is off."""
    if value == OFF:
        special = f"wizard.off_{question}"
        return texts.plain(special if texts.has(special) else "wizard.off")
    if question in _DURATIONS:
        return length(int(value), texts)
    if question == "hours":
        return hours_of(hours.read(value, "UTC"), texts)
    if question in _PERCENTS:
        return f"{value} %"
    if question in _MONEY:
        return f"{value} {quote}".rstrip()
    return f"{value}×" if question == "leverage" else value
