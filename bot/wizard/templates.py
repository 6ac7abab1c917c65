"""PURE ready-made plans: what they suggest, every answer may change."""

from collections.abc import Mapping
from dataclasses import dataclass, field

OWN = "own"
"""What is answered instead of a template."""


@dataclass(frozen=True, slots=True)
class Template:
    """Suggested answers by question, and settings of the strategy by name."""

    name: str
    answers: Mapping[str, str]
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def strategy(self) -> str:
        """The strategy it is about."""
        return self.answers["strategy"]


TEMPLATES = {
    each.name: each
    for each in (
        Template("trend", {"strategy": "ema_rsi"}),
        Template("reversal", {"strategy": "rsi_sma"}),
        Template("macd", {"strategy": "macd"}),
        Template("bollinger", {"strategy": "bollinger"}),
        Template("scalper", {"strategy": "ai", "stop": "0.5", "target": "0.3", "holding": "30"}),
    )
}
