"""What every strategy declares: name, parameters and how much history it needs.

Three kinds follow from it: ``rules.RuleStrategy`` (built in, judged in this process in constant
time), ``frames.FrameStrategy`` (third parties', judged in the worker process) and the analyst.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.core.errors import InvalidValue

Value = int | float | str | bool
Values = Mapping[str, Any]

SHORTEST_WARMUP = 200
SMOOTHINGS = 10

_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy(ABC):
    """A named set of parameters.

    ``title`` is a proper name. ``below`` are pairs of number parameters of which the first must be
    the lower one.
    """

    personal: ClassVar[bool] = False
    """Whether what it says depends on whose bot asks."""

    name: str
    title: str
    params: tuple[Param, ...]
    below: tuple[tuple[str, str], ...] = ()

    def validate(self, params: Mapping[str, object]) -> dict[str, Value]:
        """All parameters, typed, defaults filled in; raises InvalidValue with what is allowed."""
        known = [param.name for param in self.params]
        for name, raw in params.items():
            if name not in known:
                raise InvalidValue(name, raw, "unknown_param", choices=", ".join(known))
        values: dict[str, Any] = {
            p.name: p.parse(params.get(p.name, p.default)) for p in self.params
        }
        for low, high in self.below:
            if values[low] >= values[high]:
                raise InvalidValue(low, values[low], "not_below", other=high, limit=values[high])
        return values

    def key(self, params: Values) -> tuple[Value, ...]:
        """Hashable identity of the strategy with these valid parameters."""
        return (self.name, *(params[param.name] for param in self.params))

    def judge_key(self, params: Values, owner_id: int) -> tuple[Value, ...]:
        """Identity of the judge that a bot of this owner asks: equal ones share one judge."""
        return (*self.key(params), owner_id) if self.personal else self.key(params)

    @abstractmethod
    def warmup(self, params: Values) -> int:
        """Number of first candles that never signal, for valid parameters."""


def warmup_of(periods: Iterable[int]) -> int:
    """10 × the slowest period, at least 200: what an average's seed weighs is gone by then."""
    return max(SHORTEST_WARMUP, SMOOTHINGS * max(periods, default=0))
