"""PURE moves through the new-bot conversation.

The state is the stored draft and nothing else: ``step`` is the question on the screen, ``data``
the answers so far. A restart in the middle loses nothing, and every answer is read once more by
the same table before a bot is made (``settled``).
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from bot.wizard.answers import READERS, read, standing
from bot.wizard.bounds import (
    FUTURES_ONLY,
    OFF,
    PARAM,
    Facts,
    chosen_strategy,
    fitting_keys,
    get,
    leverage_of,
    of_futures,
    params_of,
)
from engine.core.account import Draft
from engine.core.bot_config import BotConfig, Direction, Mode, Sizing
from engine.core.errors import InvalidValue
from engine.core.market import Market, Timeframe

KIND = "bot"
PARAMS = "params"
SUMMARY = "summary"
ORDER = (
    *("market", "symbol", "timeframe", "strategy", PARAMS, "leverage", "direction", "size"),
    *("stop", "target", "trailing", "trades", "loss", "mode", "key", "name", SUMMARY),
)
_STEPS = (
    ("market",),
    ("symbol",),
    ("timeframe",),
    ("strategy", PARAMS),
    ("leverage", "direction", "size", "capital", "cap"),
    ("stop", "target", "trailing", "activation"),
    ("trades", "loss"),
    ("mode", "key"),
    ("name", SUMMARY),
)
_ASIDE = {"capital": "size", "cap": "size", "activation": "trailing"}
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
    data = {**draft.data, **read(draft.step, raw, draft.data, facts)}
    return _turn(draft, _following(draft.step, data, facts), data, at)


def onward(draft: Draft, facts: Facts, at: int) -> Draft:
    """Accept what stands; raises ``InvalidValue`` when nothing does or it is not allowed."""
    if draft.step != PARAMS:
        return answer(draft, standing(draft.step, draft.data, facts), facts, at)
    chosen_strategy(draft.data).validate(params_of(draft.data))
    return _turn(draft, _following(PARAMS, draft.data, facts), draft.data, at)


def jump(draft: Draft, question: str, at: int) -> Draft:
    """Go to a question aside of this step, or to one that the summary wants changed."""
    data = dict(draft.data)
    if draft.step == SUMMARY:
        data[_RETURN] = SUMMARY
    params = (PARAM + param.name for param in chosen_strategy(data).params)
    if question not in {*ORDER, *_ASIDE, *params} or (
        "symbol" not in data and question not in ORDER[:2]
    ):
        question = "symbol"
    if question == "key" and not Mode(get(data, "mode")).keyed:
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
    before = [name for name in ORDER[:index] if not _skipped(name, draft.data)]
    return _turn(draft, before[-1], draft.data, at) if before else None


def settled(draft: Draft, facts: Facts) -> BotConfig:
    """The bot's configuration, every answer read once more; raises ``InvalidValue``."""
    data = dict(draft.data)
    for question in ORDER:
        keyed = question == "key" and Mode(get(data, "mode")).keyed
        if question in READERS and (keyed or not _skipped(question, data)):
            data |= read(question, standing(question, data, facts), data, facts)
    return _config(data, facts)


def park(draft: Draft) -> str:
    """A draft as one text, to be kept inside another draft."""
    return json.dumps({"step": draft.step, "data": draft.data, "revision": draft.revision})


def unpark(owner_id: int, parked: str, at: int) -> Draft:
    """The draft of a parked text, one revision on."""
    kept = json.loads(parked)
    step, revision = str(kept["step"]), int(kept["revision"]) + 1
    return Draft(owner_id, KIND, step, dict(kept["data"]), revision, at, expects=step)


def _config(data: Mapping[str, str], facts: Facts) -> BotConfig:
    size, mode = get(data, "size"), Mode(get(data, "mode"))
    trades = _limit(data, "trades")
    direction = Direction(get(data, "direction")) if of_futures(data) else Direction.LONG
    key_id = next((key.id for key in facts.keys if key.public_id == data.get("key")), None)
    return BotConfig(
        name=data["name"],
        market=Market(get(data, "market")),
        symbol=data["symbol"],
        timeframe=Timeframe(get(data, "timeframe")),
        strategy=get(data, "strategy"),
        params=chosen_strategy(data).validate(params_of(data)),
        initial_capital=Decimal(get(data, "capital")),
        sizing=Sizing.PERCENT if size.endswith("%") else Sizing.FIXED,
        size=Decimal(size.removesuffix("%")),
        max_position=Decimal(get(data, "cap")),
        stop_loss=Decimal(get(data, "stop")),
        take_profit=Decimal(get(data, "target")),
        trailing_stop=_limit(data, "trailing"),
        trailing_activation=_limit(data, "activation"),
        leverage=leverage_of(data),
        direction=direction,
        max_daily_trades=None if trades is None else int(trades),
        max_daily_loss=_limit(data, "loss"),
        mode=mode,
        key_id=key_id if mode.keyed else None,
    )


def _limit(data: Mapping[str, str], question: str) -> Decimal | None:
    answered = get(data, question)
    return None if answered == OFF else Decimal(answered)


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


def _parent(question: str) -> str | None:
    return PARAMS if question.startswith(PARAM) else _ASIDE.get(question)


def _following(question: str, data: Mapping[str, str], facts: Facts) -> str:
    aside = _parent(question)
    if aside is not None:
        return aside
    if question == "strategy":
        return PARAMS
    if question == "mode" and _must_choose_key(data, facts):
        return "key"
    if _RETURN in data:
        return SUMMARY
    after = ORDER[ORDER.index(question) + 1 :]
    return next(name for name in after if not _skipped(name, data))


def _skipped(question: str, data: Mapping[str, str]) -> bool:
    """Whether the way through the questions leaves it out; a key is asked for by its mode."""
    return question == "key" or (question in FUTURES_ONLY and not of_futures(data))


def _must_choose_key(data: Mapping[str, str], facts: Facts) -> bool:
    return len(fitting_keys(get(data, "mode"), data, facts)) > 1
