"""Judges: what says BUY, SELL or HOLD of a closed candle, and how a failing one is found out.

A fast judge answers at once, in this process. A slow one is asked in the background: another
process or a service on the network has to be heard.
"""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import structlog

from engine.core.errors import BadAnswer, SkipperError, WorkerDied
from engine.core.market import Candle
from engine.core.signal import Action, Signal
from engine.cycles.fleet import EnvStream, StrategyKey
from engine.strategies.base import Strategy, Values
from engine.strategies.rules import LiveSignals

_log = structlog.get_logger("signal")
_CERTAIN = 100
_DETAIL = 200
RAISED, HUNG, CRASHED, NONSENSE, UNKNOWN = (
    f"why.strategy_{problem}" for problem in ("raised", "hung", "crashed", "nonsense", "unknown")
)


class Problem(NamedTuple):
    """Why a judge is not asked any more: a text key, and what was seen."""

    why: str
    detail: str = ""


class SlowJudge(Protocol):
    """Judges the newest of ``candles``, which are as many as its strategy's warm-up.

    Whatever it raises stops the bots that ask it, ``TimeoutError`` when it took too long for its
    own limit. One that has no opinion, because a service is down for instance, says HOLD.
    ``owner_id`` is whose bots ask, where its strategy is a personal one.
    """

    async def judge(
        self, stream: EnvStream, owner_id: int, candles: Sequence[Candle]
    ) -> Signal: ...


JudgeMakers = Mapping[type[Strategy], Callable[[Any, Values], SlowJudge]]
"""How to make the slow judges of a kind of strategy, from the strategy and valid parameters."""


@dataclass(slots=True)
class Fast:
    """A strategy in its step form on one stream, and its latest verdict."""

    live: LiveSignals
    last: Signal | None = None
    problem: Problem | None = None

    def hear(self, candle: Candle) -> None:
        """Judge the next candle; one that failed once is not asked again."""
        if self.problem is not None:
            return
        try:
            said = self.live.update(candle)
        except Exception as error:  # noqa: BLE001 - the boundary: one strategy is not the others
            self.problem = blame(error)
        else:
            self.problem = nonsense(said, candle)
            self.last = None if self.problem else said


@dataclass(slots=True)
class Slow:
    """A slow judge on one stream. ``part`` names it for ever, ``window`` candles are its context.

    ``due`` is the open time of the newest candle that it was not asked about yet, ``busy`` that a
    judgement is under way, ``heard`` the last candle that it was asked about.
    """

    judge: SlowJudge
    part: str
    owner_id: int
    window: int
    last: Signal | None = None
    problem: Problem | None = None
    due: int | None = None
    busy: bool = False
    heard: int = -1

    async def answer(self, stream: EnvStream, candles: Sequence[Candle]) -> None:
        """Ask it about the newest of ``candles``."""
        newest = candles[-1]
        try:
            said = await self.judge.judge(stream, self.owner_id, candles)
        except Exception as error:  # noqa: BLE001 - the boundary: one strategy is not the others
            self.problem = blame(error)
        else:
            self.problem = nonsense(said, newest)
            self.last = None if self.problem else said


def part_of(key: StrategyKey) -> str:
    """Name of a slow judge that is the same after a restart: strategy and digest of its key."""
    return f"{key[0]}:{hashlib.sha256(repr(key).encode()).hexdigest()[:12]}"


def nonsense(said: object, candle: Candle) -> Problem | None:
    """What is wrong with an answer about ``candle``; None for a sound one."""
    if not isinstance(said, Signal):
        return Problem(NONSENSE, f"it answered {type(said).__name__}")
    action, confidence, values = _unchecked(said)
    if type(action) is not Action:
        return Problem(NONSENSE, f"it said {action!r}"[:_DETAIL])
    if said.candle_open != candle.open_time or said.close != candle.close:
        return Problem(NONSENSE, "it spoke of another candle")
    if type(confidence) is not int or not 0 <= confidence <= _CERTAIN:
        return Problem(NONSENSE, f"its confidence is {confidence!r}"[:_DETAIL])
    bad = [name for name, value in values.items() if not math.isfinite(value)]
    return Problem(NONSENSE, f"{bad[0]} is no number") if bad else None


def _unchecked(said: Signal) -> tuple[Any, Any, dict[str, float]]:
    """Fields that a strategy's own code may have filled with anything."""
    return said.action, said.confidence, said.values


def blame(error: Exception) -> Problem:
    """The problem that an exception of a judge stands for."""
    if isinstance(error, TimeoutError):
        return Problem(HUNG)
    if isinstance(error, WorkerDied):
        return Problem(CRASHED)
    if isinstance(error, BadAnswer):
        return Problem(NONSENSE, str(error)[:_DETAIL])
    if isinstance(error, SkipperError):
        return Problem(RAISED, str(error)[:_DETAIL])
    _log.warning("a strategy failed", exc_info=error)
    return Problem(RAISED, f"{type(error).__name__}: {error}"[:_DETAIL])
