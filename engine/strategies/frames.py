"""Third parties' strategies: a function over a frame of candles, called in the worker process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.strategies.base import Param, Strategy, Values, warmup_of

Said = tuple[str, int, str]
"""Action (``BUY``, ``SELL``, ``HOLD``), confidence (0 to 100) and the reason in a few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """What a third party's package declares under the entry point group ``skipper.strategies``.

    ``signals`` gets a pandas frame (columns open, high, low, close and volume; index: when each
    candle opened, UTC; the last row is the candle that has just closed) and the parameters. The
    frame holds 10 × the slowest of the parameters that ``periods`` names, at least 200 candles.
    ``below`` are pairs of parameters of which the first must be the lower one.
    """

    name: str
    title: str
    signals: Callable[[Any, Mapping[str, Any]], Said]
    about: str = ""
    params: tuple[Param, ...] = ()
    periods: tuple[str, ...] = ()
    below: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameStrategy(Strategy):
    """What is known here of a strategy whose code lives in the worker process alone.

    ``source`` is where its ``Plugin`` is found, ``package.module:name``.
    """

    source: str
    about: str = ""
    periods: tuple[str, ...] = ()

    def warmup(self, params: Values) -> int:
        """10 × the slowest period, at least 200."""
        return warmup_of(params[name] for name in self.periods)
