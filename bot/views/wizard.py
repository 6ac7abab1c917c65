"""PURE drawing of the new-bot conversation."""

from collections.abc import Callable
from decimal import Decimal

from bot.actions import Action, rev_of
from bot.screen import Button, Screen
from bot.texts import Texts
from bot.views.buttons import Row, button, home, named, rows_of
from bot.views.figures import money, price
from bot.views.problems import field, words
from bot.views.summary import limit, summary, summary_rows
from bot.wizard.answers import standing
from bot.wizard.bounds import (
    OFF,
    PARAM,
    Facts,
    chosen_strategy,
    fitting_keys,
    get,
    leverage_of,
    param_texts,
    percent_range,
    size_range,
    stake_of,
    stop_range,
)
from bot.wizard.steps import ORDER, PARAMS, SUMMARY, step_number
from engine.core.account import Draft
from engine.core.errors import SkipperError
from engine.core.money import fixed
from engine.strategies.base import Param
from engine.strategies.registry import BUILT_IN

PERCENT_SIGN = "pct"
"""How a percent sign is written in callback data."""
_TIMEFRAMES = ("1m", "5m", "15m", "30m", "1h", "4h", "1d")
_PRESETS = {
    "timeframe": _TIMEFRAMES,
    "leverage": ("1", "2", "3", "5", "10", "20"),
    "direction": ("both", "long", "short"),
    "stop": ("0.5", "1", "1.5", "2", "3", "5"),
    "target": ("1", "2", "3", "4", "5", "10"),
    "trailing": (OFF, "0.5", "1", "1.5", "2", "3"),
    "activation": (OFF, "0.5", "1", "2", "3", "5"),
    "trades": ("3", "5", "10", "20", "50", OFF),
    "loss": ("5", "10", "25", "50", "100", OFF),
    "capital": ("500", "1000", "5000", "10000"),
    "cap": ("5", "10", "20", "25", "50", "100"),
}
_FIXED = ("10", "25", "50", "100", "250", "500", "1000", "2500")
_PERCENT = ("1", "2", "5", "10", "25")
_SIGNS = {
    **dict.fromkeys(("stop", "target", "trailing", "activation", "cap"), " %"),
    "leverage": "×",
}
_ADJUSTED = {"size": ("capital", "cap"), "trailing": ("activation",)}
_WIDTH = {"mode": 2, "key": 1, "strategy": 1, "name": 1, "timeframe": 4, "capital": 4}
_NO_REST = {"market", "symbol", "name"}


def question(
    draft: Draft,
    facts: Facts,
    texts: Texts,
    *,
    top: tuple[str, ...] = (),
    error: SkipperError | None = None,
    toast: str = "",
    note: str = "",
) -> Screen:
    """The question that stands in the draft, or the summary; ``note`` is a text key above it."""
    wrong = [words(error, texts)] if error is not None else []
    wrong += [texts.say(note)] if note else []
    if draft.step == SUMMARY:
        parts = [*wrong, summary(draft, facts, texts)]
        rows = summary_rows(draft, texts)
    else:
        parts = [_title(draft, texts), *wrong, _ask(draft, facts, texts)]
        rows = [*_presets(draft, facts, texts, top), *_moves(draft, facts, texts)]
    return Screen("\n\n".join(parts), tuple(rows), toast=toast)


def draft_exists(draft: Draft, texts: Texts) -> Screen:
    """Whether to go on with the draft there is."""
    over = Action("w", "over", "", rev_of(draft.revision))
    choices = (
        button(texts, "button.continue", Action("w", "resume")),
        button(texts, "button.start_over", over),
    )
    return Screen(texts.say("wizard.draft_exists"), (choices, (home(texts),)))


def _title(draft: Draft, texts: Texts) -> str:
    parts = (draft.data.get(name, "") for name in ("symbol", "timeframe"))
    trail = " ".join(part for part in parts if part)
    key = "wizard.title_trail" if trail else "wizard.title"
    return texts.say(key, n=step_number(draft.step), trail=trail)


def _ask(draft: Draft, facts: Facts, texts: Texts) -> str:
    if draft.step.startswith(PARAM):
        return _ask_param(draft, texts)
    stops = draft.step == "stop"
    low, high = stop_range(draft.data) if stops else size_range(draft.data, facts)
    stake = stake_of(draft.data, standing("size", draft.data, facts))
    leverage = leverage_of(draft.data)
    figures = {
        "symbol": draft.data.get("symbol", ""),
        "quote": facts.rules.quote if facts.rules else "",
        "price": price(facts.price),
        "low": fixed(low),
        "high": fixed(high),
        "capital": get(draft.data, "capital"),
        "cap": get(draft.data, "cap"),
        "strategy": chosen_strategy(draft.data).title,
        "name": standing("name", draft.data, facts),
        "about": _about(draft.step, facts, texts),
        "leverage": leverage,
        "stake": fixed(stake),
        "position": fixed(money(stake * leverage)),
    }
    special = f"wizard.ask.{draft.step}_{get(draft.data, 'market')}"
    return texts.say(special if texts.has(special) else f"wizard.ask.{draft.step}", **figures)


def _about(step: str, facts: Facts, texts: Texts) -> str:
    """What the offered choices mean."""
    table, names = "strategy_about", list(BUILT_IN)
    if step == "mode":
        table, names = "mode_about", [mode.value for mode in facts.modes]
    keys = (f"{table}.{name}" for name in names)
    return "\n".join(texts.plain(key) for key in keys if texts.has(key))


