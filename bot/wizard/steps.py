"""PURE moves through the new-bot conversation.

The state is the stored draft and nothing else: ``step`` is the question on the screen, ``data``
the answers so far. A restart in the middle loses nothing, and every answer is read once more by
the same table before a bot is made (``config.settled``).
"""

import json
from collections.abc import Mapping
from dataclasses import replace

from bot.wizard.answers import READERS, read, standing
from bot.wizard.bounds import (
    FORGET,
    FUTURES_ONLY,
    OFF,
    PARAM,
    Facts,
    chosen_strategy,
    fitting_keys,
    get,
    keyed,
    may_transfer,
    of_futures,
    params_of,
)
from bot.wizard.templates import OWN
from engine.core.account import Draft
from engine.core.errors import InvalidValue

KIND = "bot"
PARAMS = "params"
EXITS = "exits"
LIMITS = "limits"
SUMMARY = "summary"
ORDER = (
    *("market", "symbol", "template", "timeframe", "strategy", PARAMS),
    *("leverage", "direction", "size", "stop", "target", EXITS, LIMITS),
    *("mode", "key", "transfer", "name", SUMMARY),
)
MENUS = {
    EXITS: ("trailing", "activation", "holding"),
    LIMITS: ("trades", "loss", "goal", "cooldown", "hours"),
}
"""Questions that only lead to others, each of which may be left as it is."""
_STEPS = (
    ("market",),
    ("symbol",),
    ("template",),
    ("timeframe", "strategy", PARAMS),
    ("leverage", "direction", "size"),
    ("stop", "target", EXITS),
    (LIMITS,),
    ("mode", "key", "transfer"),
    ("name", SUMMARY),
)
_ASIDE = {
    "capital": "size",
    "cap": "size",
    **{name: menu for menu, names in MENUS.items() for name in names},
}
_RETURN = "return"


def begin(owner_id: int, at: int, revision: int = 1) -> Draft:
    """A draft at the first question."""
    return Draft(owner_id, KIND, ORDER[0], {}, revision, at, expects=ORDER[0])


def step_number(question: str) -> int:
    """Which of the nine steps a question belongs to."""
    top = _parent(question) or question
    return next(index for index, names in enumerate(_STEPS, 1) if top in names)


def answer(draft: Draft, raw: str, facts: Facts, at: int) -> Draft:
    """The draft after an answer to its question; raises ``InvalidValue`` and loses nothing."""
    changed = {**draft.data, **read(draft.step, raw, draft.data, facts)}
    data = {name: each for name, each in changed.items() if each != FORGET}
    return _turn(draft, _following(draft.step, data, facts), data, at)


def onward(draft: Draft, facts: Facts, at: int) -> Draft:
    """Accept what stands; raises ``InvalidValue`` when nothing does or it is not allowed."""
    if draft.step not in {PARAMS, *MENUS}:
        return answer(draft, standing(draft.step, draft.data, facts), facts, at)
    if draft.step == PARAMS:
        chosen_strategy(draft.data).validate(params_of(draft.data))
    return _turn(draft, _following(draft.step, draft.data, facts), draft.data, at)


def present(draft: Draft) -> Draft:
    """The draft at a question that there is: an older version, or a strategy, may have gone."""
    if draft.step in _questions(draft.data):
        return draft
    step = PARAMS if draft.step.startswith(PARAM) else SUMMARY
    return replace(draft, step=step if "symbol" in draft.data else ORDER[0])


def jump(draft: Draft, question: str, at: int) -> Draft:
    """Go to a question aside of this step, or to one that the summary wants changed.

    A parameter of the strategy is named, or numbered in the order of its declaration.
    """
    data = dict(draft.data)
    if draft.step == SUMMARY:
        data[_RETURN] = SUMMARY
    if question.startswith(PARAM) and question.removeprefix(PARAM).isdecimal():
        question = _numbered(question, data)
    if question not in _questions(data) or ("symbol" not in data and question not in ORDER[:2]):
        question = "symbol"
    if question in {"key", "transfer"} and skipped(question, data):
        question = "mode"
    return _turn(draft, question, data, at)


def mend(draft: Draft, invalid: InvalidValue, at: int) -> Draft:
    """Go from the summary to the question whose answer is no longer allowed."""
    field = invalid.field if invalid.field in READERS else PARAM + invalid.field
    return jump(draft, field, at)


def back(draft: Draft, at: int) -> Draft | None:
    """The question before, or None when this is the first."""
    aside = _parent(draft.step)
    if aside is not None:
        return _turn(draft, aside, draft.data, at)
    if _RETURN in draft.data:
        return _turn(draft, SUMMARY, draft.data, at)
    index = ORDER.index(draft.step) if draft.step in ORDER else 0
    before = [each for each in ORDER[:index] if _on_the_way(each, draft.data)]
    return _turn(draft, before[-1], draft.data, at) if before else None


def park(draft: Draft) -> str:
    """A draft as one text, to be kept inside another draft."""
    return json.dumps({"step": draft.step, "data": draft.data, "revision": draft.revision})


def unpark(owner_id: int, parked: str, at: int) -> Draft:
    """The draft of a parked text, one revision on."""
    kept = json.loads(parked)
    step, revision = str(kept["step"]), int(kept["revision"]) + 1
    return Draft(owner_id, KIND, step, dict(kept["data"]), revision, at, expects=step)


def _turn(draft: Draft, question: str, data: Mapping[str, str], at: int) -> Draft:
    kept = dict(data)
    if question == SUMMARY:
        kept.pop(_RETURN, None)
    return replace(
        draft,
        step=question,
        data=kept,
        revision=draft.revision + 1,
        updated_at=at,
        expects=question,
    )


def _questions(data: Mapping[str, str]) -> set[str]:
    params = (PARAM + param.name for param in chosen_strategy(data).params)
    return {*ORDER, *_ASIDE, *params}


def _numbered(question: str, data: Mapping[str, str]) -> str:
    params, index = chosen_strategy(data).params, int(question.removeprefix(PARAM)[:4])
    return PARAM + params[index].name if index < len(params) else PARAMS


def _parent(question: str) -> str | None:
    return PARAMS if question.startswith(PARAM) else _ASIDE.get(question)


def _following(question: str, data: Mapping[str, str], facts: Facts) -> str:
    aside = _parent(question)
    if aside is not None:
        return aside
    if question == "strategy":
        return PARAMS
    if question == "mode" and len(fitting_keys(get(data, "mode"), data, facts)) > 1:
        return "key"
    if _RETURN in data:
        return SUMMARY
    if question in {"mode", "key"} and may_transfer(data, facts):
        return "transfer"
    after = ORDER[ORDER.index(question) + 1 :]
    return next(each for each in after if _on_the_way(each, data))


def _on_the_way(question: str, data: Mapping[str, str]) -> bool:
    """Whether the walk stops at it; a mode asks for its key, a key for what it may move."""
    return question not in {"key", "transfer"} and not skipped(question, data)


def skipped(question: str, data: Mapping[str, str]) -> bool:
    """Whether these answers leave a question without a meaning."""
    if question in {"strategy", PARAMS}:
        return data.get("template", OWN) != OWN
    if question == "key":
        return not keyed(data)
    if question == "transfer":
        return not (keyed(data) and of_futures(data))
    if question == "activation":
        return get(data, "trailing") == OFF
    return question in FUTURES_ONLY and not of_futures(data)
