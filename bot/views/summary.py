"""PURE drawing of a new bot's answers before it is made."""

from bot.actions import Action, rev_of
from bot.texts import Texts
from bot.views.bots import mode_label
from bot.views.buttons import Row, button
from bot.views.figures import money
from bot.views.problems import field
from bot.wizard.answers import standing
from bot.wizard.bounds import (
    FUTURES_ONLY,
    OFF,
    Facts,
    chosen_strategy,
    get,
    leverage_of,
    of_futures,
    param_texts,
    stake_of,
)
from bot.wizard.steps import SUMMARY, step_number
from engine.core.account import Draft
from engine.core.bot_config import Mode
from engine.core.checks import liquidation_distance
from engine.core.margin import ASSUMED_MAINTENANCE
from engine.core.money import fixed

_NBSP = "\u00a0"
_EDITS = (
    ("symbol", "timeframe", "strategy"),
    ("leverage", "direction"),
    ("size", "stop", "target"),
    ("trailing", "trades", "loss"),
    ("mode", "name"),
)


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
    lines = [texts.say("wizard.summary", **figures), *_money(draft, facts, texts)]
    lines += _exits(draft, facts, texts)
    if mode.keyed:
        label = next((k.label for k in facts.keys if k.public_id == data.get("key")), "–")
        lines.append(texts.say("wizard.summary_key", label=label))
    if mode is Mode.LIVE:
        lines.append(texts.say("wizard.summary_live"))
    return "\n".join(lines)


def _money(draft: Draft, facts: Facts, texts: Texts) -> list[str]:
    """What a trade puts at stake, and on futures what that opens."""
    data, quote = draft.data, facts.rules.quote if facts.rules else ""
    size = standing("size", data, facts)
    stake, leverage = stake_of(data, size), leverage_of(data)
    if size.endswith("%"):
        size = texts.plain("wizard.size_percent", percent=size[:-1], amount=fixed(stake))
    figures = {"size": size, "quote": quote, "cap": get(data, "cap")}
    if not of_futures(data):
        return [texts.say("wizard.summary_size", **figures)]
    figures |= {
        "direction": texts.plain(f"direction.{get(data, 'direction')}"),
        "leverage": str(leverage),
        "position": fixed(money(stake * leverage)),
        "distance": fixed(round(liquidation_distance(leverage, ASSUMED_MAINTENANCE), 2)),
    }
    return [texts.say("wizard.summary_stake", **figures)]


def _exits(draft: Draft, facts: Facts, texts: Texts) -> list[str]:
    data, quote = draft.data, facts.rules.quote if facts.rules else ""
    lines = [texts.say("wizard.summary_exits", stop=get(data, "stop"), target=get(data, "target"))]
    if get(data, "trailing") != OFF:
        start = limit("activation", get(data, "activation"), texts, " %")
        figures = {"trailing": get(data, "trailing"), "start": start}
        lines.append(texts.say("wizard.summary_trailing", **figures))
    trades = limit("trades", get(data, "trades"), texts)
    loss = limit("loss", get(data, "loss"), texts, f" {quote}".rstrip())
    return [*lines, texts.say("wizard.summary_limits", trades=trades, loss=loss)]


def summary_rows(draft: Draft, texts: Texts) -> list[Row]:
    """Create, change one answer, or leave."""
    rev = rev_of(draft.revision)
    start = button(texts, "button.create_start", Action("w", "create", "start", rev))
    stopped = button(texts, "button.create_stopped", Action("w", "create", "stopped", rev))
    edits = [
        tuple(button(texts, f"edit.{name}", Action("w", "at", name, rev)) for name in names)
        for names in _EDITS
        if of_futures(draft.data) or not FUTURES_ONLY.issuperset(names)
    ]
    back = button(texts, "button.back", Action("w", "back", "", rev))
    cancel = button(texts, "button.cancel", Action("w", "cancel", "", rev))
    return [(start,), *edits, (stopped,), (back, cancel)]


def limit(question: str, value: str, texts: Texts, unit: str = "") -> str:
    """A figure with its unit, or what it means that it is off."""
    if value != OFF:
        return f"{value}{unit}"
    special = f"wizard.off_{question}"
    return texts.plain(special if texts.has(special) else "wizard.off")
