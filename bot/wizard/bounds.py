"""PURE what stands in a new-bot draft without an answer, and what its answers mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bot.wizard.templates import TEMPLATES, Template
from engine.core.account import Key
from engine.core.bot_config import Direction, Mode
from engine.core.checks import liquidation_distance
from engine.core.errors import InvalidValue
from engine.core.margin import ASSUMED_MAINTENANCE
from engine.core.market import Market, SymbolRules, Timeframe
from engine.core.money import ceil_to_step, fixed
from engine.strategies.base import Param, Strategy, Value
from engine.strategies.registry import names, strategy

PARAM = "param."
"""Questions about a parameter of the strategy begin so."""
OFF = "off"
FORGET = ""
"""The change of an answer that takes it back."""
FROM_TEMPLATE = ("strategy", "stop", "target", "trailing", "activation", "holding")
"""Questions to which a template may have an answer."""
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
    "holding": OFF,
    "trades": "10",
    "loss": OFF,
    "goal": OFF,
    "cooldown": OFF,
    "hours": OFF,
    "mode": Mode.PAPER.value,
    "transfer": OFF,
}
FUTURES_ONLY = frozenset({"leverage", "direction"})
CENT = Decimal("0.01")
PERCENTS = {
    "stop": (Decimal("0.1"), Decimal(50)),
    "target": (Decimal("0.1"), Decimal(500)),
    "trailing": (Decimal("0.1"), Decimal(50)),
    "activation": (Decimal("0.1"), Decimal(500)),
    "cap": (Decimal("0.1"), Decimal(100)),
}

_NONE = Template("", {})

Answers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the world offers now: markets, modes and good keys, taken names (case folded).

    ``symbol`` is what the answer under judgement names without doubt, ``barred`` why it may not
    be entered here, ``suggestions`` what else it may mean; ``rules`` and ``price`` belong to the
    symbol chosen before. ``strategies`` are the names of those that can be chosen, ``zone`` is
    the user's.
    """

    modes: tuple[Mode, ...] = (Mode.PAPER,)
    keys: tuple[Key, ...] = ()
    names: frozenset[str] = frozenset()
    symbol: str | None = None
    barred: InvalidValue | None = None
    suggestions: tuple[str, ...] = ()
    rules: SymbolRules | None = None
    price: Decimal | None = None
    markets: tuple[Market, ...] = (Market.SPOT,)
    strategies: tuple[str, ...] = field(default_factory=lambda: tuple(names()))
    zone: str = "UTC"

    @property
    def quote(self) -> str:
        """The asset that money is counted in, "" while no symbol is chosen."""
        return self.rules.quote if self.rules else ""


def get(answers: Answers, question: str) -> str:
    """The answer given before, or what is suggested without looking at the market."""
    if question in answers:
        return answers[question]
    suggested = _template(answers).answers.get(question, DEFAULTS.get(question, ""))
    if question == "stop":
        return fixed(min(Decimal(suggested), stop_range(answers)[1]))
    return suggested


def _template(answers: Answers) -> Template:
    return TEMPLATES.get(answers.get("template", ""), _NONE)


def of_futures(answers: Answers) -> bool:
    """Whether the bot will trade futures."""
    return get(answers, "market") == Market.FUTURES.value


def keyed(answers: Answers) -> bool:
    """Whether the bot will trade with an exchange key."""
    return Mode(get(answers, "mode")).keyed


def leverage_of(answers: Answers) -> int:
    """How many times the stake is traded."""
    return int(get(answers, "leverage")) if of_futures(answers) else 1


def fitting_keys(mode: str, answers: Answers, facts: Facts) -> list[Key]:
    """The keys with which a bot of this mode can trade its market."""
    futures = of_futures(answers)
    return [k for k in facts.keys if k.environment.value == mode and (k.futures or not futures)]


def chosen_key(answers: Answers, facts: Facts) -> Key | None:
    """The key that a bot of these answers trades with."""
    named = answers.get("key", "")
    return next((k for k in facts.keys if keyed(answers) and k.public_id == named), None)


def may_transfer(answers: Answers, facts: Facts) -> bool:
    """Whether its key may move money to the futures wallet, and the bot trades there."""
    key = chosen_key(answers, facts)
    return of_futures(answers) and key is not None and key.transfers


def chosen_strategy(answers: Answers) -> Strategy:
    """The strategy of these answers, the default one where it is not known any more."""
    try:
        return strategy(get(answers, "strategy"))
    except InvalidValue:
        return strategy(DEFAULTS["strategy"])


def params_of(answers: Answers) -> dict[str, Value]:
    """Its parameters, typed: answers where given and still allowed, else what is suggested."""
    chosen, template = chosen_strategy(answers), _template(answers)
    suggested = template.params if template.answers.get("strategy") == chosen.name else {}
    values = {}
    for param in chosen.params:
        default = param.parse(suggested.get(param.name, param.default))
        values[param.name] = _parsed(param, answers.get(PARAM + param.name, ""), default)
    return values


def _parsed(param: Param, answered: str, default: Value) -> Value:
    try:
        return param.parse(answered) if answered else default
    except InvalidValue:
        return default


def param_texts(answers: Answers) -> dict[str, str]:
    """The same as people write them: ``35``, not ``35.0``; ``yes``, not ``True``."""
    return {name: _text(value) for name, value in params_of(answers).items()}


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def stop_range(answers: Answers) -> tuple[Decimal, Decimal]:
    """Nearest and widest workable stop in percent: one beyond liquidation is never reached."""
    low, high = PERCENTS["stop"]
    if not of_futures(answers):
        return low, high
    distance = liquidation_distance(leverage_of(answers), ASSUMED_MAINTENANCE)
    return low, min(high, ceil_to_step(distance, CENT) - CENT)
