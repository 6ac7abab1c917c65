"""PURE drawing of a new bot's answers before it is made."""

from decimal import Decimal

from bot.actions import Action, rev_of
from bot.texts import Texts
from bot.views.bots import mode_label
from bot.views.buttons import Row, button
from bot.views.problems import field
from bot.wizard.answers import OFF, Facts, chosen_strategy, get, param_texts, standing
from bot.wizard.steps import SUMMARY, step_number
from engine.core.account import Draft
from engine.core.bot_config import Mode
from engine.core.money import fixed, percent_of

_NBSP = "\u00a0"
_EDITS = (
    ("symbol", "timeframe", "strategy"),
    ("size", "stop", "target"),
    ("trades", "loss"),
    ("mode", "name"),
)


def summary(draft: Draft, facts: Facts, texts: Texts) -> str:
    """All answers as HTML."""
    data = draft.data
    quote = facts.rules.quote if facts.rules else ""
    mode = Mode(get(data, "mode"))
    size = get(data, "size")
    if size.endswith("%"):
        amount = percent_of(Decimal(get(data, "capital")), Decimal(size[:-1]))
        size = texts.plain("wizard.size_percent", percent=size[:-1], amount=fixed(amount))
    figures = {
        "n": step_number(SUMMARY),
        "name": standing("name", data, facts),
        "symbol": data.get("symbol", ""),
        "timeframe": get(data, "timeframe"),
        "strategy": chosen_strategy(data).title,
        "params": ", ".join(
            f"{field(name, texts)} {value}".replace(" ", _NBSP)
            for name, value in param_texts(data).items()
        ),
        "size": size,
        "quote": quote,
        "cap": get(data, "cap"),
        "stop": get(data, "stop"),
        "target": get(data, "target"),
        "trades": _limit(get(data, "trades"), texts),
        "loss": _limit(get(data, "loss"), texts, quote),
        "mode": mode_label(mode, texts),
    }
    lines = [texts.say("wizard.summary", **figures)]
    if mode.keyed:
        label = next((k.label for k in facts.keys if k.public_id == data.get("key")), "–")
        lines.append(texts.say("wizard.summary_key", label=label))
    if mode is Mode.LIVE:
        lines.append(texts.say("wizard.summary_live"))
    return "\n".join(lines)


def summary_rows(draft: Draft, texts: Texts) -> list[Row]:
    """Create, change one answer, or leave."""
    rev = rev_of(draft.revision)
    start = button(texts, "button.create_start", Action("w", "create", "start", rev))
    stopped = button(texts, "button.create_stopped", Action("w", "create", "stopped", rev))
    edits = [
        tuple(button(texts, f"edit.{name}", Action("w", "at", name, rev)) for name in names)
        for names in _EDITS
    ]
    back = button(texts, "button.back", Action("w", "back", "", rev))
    cancel = button(texts, "button.cancel", Action("w", "cancel", "", rev))
    return [(start,), *edits, (stopped,), (back, cancel)]


def _limit(value: str, texts: Texts, unit: str = "") -> str:
    return texts.plain("wizard.off") if value == OFF else f"{value} {unit}".strip()
