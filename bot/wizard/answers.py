"""PURE table of the new-bot questions: what each accepts, and what stands without an answer.

Answers are texts that the same question accepts again, so a draft can be read anew at any time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from bot.wizard.typed import name, number
from engine.core.account import Key
from engine.core.bot_config import MAX_NAME, Mode
from engine.core.checks import MIN_BALANCE, MIN_TRADE_VALUE
from engine.core.errors import InvalidValue
from engine.core.market import Market, SymbolRules, Timeframe
from engine.core.money import HUNDRED, ceil_to_step, fixed, floor_to_step, percent_of
from engine.core.sizing import smallest_entry
from engine.strategies.base import Strategy, Value
from engine.strategies.registry import BUILT_IN, strategy

PARAM = "param."
"""Questions about a parameter of the strategy begin so."""
OFF = "off"
DEFAULTS = {
    "market": Market.SPOT.value,
    "timeframe": Timeframe.M1.value,
    "strategy": "ema_rsi",
    "size": "25",
    "capital": "1000",
    "cap": "10",
    "stop": "1",
    "target": "2",
    "trades": "10",
    "loss": OFF,
    "mode": Mode.PAPER.value,
}
CENT = Decimal("0.01")
MOST_MONEY = Decimal(1_000_000_000)
MOST_TRADES = 1000
PERCENTS = {
    "stop": (Decimal("0.1"), Decimal(50)),
    "target": (Decimal("0.1"), Decimal(500)),
    "cap": (Decimal("0.1"), Decimal(100)),
}

Answers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the world offers now: modes and good keys, taken names (case folded), the market.

    ``symbol`` is what the answer under judgement names without doubt, ``suggestions`` what else
    it may mean; ``rules`` and ``price`` belong to the symbol chosen before.
    """

    modes: tuple[Mode, ...] = (Mode.PAPER,)
    keys: tuple[Key, ...] = ()
    names: frozenset[str] = frozenset()
    symbol: str | None = None
    suggestions: tuple[str, ...] = ()
    rules: SymbolRules | None = None
    price: Decimal | None = None


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
    if question.startswith(PARAM):
        return param_texts(answers).get(question.removeprefix(PARAM), "")
    return get(answers, question)


def get(answers: Answers, question: str) -> str:
    """The answer given before, or the fixed default."""
    return answers.get(question, DEFAULTS.get(question, ""))


def chosen_strategy(answers: Answers) -> Strategy:
    """The strategy of these answers."""
    return strategy(get(answers, "strategy"))


def params_of(answers: Answers) -> dict[str, Value]:
    """Its parameters, typed: answers where given, else defaults."""
    params = chosen_strategy(answers).params
    return {p.name: p.parse(answers.get(PARAM + p.name, p.default)) for p in params}


def param_texts(answers: Answers) -> dict[str, str]:
    """The same as people write them: ``35``, not ``35.0``."""
    return {
        name: f"{value:.10g}" if isinstance(value, float) else str(value)
        for name, value in params_of(answers).items()
    }


def size_range(answers: Answers, facts: Facts) -> tuple[Decimal, Decimal]:
    """Smallest and largest workable amount per trade, in quote asset."""
    low = MIN_TRADE_VALUE
    if facts.rules is not None and facts.price is not None:
        smallest = smallest_entry(facts.rules, facts.price, Decimal(get(answers, "stop")))
        low = max(low, ceil_to_step(smallest, CENT))
    high = percent_of(Decimal(get(answers, "capital")), Decimal(get(answers, "cap")))
    if facts.rules is not None and facts.rules.max_notional:
        high = min(high, facts.rules.max_notional)
    return low, high


def percent_range(answers: Answers, facts: Facts) -> tuple[Decimal, Decimal]:
    """The same range in percent of the capital."""
    low, high = size_range(answers, facts)
    capital = Decimal(get(answers, "capital"))
    least = ceil_to_step(low * HUNDRED / capital, CENT)
    return least, floor_to_step(high * HUNDRED / capital, CENT)


def suggested_name(answers: Answers, facts: Facts) -> str:
    """A name nobody uses yet, made of symbol and strategy."""
    base = facts.rules.base if facts.rules else answers.get("symbol", "")
    title = chosen_strategy(answers).title
    stem = f"{base} {title}"[: MAX_NAME - 4].strip()
    names = (stem, *(f"{stem} {count}" for count in range(2, 1000)))
    return next((each for each in names if each.casefold() not in facts.names), "")


def _market(raw: str, _answers: Answers, _facts: Facts) -> dict[str, str]:
    if raw.strip().casefold() != Market.SPOT.value:
        raise InvalidValue("market", raw, "choice", choices=Market.SPOT.value)
    return {"market": Market.SPOT.value}


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


def _capital(raw: str, _answers: Answers, facts: Facts) -> dict[str, str]:
    quote = facts.rules.quote if facts.rules else ""
    return {"capital": fixed(number("capital", raw, MIN_BALANCE, MOST_MONEY, unit=quote))}


def _trades(raw: str, _answers: Answers, _facts: Facts) -> dict[str, str]:
    if raw.strip().casefold() == OFF:
        return {"trades": OFF}
    most = Decimal(MOST_TRADES)
    return {"trades": fixed(number("trades", raw, Decimal(1), most, whole=True))}


def _loss(raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
    if raw.strip().casefold() == OFF:
        return {"loss": OFF}
    quote = facts.rules.quote if facts.rules else ""
    capital = Decimal(get(answers, "capital"))
    return {"loss": fixed(number("loss", raw, CENT, capital, unit=quote))}


def _mode(raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
    text = raw.strip().casefold()
    modes = [mode.value for mode in facts.modes]
    if text not in modes:
        raise InvalidValue("mode", raw, "choice", choices=", ".join(modes))
    if text == Mode.PAPER.value:
        return {"mode": text}
    keys = [key.public_id for key in facts.keys if key.environment.value == text]
    if not keys:
        raise InvalidValue("mode", raw, "no_key")
    return {"mode": text, "key": answers.get("key", "") if len(keys) > 1 else keys[0]}


def _key(raw: str, answers: Answers, facts: Facts) -> dict[str, str]:
    mode = get(answers, "mode")
    fitting = [key for key in facts.keys if key.environment.value == mode]
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
    "size": _size,
    "capital": _capital,
    "cap": _percent("cap"),
    "stop": _percent("stop"),
    "target": _percent("target"),
    "trades": _trades,
    "loss": _loss,
    "mode": _mode,
    "key": _key,
    "name": _name,
}
