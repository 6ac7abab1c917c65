"""PURE drawing of the new-bot conversation."""

from bot.actions import Action, rev_of
from bot.screen import Screen
from bot.texts import Texts
from bot.views.buttons import Row, button, home
from bot.views.figures import money, price
from bot.views.presets import param_of, preset_rows
from bot.views.problems import field, words
from bot.views.settings import about, help_of, title_of
from bot.views.sizes import risk_line
from bot.views.summary import summary, summary_rows
from bot.wizard.answers import standing
from bot.wizard.bounds import PARAM, Facts, chosen_strategy, get, leverage_of, stop_range
from bot.wizard.choices import offered_templates
from bot.wizard.config import in_the_way
from bot.wizard.sizes import size_range, stake_of
from bot.wizard.steps import MENUS, ORDER, PARAMS, SUMMARY, step_number
from engine.core.account import Draft
from engine.core.errors import SkipperError
from engine.core.money import fixed

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
    """The question that stands in the draft, or the summary with what is in its way.

    ``note`` is a text key above it.
    """
    if error is None and draft.step == SUMMARY:
        error = in_the_way(draft, facts)
    wrong = [words(error, texts)] if error is not None else []
    wrong += [texts.say(note)] if note else []
    if draft.step == SUMMARY:
        parts = [*wrong, summary(draft, facts, texts)]
        rows = summary_rows(draft, texts)
    else:
        parts = [_title(draft, texts), *wrong, _ask(draft, facts, texts)]
        rows = [*preset_rows(draft, facts, texts, top), *_moves(draft, facts, texts)]
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
        "quote": facts.quote,
        "price": price(facts.price),
        "low": fixed(low),
        "high": fixed(high),
        "capital": get(draft.data, "capital"),
        "cap": get(draft.data, "cap"),
        "strategy": chosen_strategy(draft.data).title,
        "name": standing("name", draft.data, facts),
        "about": _about(draft, facts, texts),
        "leverage": leverage,
        "stake": fixed(money(stake)),
        "position": fixed(money(stake * leverage)),
        "zone": facts.zone,
    }
    special = f"wizard.ask.{draft.step}_{get(draft.data, 'market')}"
    told = texts.say(special if texts.has(special) else f"wizard.ask.{draft.step}", **figures)
    return f"{told}\n{risk_line(draft, facts, texts)}" if draft.step == "size" else told


def _about(draft: Draft, facts: Facts, texts: Texts) -> str:
    """What the offered choices mean."""
    if draft.step == PARAMS:
        return about(chosen_strategy(draft.data).name, texts)
    if draft.step == "mode":
        return "\n".join(texts.plain(f"mode_about.{mode.value}") for mode in facts.modes)
    if draft.step == "template":
        names = [each.name for each in offered_templates(facts)]
        return "\n".join(texts.plain(f"template_about.{name}") for name in names)
    if draft.step == "strategy":
        told = ((title_of(name), about(name, texts)) for name in facts.strategies)
        return "\n".join(f"• {title}: {line}" for title, line in told if line)
    return ""


def _ask_param(draft: Draft, texts: Texts) -> str:
    param = param_of(draft)
    figures = {"field": field(param.name, texts), "help": help_of(param, texts)}
    if param.kind in {"choice", "bool"}:
        return texts.say("wizard.ask.param_choice", **figures)
    return texts.say("wizard.ask.param", low=f"{param.low:g}", high=f"{param.high:g}", **figures)


def _moves(draft: Draft, facts: Facts, texts: Texts) -> list[Row]:
    rev = rev_of(draft.revision)
    row = [button(texts, "button.back", Action("w", "back", "", rev))]
    row.append(button(texts, "button.cancel", Action("w", "cancel", "", rev)))
    stands = draft.step in {PARAMS, *MENUS} or standing(draft.step, draft.data, facts)
    if stands and draft.step != "market":
        row.append(button(texts, "button.next", Action("w", "next", "", rev)))
    if draft.step not in ORDER or draft.step in _NO_REST:
        return [tuple(row)]
    return [(button(texts, "button.rest", Action("w", "at", SUMMARY, rev)),), tuple(row)]
