"""What a strategy is: declared parameters, indicators in two forms, one elementwise rule."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from engine.core.errors import InvalidValue
from engine.core.signal import Action, Signal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.core.market import Candle
    from engine.strategies.indicators import Indicator

Value = int | float | str | bool
Values = Mapping[str, Any]
Readings = Mapping[str, Any]
"""Indicator readings by name: floats of one candle, or equally long float64 arrays of many."""

SHORTEST_WARMUP = 200
SMOOTHINGS = 10
SAME = 1e-10
"""Relative difference below which two averages count as equal.

In a motionless market two averages meet and differ by rounding, or by what is left of their
seeds, which depends on where the history begins: such a difference is no crossing.
"""

_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_SIGNS = {Action.BUY: 1, Action.SELL: -1, Action.HOLD: 0}


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter: what it may be; wizard, validation and sweeps follow from it.

    ``low`` and ``high`` are inclusive bounds of numbers, ``choices`` the words of a choice,
    ``help`` the key of the text that explains it.
    """

    name: str
    kind: Literal["int", "float", "choice", "bool"]
    default: Value
    help: str
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()

    def parse(self, raw: object) -> Value:
        """Typed value of a number, word or typed text; raises InvalidValue."""
        if self.kind == "choice":
            return self._choice(raw)
        if self.kind == "bool":
            return self._truth(raw)
        return self._number(raw)

    def _choice(self, raw: object) -> str:
        word = str(raw).strip().casefold()
        if word not in self.choices:
            raise InvalidValue(self.name, raw, "choice", choices=", ".join(self.choices))
        return word

    def _truth(self, raw: object) -> bool:
        value = raw if isinstance(raw, bool) else _WORDS.get(str(raw).strip().casefold())
        if value is None:
            raise InvalidValue(self.name, raw, "choice", choices="yes, no")
        return value

    def _number(self, raw: object) -> int | float:
        try:
            number = math.nan if isinstance(raw, bool) else float(str(raw))
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise InvalidValue(self.name, raw, "not_a_number", low=self.low, high=self.high)
        if self.kind == "int" and not number.is_integer():
            raise InvalidValue(self.name, raw, "not_whole", low=self.low, high=self.high)
        if not self.low <= number <= self.high:
            raise InvalidValue(self.name, raw, "range", low=self.low, high=self.high)
        return int(number) if self.kind == "int" else number


class Case(NamedTuple):
    """One line of a rule: where ``when`` holds (a bool, or an array of them), say ``action``."""

    when: Any
    action: Action
    reason: str


class ArraySignals(NamedTuple):
    """Verdicts on many candles: ``signals`` int8 of +1 BUY, -1 SELL, 0 HOLD, and the readings."""

    signals: NDArray[np.int8]
    values: dict[str, NDArray[np.float64]]


def _any_combination(params: Values) -> None:
    """Allow every combination of values that are allowed alone."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """A named set of parameters, the indicators they ask for and the rule that reads those.

    ``title`` is a proper name. ``indicators`` gives the indicators of valid parameters, by the
    name under which the rule reads them. ``rule`` takes valid parameters, the readings of a candle
    and those of the one before, and returns cases, the first that holds wins; it is written once,
    with comparisons, ``&`` and ``|``, and serves floats and arrays alike. ``otherwise`` is the
    reason to HOLD when no case holds. ``check`` raises InvalidValue for values that are allowed
    alone but not together.
    """

    name: str
    title: str
    params: tuple[Param, ...]
    indicators: Callable[[Values], dict[str, Indicator]]
    rule: Callable[[Values, Readings, Readings], Sequence[Case]]
    otherwise: str
    check: Callable[[Values], None] = _any_combination

    def validate(self, params: Mapping[str, object]) -> dict[str, Value]:
        """All parameters, typed, defaults filled in; raises InvalidValue with what is allowed."""
        known = [param.name for param in self.params]
        for name, raw in params.items():
            if name not in known:
                raise InvalidValue(name, raw, "unknown_param", choices=", ".join(known))
        values = {p.name: p.parse(params.get(p.name, p.default)) for p in self.params}
        self.check(values)
        return values

    def key(self, params: Values) -> tuple[object, ...]:
        """Hashable identity of the strategy with these valid parameters."""
        return (self.name, *(params[param.name] for param in self.params))

    def warmup(self, params: Values) -> int:
        """Number of first candles that never signal: 10 × the slowest period, at least 200."""
        slowest = max(indicator.period for indicator in self.indicators(params).values())
        return max(SHORTEST_WARMUP, SMOOTHINGS * slowest)

    def live(self, params: Values) -> LiveSignals:
        """Step form for valid ``params``, to be fed every closed candle once, in order."""
        return LiveSignals(self, params)

    def array(self, params: Values, closes: NDArray[np.float64]) -> ArraySignals:
        """Array form for valid ``params`` over the closes of a contiguous history."""
        readings = {
            name: indicator.array(closes) for name, indicator in self.indicators(params).items()
        }
        return ArraySignals(self.judge(params, readings), readings)

    def judge(
        self, params: Values, readings: Mapping[str, NDArray[np.float64]]
    ) -> NDArray[np.int8]:
        """Signals for indicator arrays at hand, so that sweeps compute each of them once."""
        import numpy as np

        warmup = self.warmup(params)
        size = len(next(iter(readings.values())))
        signals = np.zeros(size, dtype=np.int8)
        now = {name: array[warmup:] for name, array in readings.items()}
        before = {name: array[warmup - 1 : size - 1] for name, array in readings.items()}
        if size > warmup:
            for case in reversed(self.rule(params, now, before)):
                signals[warmup:][case.when] = _SIGNS[case.action]
        return signals


class LiveSignals:
    """Step form of a strategy: one candle in, one signal out, in constant time."""

    def __init__(self, strategy: Strategy, params: Values) -> None:
        self._strategy = strategy
        self._params = params
        self._warmup = strategy.warmup(params)
        indicators = strategy.indicators(params)
        self._steps = [(name, indicator.step()) for name, indicator in indicators.items()]
        self._readings: dict[str, float] = {}
        self._seen = 0

    def update(self, candle: Candle) -> Signal:
        """Verdict on the next closed candle."""
        before = self._readings
        close = candle.close
        now = self._readings = {name: step.update(close) for name, step in self._steps}
        self._seen += 1
        if self._seen <= self._warmup:
            progress = {"seen": float(self._seen), "needed": float(self._warmup)}
            return Signal(Action.HOLD, candle.open_time, close, "warming_up", progress)
        for case in self._strategy.rule(self._params, now, before):
            if case.when:
                return Signal(case.action, candle.open_time, close, case.reason, now)
        return Signal(Action.HOLD, candle.open_time, close, self._strategy.otherwise, now)


def crossed_above(one: str, other: str, now: Readings, before: Readings) -> Any:
    """Whether ``one`` was not above ``other`` and now is; elementwise."""
    return (before[one] - before[other] <= SAME * abs(before[other])) & (
        now[one] - now[other] > SAME * abs(now[other])
    )
