"""Plug-ins: strategies of third parties, found as entry points, run in the worker process.

Nothing of theirs is imported here. One that cannot be described is named in the log and left out.
"""

import asyncio
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from itertools import chain
from typing import Any

import structlog
from pydantic import TypeAdapter, ValidationError

from engine.core.bot_config import Environment
from engine.core.errors import BadAnswer, SkipperError
from engine.core.market import Candle, StreamKey
from engine.core.signal import Action, Signal
from engine.runtime.worker import Worker
from engine.strategies.base import Values
from engine.strategies.frames import FrameStrategy
from engine.strategies.registry import register

GROUP = "skipper.strategies"
_DESCRIBE = "engine.runtime.frame_work:describe"
_JUDGE = "engine.runtime.frame_work:judge"
_NEEDED = ("pandas",)
# Real seconds that describing all of them may take: positions wait for their guard meanwhile.
_PATIENCE = 20.0
_NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")
_TITLE, _ABOUT, _WORDS, _SHOWN = 32, 300, 200, 60
_PARTS = 3
_declared = TypeAdapter(FrameStrategy)
_log = structlog.get_logger("plugins")


async def load(worker: Worker) -> list[str]:
    """Register every plug-in that is installed; returns their names."""
    names = []
    try:
        async with asyncio.timeout(_PATIENCE):
            for point in sorted(entry_points(group=GROUP)):
                names += await _described(worker, point)
    except TimeoutError:
        _log.error("plug-ins took too long, the rest is left out", known=names)
    return names


async def _described(worker: Worker, point: EntryPoint) -> list[str]:
    module, _, _ = point.value.partition(":")
    try:
        said = await worker.call(_DESCRIBE, point.value, imports=(module,))
        found = declared(point.value, said)
        register(found)
    except (SkipperError, ValueError, TypeError, TimeoutError) as error:
        _log.error("plug-in left out", plugin=point.name, source=point.value, error=str(error))
        return []
    _log.info("plug-in loaded", plugin=found.name, source=point.value)
    return [found.name]


def declared(source: str, said: Any) -> FrameStrategy:
    """The strategy that a plug-in's words declare.

    Raises ``ValueError`` or ``InvalidValue`` where they make no sense.
    """
    try:
        found = _declared.validate_python({**said, "source": source})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}: {first['msg']}") from None
    if not _NAME.fullmatch(found.name):
        raise ValueError(f"name {found.name!r}: a to z, 0 to 9 and _ only, at most 32")
    if not 0 < len(found.title) <= _TITLE or len(found.about) > _ABOUT:
        raise ValueError(f"a title of 1 to {_TITLE} characters, about at most {_ABOUT}")
    whole = {param.name for param in found.params if param.kind == "int"}
    if not set(found.periods) <= whole:
        raise ValueError("periods: names of whole-number parameters only")
    numbers = {param.name for param in found.params if param.kind in {"int", "float"}}
    if not set(chain.from_iterable(found.below)) <= numbers:
        raise ValueError("below: pairs of names of number parameters only")
    found.warmup(found.validate({}))
    return found


@dataclass(frozen=True, slots=True)
class FrameJudge:
    """Asks a plug-in about a candle; ``limit`` in real seconds, from when its turn has come."""

    worker: Worker
    strategy: FrameStrategy
    params: Values
    limit: float = 5.0

    async def judge(
        self, _stream: tuple[Environment, StreamKey], _owner_id: int, candles: Sequence[Candle]
    ) -> Signal:
        """What it says of the newest candle.

        Raises ``TimeoutError``, ``WorkFailed``, ``WorkerDied`` or ``BadAnswer``.
        """
        source = self.strategy.source
        rows = array("d", chain.from_iterable(candles))
        imports = (*_NEEDED, source.partition(":")[0])
        said = await self.worker.call(
            _JUDGE, source, dict(self.params), rows, imports=imports, limit=self.limit
        )
        return read_answer(said, candles[-1])


def read_answer(said: object, candle: Candle) -> Signal:
    """The signal that a plug-in's answer stands for; raises ``BadAnswer``."""
    if not isinstance(said, tuple) or len(said) != _PARTS:
        raise BadAnswer(f"it answered {said!r}"[:_SHOWN])
    action, confidence, words = said
    if not isinstance(action, str) or action not in tuple(Action):
        raise BadAnswer(f"it said {action!r}"[:_SHOWN])
    if isinstance(confidence, bool) or not isinstance(confidence, int | float):
        raise BadAnswer(f"its confidence is {confidence!r}"[:_SHOWN])
    if not 0 <= confidence <= 100:
        raise BadAnswer(f"its confidence is {confidence!r}"[:_SHOWN])
    if not isinstance(words, str):
        raise BadAnswer(f"its reason is {words!r}"[:_SHOWN])
    shown = " ".join(words.split())[:_WORDS]
    return Signal(
        Action(action),
        candle.open_time,
        candle.close,
        "own_words" if shown else "no_words",
        confidence=int(confidence),
        words=shown,
    )
