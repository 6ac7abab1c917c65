"""PURE answers that are chosen: market, symbol, template, strategy, hours, mode, key, name."""

from collections.abc import Iterable
from decimal import Decimal

from bot.wizard import hours as clock
from bot.wizard.bounds import (
    FORGET,
    FROM_TEMPLATE,
    OFF,
    PARAM,
    Answers,
    Facts,
    chosen_strategy,
    fitting_keys,
    get,
    of_futures,
    params_of,
)
from bot.wizard.templates import OWN, TEMPLATES, Template
from bot.wizard.typed import name as cleaned
from bot.wizard.typed import number
from engine.core.bot_config import Direction, Mode
from engine.core.errors import InvalidValue
from engine.core.hours import written
from engine.core.market import Timeframe
from engine.core.money import fixed
from engine.strategies.registry import strategy as known_strategy


def market(raw: str, _answers: Answers, facts: Facts) -> dict[str, str]:
    """Spot or futures, as far as there are any."""
    return {"market": _choice("market", raw, [each.value for each in facts.markets])}


def direction(raw: str, _answers: Answers, _facts: Facts) -> dict[str, str]:
    """Which way it may enter."""
    return {"direction": _choice("direction", raw, [each.value for each in Direction])}


def symbol(raw: str, _answers: Answers, facts: Facts) -> dict[str, str]:
    """What was found for it."""
    if facts.symbol is None:
        suggestions = ", ".join(facts.suggestions)
        problem = "unknown_symbol" if suggestions else "unknown_symbol_alone"
        raise InvalidValue("symbol", raw, problem, suggestions=suggestions)
    if facts.barred is not None:
        raise facts.barred
    return {"symbol": facts.symbol}


def timeframe(raw: str, _answers: Answers, _facts: Facts) -> dict[str, str]:
    """Length of the candles."""
    text = raw.strip()
    # 1M would be a month at the exchange: never taken for a minute.
    text = text if text.endswith("M") else text.lower()
    known = [each.value for each in Timeframe]
    if text not in known:
        raise InvalidValue("timeframe", raw, "choice", choices=", ".join(known))
    return {"timeframe": text}


def offered_templates(facts: Facts) -> list[Template]:
    """Those whose strategy can be chosen here."""
    return [each for each in TEMPLATES.values() if each.strategy in facts.strategies]


def template(raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
    """A ready-made plan: what it suggests takes the place of earlier answers; or ``own``."""
    offered = offered_templates(facts)
    chosen = _choice("template", raw, [*(each.name for each in offered), OWN])
    if chosen == OWN:
        return {"template": OWN}
    earlier = (*FROM_TEMPLATE, *(each for each in answers if each.startswith(PARAM)))
    return {**dict.fromkeys(earlier, FORGET), "template": chosen}


def strategy(raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
    """A strategy by name or title; settings of another one are forgotten with it."""
    text = raw.strip().casefold()
    offered = [known_strategy(name) for name in facts.strategies]
    for known in offered:
        if text in {known.name.casefold(), known.title.casefold()}:
            same = known.name == get(answers, "strategy")
            others = () if same else (each for each in answers if each.startswith(PARAM))
            return {**dict.fromkeys(others, FORGET), "strategy": known.name}
    titles = ", ".join(known.title for known in offered)
    raise InvalidValue("strategy", raw, "choice", choices=titles)


def param(question: str, raw: str, answers: Answers) -> dict[str, str]:
    """A setting of the strategy, which must also fit the others."""
    chosen = chosen_strategy(answers)
    key = question.removeprefix(PARAM)
    declared = next((each for each in chosen.params if each.name == key), None)
    if declared is None:
        raise InvalidValue(key, raw, "tap")
    text = raw
    if declared.kind in {"int", "float"}:
        low, high = Decimal(str(declared.low)), Decimal(str(declared.high))
        text = fixed(number(key, raw, low, high, whole=declared.kind == "int"))
    value = declared.parse(text)
    chosen.validate({**params_of(answers), key: value})
    return {question: text if declared.kind in {"int", "float"} else str(value)}


def hours(raw: str, _answers: Answers, facts: Facts) -> dict[str, str]:
    """When it may enter, in the user's zone unless another one is named."""
    if raw.strip().casefold() == "always":
        return {"hours": OFF}
    wanted = clock.read(raw, facts.zone)
    return {"hours": OFF if clock.always(wanted) else written(wanted)}


def mode(raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
    """How it trades, and with its only fitting key where there is just one."""
    text = _choice("mode", raw, [each.value for each in facts.modes])
    if text == Mode.PAPER.value:
        return {"mode": text}
    keys = [key.public_id for key in fitting_keys(text, answers, facts)]
    if not keys:
        raise InvalidValue("mode", raw, "no_futures_key" if of_futures(answers) else "no_key")
    return {"mode": text, "key": answers.get("key", "") if len(keys) > 1 else keys[0]}


def key(raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
    """A key by label."""
    fitting = fitting_keys(get(answers, "mode"), answers, facts)
    for each in fitting:
        if raw == each.public_id or raw.strip().casefold() == each.label.casefold():
            return {"key": each.public_id}
    raise InvalidValue("key", raw, "choice", choices=", ".join(each.label for each in fitting))


def name(raw: str, _answers: Answers, facts: Facts) -> dict[str, str]:
    """A name that no other bot has."""
    text = cleaned("name", raw)
    if text.casefold() in facts.names:
        raise InvalidValue("name", raw, "taken")
    return {"name": text}


def _choice(question: str, raw: str, allowed: Iterable[str]) -> str:
    text, choices = raw.strip().casefold(), list(allowed)
    if text not in choices:
        raise InvalidValue(question, raw, "choice", choices=", ".join(choices))
    return text
