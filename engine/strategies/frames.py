"""Third parties' strategies: a function over a frame of candles, called in the worker process."""

from __future__ import annotations

from dataclasses import dataclass

from engine.strategies.base import Strategy, Values, warmup_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameStrategy(Strategy):
    """What is known here of a strategy whose code lives in the worker process alone.

    ``source`` is where that code is found, ``package.module:name``. ``about`` says what it does,
    ``periods`` names the parameters that count candles: its warm-up follows from them.
    """

    source: str
    about: str = ""
    periods: tuple[str, ...] = ()

    def warmup(self, params: Values) -> int:
        """10 × the slowest period, at least 200."""
        return warmup_of(params[name] for name in self.periods)
