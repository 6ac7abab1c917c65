"""PURE what stands in a new-bot draft without an answer, and the bounds that answers must keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from engine.core.account import Key
from engine.core.bot_config import Direction, Mode
from engine.core.checks import MIN_TRADE_VALUE, liquidation_distance
from engine.core.margin import ASSUMED_MAINTENANCE
from engine.core.market import Market, SymbolRules, Timeframe
from engine.core.money import HUNDRED, ceil_to_step, fixed, floor_to_step, percent_of
from engine.core.sizing import smallest_entry
from engine.strategies.base import Strategy, Value
from engine.strategies.registry import strategy

PARAM = "param."
"""Questions about a parameter of the strategy begin so."""
OFF = "off"
DEFAULTS = {
    "market": Market.SPOT.value,
    "timeframe": Timeframe.M1.value,
    "strategy": "ema_rsi",
    "leverage": "3",
    "direction": Direction.BOTH.value,
    "size": "25",
    "capital": "1000",
    "cap": "10",
    "stop": "1",
    "target": "2",
    "trailing": OFF,
    "activation": OFF,
    "trades": "10",
    "loss": OFF,
    "mode": Mode.PAPER.value,
}
FUTURES_ONLY = frozenset({"leverage", "direction"})
CENT = Decimal("0.01")
_ROOM = Decimal("1.1")
PERCENTS = {
    "stop": (Decimal("0.1"), Decimal(50)),
    "target": (Decimal("0.1"), Decimal(500)),
    "trailing": (Decimal("0.1"), Decimal(50)),
    "activation": (Decimal("0.1"), Decimal(500)),
    "cap": (Decimal("0.1"), Decimal(100)),
}

Answers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the world offers now: markets, modes and good keys, taken names (case folded).

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
    markets: tuple[Market, ...] = (Market.SPOT,)


def get(answers: Answers, question: str) -> str:
    """The answer given before, or what is suggested without looking at the market."""
    if question == "stop" and question not in answers:
        return fixed(min(Decimal(DEFAULTS["stop"]), stop_range(answers)[1]))
    return answers.get(question, DEFAULTS.get(question, ""))


def of_futures(answers: Answers) -> bool:
    """Whether the bot will trade futures."""
    return get(answers, "market") == Market.FUTURES.value


def leverage_of(answers: Answers) -> int:
    """How many times the stake is traded."""
    return int(get(answers, "leverage")) if of_futures(answers) else 1


def fitting_keys(mode: str, answers: Answers, facts: Facts) -> list[Key]:
    """The keys with which a bot of this mode can trade its market."""
    futures = of_futures(answers)
    return [k for k in facts.keys if k.environment.value == mode and (k.futures or not futures)]


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
    """Smallest and largest workable amount per trade in quote asset: on futures, of the stake."""
    leverage = leverage_of(answers)
    low = MIN_TRADE_VALUE
    if facts.rules is not None and facts.price is not None:
        low = max(low, smallest_entry(facts.rules, facts.price, Decimal(get(answers, "stop"))))
    high = percent_of(Decimal(get(answers, "capital")), Decimal(get(answers, "cap")))
    if facts.rules is not None and facts.rules.max_notional:
        high = min(high, floor_to_step(facts.rules.max_notional / leverage, CENT))
    return ceil_to_step(low / leverage, CENT), high


def percent_range(answers: Answers, facts: Facts) -> tuple[Decimal, Decimal]:
    """The same range in percent of the capital."""
    low, high = size_range(answers, facts)
    capital = Decimal(get(answers, "capital"))
    least = ceil_to_step(low * HUNDRED / capital, CENT)
    return least, floor_to_step(high * HUNDRED / capital, CENT)


def fitting_size(answers: Answers, facts: Facts) -> str:
    """The suggested amount, or one that works and goes on working when the price has risen."""
    low, high = size_range(answers, facts)
    usual = Decimal(DEFAULTS["size"])
    if low > high or low <= usual <= high:
        return fixed(usual)
    whole = ceil_to_step(low * _ROOM, Decimal(1))
    return fixed(high if usual > high else min(whole, high))


def stake_of(answers: Answers, size: str) -> Decimal:
    """An amount per trade in quote asset, also of one that is written as a share."""
    if not size.endswith("%"):
        return Decimal(size)
    return percent_of(Decimal(get(answers, "capital")), Decimal(size.removesuffix("%")))


def stop_range(answers: Answers) -> tuple[Decimal, Decimal]:
    """Nearest and widest workable stop in percent: one beyond liquidation is never reached."""
    low, high = PERCENTS["stop"]
    if not of_futures(answers):
        return low, high
    distance = liquidation_distance(leverage_of(answers), ASSUMED_MAINTENANCE)
    return low, min(high, ceil_to_step(distance, CENT) - CENT)