def _ask_param(draft: Draft, texts: Texts) -> str:
    param = _param(draft)
    figures = {"field": field(param.name, texts), "help": texts.plain(param.help)}
    if param.choices:
        return texts.say("wizard.ask.param_choice", **figures)
    return texts.say("wizard.ask.param", low=f"{param.low:g}", high=f"{param.high:g}", **figures)


def _param(draft: Draft) -> Param:
    name = draft.step.removeprefix(PARAM)
    return next(p for p in chosen_strategy(draft.data).params if p.name == name)


def _presets(draft: Draft, facts: Facts, texts: Texts, top: tuple[str, ...]) -> list[Row]:
    if draft.step == PARAMS:
        return _param_buttons(draft, texts)
    values = _values(draft, facts, top)
    chosen = standing(draft.step, draft.data, facts)
    label = _labels(draft, facts, texts)
    rev = rev_of(draft.revision)
    taps = [_tap(value, label(value), chosen, rev) for value in values]
    rows = list(rows_of(taps, _WIDTH.get(draft.step, 3)))
    if draft.step == "size":
        amounts = sum(1 for value in values if not value.endswith("%"))
        rows = [*rows_of(taps[:amounts], 4), *rows_of(taps[amounts:], 5)]
    aside = _adjusted(draft, texts)
    return [*rows, aside] if aside else rows


def _values(draft: Draft, facts: Facts, top: tuple[str, ...]) -> tuple[str, ...]:
    question_name = draft.step
    if question_name.startswith(PARAM):
        return _param_values(_param(draft), standing(question_name, draft.data, facts))
    choices: dict[str, Callable[[], tuple[str, ...]]] = {
        "market": lambda: tuple(market.value for market in facts.markets),
        "symbol": lambda: facts.suggestions or top,
        "strategy": lambda: tuple(BUILT_IN),
        "size": lambda: _sizes(draft, facts),
        "stop": lambda: tuple(
            each for each in _PRESETS["stop"] if Decimal(each) <= stop_range(draft.data)[1]
        ),
        "mode": lambda: tuple(mode.value for mode in facts.modes),
        "key": lambda: tuple(
            key.public_id for key in fitting_keys(get(draft.data, "mode"), draft.data, facts)
        ),
    }
    if question_name in choices:
        return choices[question_name]()
    return _PRESETS.get(question_name, ())


def _sizes(draft: Draft, facts: Facts) -> tuple[str, ...]:
    low, high = size_range(draft.data, facts)
    least, most = percent_range(draft.data, facts)
    amounts = [each for each in _FIXED if low <= Decimal(each) <= high]
    if not amounts and low <= high:
        amounts = [fixed(low)]
    shares = [f"{each}%" for each in _PERCENT if least <= Decimal(each) <= most]
    return (*amounts, *shares)


def _param_values(param: Param, now: str) -> tuple[str, ...]:
    if param.choices:
        return param.choices
    if param.kind == "bool":
        return ("yes", "no")
    default = float(param.default)
    tries = [default / 2, default * 0.75, default, default * 1.25, default * 2]
    fitting = [min(max(value, param.low), param.high) for value in tries]
    if param.kind == "int":
        fitting = [float(round(value)) for value in fitting]
    texts = [f"{value:g}" for value in sorted(set(fitting))]
    return tuple(text for text in texts if text.isascii() and "e" not in text) or (now,)


def _labels(draft: Draft, facts: Facts, texts: Texts) -> Callable[[str], str]:
    step = draft.step
    named_by: dict[str, Callable[[str], str]] = {
        "market": lambda value: texts.plain(f"market.{value}"),
        "direction": lambda value: texts.plain(f"direction.{value}"),
        "strategy": lambda value: BUILT_IN[value].title,
        "mode": lambda value: texts.plain(f"mode_choice.{value}"),
        "key": lambda value: next(k.label for k in facts.keys if k.public_id == value),
    }
    if step in named_by:
        return named_by[step]
    if step == "size":
        return lambda value: value.replace("%", " %")
    return lambda value: limit(step, value, texts, _SIGNS.get(step, ""))


def _tap(value: str, label: str, chosen: str, rev: str) -> Button:
    mark = f"{label} ✓" if value == chosen else label
    return named(mark, Action("w", "set", value.replace("%", PERCENT_SIGN), rev))


def _param_buttons(draft: Draft, texts: Texts) -> list[Row]:
    rev = rev_of(draft.revision)
    taps = [
        button(
            texts,
            "button.adjust",
            Action("w", "at", PARAM + name, rev),
            field=field(name, texts),
            value=value,
        )
        for name, value in param_texts(draft.data).items()
    ]
    return list(rows_of(taps, 2))


def _adjusted(draft: Draft, texts: Texts) -> Row:
    """Buttons to the questions aside of this one."""
    rev = rev_of(draft.revision)
    return tuple(
        button(
            texts,
            f"button.adjust_{name}",
            Action("w", "at", name, rev),
            value=limit(name, get(draft.data, name), texts, _SIGNS.get(name, "")),
        )
        for name in _ADJUSTED.get(draft.step, ())
    )


def _moves(draft: Draft, facts: Facts, texts: Texts) -> list[Row]:
    rev = rev_of(draft.revision)
    row = [button(texts, "button.back", Action("w", "back", "", rev))]
    row.append(button(texts, "button.cancel", Action("w", "cancel", "", rev)))
    stands = draft.step == PARAMS or standing(draft.step, draft.data, facts)
    if stands and draft.step != "market":
        row.append(button(texts, "button.next", Action("w", "next", "", rev)))
    if draft.step not in ORDER or draft.step in _NO_REST:
        return [tuple(row)]
    return [(button(texts, "button.rest", Action("w", "at", SUMMARY, rev)),), tuple(row)]
