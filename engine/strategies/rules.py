"""Strategies of one elementwise rule, written once for live candles and whole histories."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.core.signal import Action, Signal
from engine.strategies.base import Strategy, Values, warmup_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.core.market import Candle
    from engine.strategies.indicators import CandleIndicator, Columns, Indicator

Readings = Mapping[str, Any]
"""Indicator readings by name: floats of one candle, or equally long float64 arrays of many."""

SAME = 1e-10
"""Relative difference below which two averages count as equal.

In a motionless market two averages meet and differ by rounding, or by what is left of their
seeds, which depends on where the history begins: such a difference is no crossing.
"""

_SIGNS = {Action.BUY: 1, Action.SELL: -1, Action.HOLD: 0}


class Case(NamedTuple):
    """One line of a rule: where ``when`` holds (a bool, or an array of them), say ``action``."""

    when: Any
    action: Action
    reason: str


class ArraySignals(NamedTuple):
    """Verdicts on many candles: ``signals`` int8 of +1 BUY, -1 SELL, 0 HOLD, and the readings."""

    signals: NDArray[np.int8]
    values: dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStrategy(Strategy):
    """Parameters, the indicators they ask for and the rule that reads those.

    ``indicators`` gives the indicators of valid parameters, by the name under which the rule reads
    them. ``rule`` takes valid parameters, the readings of a candle and those of the one before,
    and returns cases, the first that holds wins; it is written once, with comparisons, ``&`` and
    ``|``, and serves floats and arrays alike. ``otherwise`` is the reason to HOLD when no case
    holds.
    """

    indicators: Callable[[Values], Mapping[str, Indicator | CandleIndicator]]
    rule: Callable[[Values, Readings, Readings], Sequence[Case]]
    otherwise: str

    def warmup(self, params: Values) -> int:
        """10 × the slowest period, at least 200."""
        return warmup_of(indicator.period for indicator in self.indicators(params).values())

    def live(self, params: Values) -> LiveSignals:
        """Step form for valid ``params``, to be fed every closed candle once, in order."""
        return LiveSignals(self, params)

    def array(self, params: Values, candles: Columns) -> ArraySignals:
        """Array form for valid ``params`` over a contiguous history."""
        readings = {
            name: reading_of(indicator, candles)
            for name, indicator in self.indicators(params).items()
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

    def __init__(self, strategy: RuleStrategy, params: Values) -> None:
        self._strategy = strategy
        self._params = params
        self._warmup = strategy.warmup(params)
        indicators = strategy.indicators(params).items()
        self._steps = [(n, each.step()) for n, each in indicators if hasattr(each, "step")]
        self._candle_steps = [
            (n, each.candle_step()) for n, each in indicators if hasattr(each, "candle_step")
        ]
        self._readings: dict[str, float] = {}
        self._seen = 0

    def update(self, candle: Candle) -> Signal:
        """Verdict on the next closed candle."""
        before = self._readings
        close = candle.close
        now = self._readings = {name: step.update(close) for name, step in self._steps}
        for name, candle_step in self._candle_steps:
            now[name] = candle_step.update(candle)
        self._seen += 1
        if self._seen <= self._warmup:
            progress = {"seen": float(self._seen), "needed": float(self._warmup)}
            return Signal(Action.HOLD, candle.open_time, close, "warming_up", progress)
        for case in self._strategy.rule(self._params, now, before):
            if case.when:
                return Signal(case.action, candle.open_time, close, case.reason, now)
        return Signal(Action.HOLD, candle.open_time, close, self._strategy.otherwise, now)


def reading_of(indicator: Indicator | CandleIndicator, candles: Columns) -> NDArray[np.float64]:
    """Array form of any indicator over a contiguous history."""
    if hasattr(indicator, "candle_array"):
        return indicator.candle_array(candles)
    return indicator.array(candles.close)


def above(one: Any, other: Any, scale: Any) -> Any:
    """Whether ``one`` is above ``other`` by more than rounding of ``scale``; elementwise."""
    return one - other > SAME * abs(scale)


def crossed_above(
    one: str, other: str, now: Readings, before: Readings, *, scale: str = ""
) -> Any:
    """Whether ``one`` was not above ``other`` and now is; elementwise.

    ``scale`` names the reading whose rounding they carry, where that is not ``other`` itself.
    """
    size = scale or other
    was_not = before[one] - before[other] <= SAME * abs(before[size])
    return was_not & above(now[one], now[other], now[size])
