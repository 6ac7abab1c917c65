"""The AI strategy: its parameters; how it judges stands in the files beside this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.strategies.ai.caution import LEAST_CONFIDENCE
from engine.strategies.ai.readings import MACD_PERIODS
from engine.strategies.base import Param, Strategy, Values, warmup_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AiStrategy(Strategy):
    """A model of the installation is asked; what it says depends on its owner's trades too.

    ``ask`` = ``setups`` asks only on candles on which the plain rule (``setups``) finds something,
    ``every`` on each one. ``exits`` = ``model`` takes over its stop and target where they are
    within bounds, ``own`` never does.
    """

    personal: ClassVar[bool] = True

    def warmup(self, params: Values) -> int:  # noqa: ARG002 - no parameter changes the context
        """10 × the slowest average of the indicators."""
        return warmup_of(MACD_PERIODS)


AI = AiStrategy(
    name="ai",
    title="AI analyst",
    params=(
        Param("ask", "choice", "setups", "param.ask", choices=("setups", "every")),
        Param("exits", "choice", "model", "param.exits", choices=("model", "own")),
        Param(
            "min_confidence",
            "int",
            LEAST_CONFIDENCE,
            "param.min_confidence",
            low=LEAST_CONFIDENCE,
            high=100,
        ),
    ),
)
