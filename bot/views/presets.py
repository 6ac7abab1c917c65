"""PURE buttons below a question of the new-bot conversation: answers to tap, ways aside."""

import re
from collections.abc import Callable
from decimal import Decimal

from bot.actions import Action, rev_of
from bot.screen import Button
from bot.texts import Texts
from bot.views.buttons import Row, button, named, rows_of
from bot.views.problems import field
from bot.views.settings import title_of
from bot.views.summary import shown
from bot.wizard import hours
from bot.wizard.answers import standing
from bot.wizard.bounds import (
    OFF,
    PARAM,
    Facts,
    chosen_strategy,
    fitting_keys,
    get,
    param_texts,
    stop_range,
)
from bot.wizard.choices import offered_templates
from bot.wizard.sizes import RISK, percent_range, risk_range, size_range
from bot.wizard.steps import MENUS, PARAMS, skipped
from bot.wizard.templates import OWN
from engine.core.account import Draft
from engine.core.hours import written
from engine.core.money import fixed
from engine.strategies.base import Param

PERCENT_SIGN = "pct"
"""How the percent sign of a size is written in callback data."""
_PRESETS = {
    "timeframe": ("1m", "5m", "15m", "30m", "1h", "4h", "1d"),
    "leverage": ("1", "2", "3", "5", "10", "20"),
    "direction": ("both", "long", "short"),
    "stop": ("0.5", "1", "1.5", "2", "3", "5"),
    "target": ("1", "2", "3", "4", "5", "10"),
    "trailing": (OFF, "0.5", "1", "1.5", "2", "3"),
    "activation": (OFF, "0.5", "1", "2", "3", "5"),
    "holding": (OFF, "15", "30", "60", "240", "1440"),
    "trades": ("3", "5", "10", "20", "50", OFF),
    "loss": ("5", "10", "25", "50", "100", OFF),
    "goal": ("5", "10", "25", "50", "100", OFF),
    "cooldown": (OFF, "5", "15", "30", "60", "240"),
    "hours": (OFF, "weekdays", "office"),
    "transfer": (OFF, "50", "100", "250", "500", "1000"),
    "capital": ("500", "1000", "5000", "10000"),
    "cap": ("5", "10", "20", "25", "50", "100"),
}
_FIXED = ("10", "25", "50", "100", "250", "500", "1000", "2500")
_PERCENT = ("1", "2", "5", "10", "25")
_RISKS = ("0.5", "1", "2")
_ADJUSTED = {"size": ("capital", "cap")}
_WIDTH = {
    "mode": 2,
    "key": 1,
    "template": 2,
    "strategy": 2,
    "name": 1,
    "timeframe": 4,
    "capital": 4,
    "hours": 1,
}
_ENCODABLE = re.compile(r"[A-Za-z0-9._-]{1,28}")


def preset_rows(draft: Draft, facts: Facts, texts: Texts, top: tuple[str, ...]) -> list[Row]:
    """Answers to tap and the questions aside; ``top`` are the busiest symbols."""
    if draft.step == PARAMS:
        return _param_buttons(draft, texts)
    if draft.step in MENUS:
        return _aside(draft, MENUS[draft.step], facts, texts)
    values = _values(draft, facts, top)
    chosen = _chosen(draft, facts, values)
    label = _labels(draft, facts, texts)
    rev = rev_of(draft.revision)
    taps = [_tap(value, label(value), chosen, rev) for value in values if _fits(value)]
    if draft.step == "size":
        return [*_size_rows(values, taps), *_aside(draft, _ADJUSTED["size"], facts, texts)]
    return list(rows_of(taps, _WIDTH.get(draft.step, 3)))


def _fits(value: str) -> bool:
    """Whether it can travel in a button; anything else can still be typed."""
    return _ENCODABLE.fullmatch(value.replace("%", PERCENT_SIGN)) is not None


def _chosen(draft: Draft, facts: Facts, values: tuple[str, ...]) -> str:
    stands = standing(draft.step, draft.data, facts)
    if draft.step != "hours" or stands == OFF:
        return stands
    presets = (each for each in values if each != OFF)
    same = (each for each in presets if written(hours.read(each, facts.zone)) == stands)
    return next(same, stands)


