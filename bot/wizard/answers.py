"""PURE table of the new-bot questions: what each accepts, and what stands before an answer.

Answers are texts that the same question accepts again, so a draft can be read anew at any time.
"""

import re
from collections.abc import Callable
from decimal import Decimal

from bot.wizard.bounds import (
    CENT,
    OFF,
    PARAM,
    PERCENTS,
    Answers,
    Facts,
    chosen_strategy,
    fitting_keys,
    fitting_size,
    get,
    leverage_of,
    of_futures,
    param_texts,
    params_of,
    percent_range,
    size_range,
    stop_range,
)
from bot.wizard.typed import name, number
from engine.core.bot_config import MAX_LEVERAGE, MAX_NAME, Direction, Mode
from engine.core.checks import MIN_BALANCE
from engine.core.errors import InvalidValue
from engine.core.market import Timeframe
from engine.core.money import fixed
from engine.strategies.registry import BUILT_IN

MOST_MONEY = Decimal(1_000_000_000)
MOST_TRADES = 1000
_TOO_HIGH = re.compile(r"\s*\+?\d*[1-9]", re.ASCII)


def read(question: str, raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
    """What an answer changes; raises ``InvalidValue`` with what is allowed."""
    if question.startswith(PARAM):
        return _param(question, raw, answers)
    if question not in READERS:
        raise InvalidValue(question, raw, "tap")
    return READERS[question](raw, answers, facts)


def standing(question: str, answers: Answers, facts: Facts) -> str:
    """The answer given before, or the default; "" when there is none."""
    if question == "name" and question not in answers:
        return suggested_name(answers, facts)
    if question == "size" and question not in answers:
        return fitting_size(answers, facts)
    if question.startswith(PARAM):
        return param_texts(answers).get(question.removeprefix(PARAM), "")
    return get(answers, question)


def suggested_name(answers: Answers, facts: Facts) -> str:
    """A name nobody uses yet, made of symbol and strategy."""
    base = facts.rules.base if facts.rules else answers.get("symbol", "")
    title = chosen_strategy(answers).title
    stem = f"{base} {title}"[: MAX_NAME - 4].strip()
    names = (stem, *(f"{stem} {count}" for count in range(2, 1000)))
    return next((each for each in names if each.casefold() not in facts.names), "")


def leverage(raw: str) -> tuple[int, bool]:
    """A typed leverage and whether it was lowered to the cap; raises ``InvalidValue``."""
    most = Decimal(MAX_LEVERAGE)
    try:
        return int(number("leverage", raw, Decimal(1), most, unit="×", whole=True)), False
    except InvalidValue as invalid:
        if invalid.problem != "range" or not _TOO_HIGH.match(raw):
            raise
    return MAX_LEVERAGE, True


def _leverage(raw: str, _answers: Answers, _facts: Facts) -> dict[str, str]:
    return {"leverage": str(leverage(raw)[0])}


def _market(raw: str, _answers: Answers, facts: Facts) -> dict[str, str]:
    return {"market": _choice("market", raw, [market.value for market in facts.markets])}


def _direction(raw: str, _answers: Answers, _facts: Facts) -> dict[str, str]:
    return {"direction": _choice("direction", raw, [each.value for each in Direction])}


def _choice(question: str, raw: str, allowed: list[str]) -> str:
    text = raw.strip().casefold()
    if text not in allowed:
        raise InvalidValue(question, raw, "choice", choices=", ".join(allowed))
    return text


def _symbol(raw: str, _answers: Answers, facts: Facts) -> dict[str, str]:
    if facts.symbol is None:
        suggestions = ", ".join(facts.suggestions)
        problem = "unknown_symbol" if suggestions else "unknown_symbol_alone"
        raise InvalidValue("symbol", raw, problem, suggestions=suggestions)
    return {"symbol": facts.symbol}


def _timeframe(raw: str, _answers: Answers, _facts: Facts) -> dict[str, str]:
    text = raw.strip()
    # 1M would be a month at the exchange: never taken for a minute.
    text = text if text.endswith("M") else text.lower()
    names = [timeframe.value for timeframe in Timeframe]
    if text not in names:
        raise InvalidValue("timeframe", raw, "choice", choices=", ".join(names))
    return {"timeframe": text}


def _strategy(raw: str, _answers: Answers, _facts: Facts) -> dict[str, str]:
    text = raw.strip().casefold()
    for known in BUILT_IN.values():
        if text in {known.name, known.title.casefold()}:
            return {"strategy": known.name}
    titles = ", ".join(known.title for known in BUILT_IN.values())
    raise InvalidValue("strategy", raw, "choice", choices=titles)


def _param(question: str, raw: str, answers: Answers) -> dict[str, str]:
    chosen = chosen_strategy(answers)
    key = question.removeprefix(PARAM)
    param = next((p for p in chosen.params if p.name == key), None)
    if param is None:
        raise InvalidValue(key, raw, "tap")
    text = raw
    if param.kind in {"int", "float"}:
        low, high = Decimal(str(param.low)), Decimal(str(param.high))
        text = fixed(number(key, raw, low, high, whole=param.kind == "int"))
    value = param.parse(text)
    chosen.validate({**params_of(answers), key: value})
    return {question: text if param.kind in {"int", "float"} else str(value)}


def _size(raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
    text = raw.strip()
    low, high = size_range(answers, facts)
    if low > high:
        capital, cap = get(answers, "capital"), get(answers, "cap")
        raise InvalidValue(
            "size", raw, "capital_too_small", low=fixed(low), capital=capital, cap=cap
        )
    if text.endswith("%"):
        least, most = percent_range(answers, facts)
        return {"size": fixed(number("size", text, least, most, unit="%")) + "%"}
    quote = facts.rules.quote if facts.rules else ""
    return {"size": fixed(number("size", text, low, high, unit=quote))}


def _percent(question: str) -> Callable[[str, Answers, Facts], dict[str, str]]:
    low, high = PERCENTS[question]

    def read_percent(raw: str, _answers: Answers, _facts: Facts) -> dict[str, str]:
        return {question: fixed(number(question, raw, low, high, unit="%"))}

    return read_percent


def _stop(raw: str, answers: Answers, _facts: Facts) -> dict[str, str]:
    low, high = PERCENTS["stop"]
    value = number("stop", raw, low, high, unit="%")
    widest = stop_range(answers)[1]
    if value > widest:
        bounds = {"low": fixed(low), "high": fixed(widest), "leverage": leverage_of(answers)}
        raise InvalidValue("stop", raw, "beyond_liquidation", unit="%", **bounds)
    return {"stop": fixed(value)}


def _capital(raw: str, _answers: Answers, facts: Facts) -> dict[str, str]:
    quote = facts.rules.quote if facts.rules else ""
    return {"capital": fixed(number("capital", raw, MIN_BALANCE, MOST_MONEY, unit=quote))}


def _or_off(
    question: str, reader: Callable[[str, Answers, Facts], dict[str, str]]
) -> Callable[[str, Answers, Facts], dict[str, str]]:
    """The same question, which may also be answered with ``off``."""

    def read_or_off(raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
        off = raw.strip().casefold() == OFF
        return {question: OFF} if off else reader(raw, answers, facts)

    return read_or_off


def _trades(raw: str, _answers: Answers, _facts: Facts) -> dict[str, str]:
    most = Decimal(MOST_TRADES)
    return {"trades": fixed(number("trades", raw, Decimal(1), most, whole=True))}


def _loss(raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
    quote = facts.rules.quote if facts.rules else ""
    capital = Decimal(get(answers, "capital"))
    return {"loss": fixed(number("loss", raw, CENT, capital, unit=quote))}


def _mode(raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
    text = _choice("mode", raw, [mode.value for mode in facts.modes])
    if text == Mode.PAPER.value:
        return {"mode": text}
    keys = [key.public_id for key in fitting_keys(text, answers, facts)]
    if not keys:
        raise InvalidValue("mode", raw, "no_futures_key" if of_futures(answers) else "no_key")
    return {"mode": text, "key": answers.get("key", "") if len(keys) > 1 else keys[0]}


def _key(raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
    fitting = fitting_keys(get(answers, "mode"), answers, facts)
    for key in fitting:
        if raw == key.public_id or raw.strip().casefold() == key.label.casefold():
            return {"key": key.public_id}
    raise InvalidValue("key", raw, "choice", choices=", ".join(key.label for key in fitting))


def _name(raw: str, _answers: Answers, facts: Facts) -> dict[str, str]:
    text = name("name", raw)
    if text.casefold() in facts.names:
        raise InvalidValue("name", raw, "taken")
    return {"name": text}


READERS: dict[str, Callable[[str, Answers, Facts], dict[str, str]]] = {
    "market": _market,
    "symbol": _symbol,
    "timeframe": _timeframe,
    "strategy": _strategy,
    "leverage": _leverage,
    "direction": _direction,
    "size": _size,
    "capital": _capital,
    "cap": _percent("cap"),
    "stop": _stop,
    "target": _percent("target"),
    "trailing": _or_off("trailing", _percent("trailing")),
    "activation": _or_off("activation", _percent("activation")),
    "trades": _or_off("trades", _trades),
    "loss": _or_off("loss", _loss),
    "mode": _mode,
    "key": _key,
    "name": _name,
}
