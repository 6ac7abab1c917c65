"""Advisor: a language model somewhere on the network, asked one question at a time."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. ``problem`` is empty where ``text`` is the model's whole answer.

    Otherwise it says why there is none: ``timeout``, ``unreachable``, ``limited`` (too many
    requests), ``refused`` (key, model or request), ``server``, ``too_large``, ``no_answer`` (the
    envelope makes no sense), ``cut`` (the model ran out of tokens) or ``blocked`` (by the
    service's own filters). Tokens are those that the service charges for, 0 when it did not say.
    """

    text: str = ""
    problem: str = ""
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True, slots=True)
class AdvisorTerms:
    """What the installation offers: whose model, and how often one user may ask it on a day."""

    provider: str
    model: str
    calls_per_user: int


class Advisor(Protocol):
    """Asking never raises for what the network or the service does: that is a problem."""

    @property
    def provider(self) -> str:
        """Which wire format it speaks."""
        ...

    @property
    def model(self) -> str:
        """The model's name at the service."""
        ...

    @property
    def resting(self) -> bool:
        """Whether the service asked to be left alone for a while, and that is not over."""
        ...

    async def ask(self, instructions: str, data: str) -> Reply:
        """The answer to ``data``, read under ``instructions``; within 20 real seconds."""
        ...

    async def check(self) -> str:
        """Say what is reached, for the operator; raises ``ConfigError`` with what is wrong."""
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...