def _values(draft: Draft, facts: Facts, top: tuple[str, ...]) -> tuple[str, ...]:
    question = draft.step
    if question.startswith(PARAM):
        return _param_values(param_of(draft), standing(question, draft.data, facts))
    choices: dict[str, Callable[[], tuple[str, ...]]] = {
        "market": lambda: tuple(market.value for market in facts.markets),
        "symbol": lambda: facts.suggestions or top,
        "template": lambda: (*(each.name for each in offered_templates(facts)), OWN),
        "strategy": lambda: facts.strategies,
        "size": lambda: _sizes(draft, facts),
        "stop": lambda: tuple(
            each for each in _PRESETS["stop"] if Decimal(each) <= stop_range(draft.data)[1]
        ),
        "mode": lambda: tuple(mode.value for mode in facts.modes),
        "key": lambda: tuple(
            key.public_id for key in fitting_keys(get(draft.data, "mode"), draft.data, facts)
        ),
    }
    if question in choices:
        return choices[question]()
    return _PRESETS.get(question, ())


def _sizes(draft: Draft, facts: Facts) -> tuple[str, ...]:
    low, high = size_range(draft.data, facts)
    least, most = percent_range(draft.data, facts)
    fewest, riskiest = risk_range(draft.data, facts)
    if low > high:
        return ()
    amounts = [each for each in _FIXED if low <= Decimal(each) <= high] or [fixed(low)]
    shares = [f"{each}%" for each in _PERCENT if least <= Decimal(each) <= most]
    risks = [f"{each}%{RISK}" for each in _RISKS if fewest <= Decimal(each) <= riskiest]
    return (*amounts, *shares, *risks)


def _size_rows(values: tuple[str, ...], taps: list[Button]) -> list[Row]:
    """Amounts, shares and risks each in rows of their own."""
    kinds = [RISK if each.endswith(RISK) else each[-1:] == "%" for each in values]
    rows: list[Row] = []
    for kind, width in ((False, 4), (True, 5), (RISK, 3)):
        rows += rows_of(
            [tap for tap, each in zip(taps, kinds, strict=True) if each == kind], width
        )
    return rows


def param_of(draft: Draft) -> Param:
    """The parameter that a draft asks for."""
    name = draft.step.removeprefix(PARAM)
    return next(p for p in chosen_strategy(draft.data).params if p.name == name)


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
        "template": lambda value: texts.plain(f"template.{value}"),
        "direction": lambda value: texts.plain(f"direction.{value}"),
        "strategy": title_of,
        "mode": lambda value: texts.plain(f"mode_choice.{value}"),
        "key": lambda value: next(k.label for k in facts.keys if k.public_id == value),
        "hours": lambda value: texts.plain(f"hours.preset.{value}"),
        "size": lambda value: _size_label(value, texts),
    }
    if step in named_by:
        return named_by[step]
    return lambda value: shown(step, value, texts)


def _size_label(value: str, texts: Texts) -> str:
    if value.endswith(RISK):
        return texts.plain("button.risk", percent=value.removesuffix(f"%{RISK}"))
    return value.replace("%", " %")


def _tap(value: str, label: str, chosen: str, rev: str) -> Button:
    mark = f"{label} ✓" if value == chosen else label
    return named(mark, Action("w", "set", value.replace("%", PERCENT_SIGN), rev))


def _param_buttons(draft: Draft, texts: Texts) -> list[Row]:
    rev = rev_of(draft.revision)
    values = param_texts(draft.data)
    taps = [
        button(
            texts,
            "button.adjust",
            Action("w", "at", f"{PARAM}{index}", rev),
            field=field(name, texts),
            value=value,
        )
        for index, (name, value) in enumerate(values.items())
    ]
    return list(rows_of(taps, 2))


def _aside(draft: Draft, names: tuple[str, ...], facts: Facts, texts: Texts) -> list[Row]:
    """Buttons to the questions aside of this one, each with what stands there."""
    rev = rev_of(draft.revision)
    taps = [
        button(
            texts,
            "button.adjust",
            Action("w", "at", name, rev),
            field=field(name, texts),
            value=shown(name, get(draft.data, name), texts, facts.quote),
        )
        for name in names
        if not skipped(name, draft.data)
    ]
    return list(rows_of(taps, 2 if draft.step not in MENUS else 1))
