"""The judge of AI bots. A model is asked only where a trade could follow.

On a closed candle, in this order: the plain rule finds a setup (unless every candle is asked
about), one of the bots that share the judge could enter now by all its checks, the service is not
resting, the user's turn and the day's calls allow it, and the candle was not analysed before.
Whatever fails, and whatever is wrong with an answer, is HOLD; nothing is followed that was not
stored first.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from engine.advisors.making import cost_of
from engine.core.analysis import Analysis
from engine.core.bot_config import Direction
from engine.core.errors import DatabaseFailed
from engine.core.market import Candle
from engine.core.signal import Action, Signal
from engine.cycles.analyst import Analyst
from engine.cycles.fleet import EnvStream, Member
from engine.cycles.judges import part_of
from engine.ports.advisor import Advisor, Reply
from engine.strategies.ai.answer import parse
from engine.strategies.ai.caution import caution_of, record_of
from engine.strategies.ai.prompt import Context, data, instructions
from engine.strategies.ai.readings import Reading
from engine.strategies.ai.setups import setup
from engine.strategies.ai.strategy import AiStrategy
from engine.strategies.ai.verdict import Bounds, judge
from engine.strategies.base import Values

_log = structlog.get_logger("analyst")
Ways = frozenset[Direction]
_WAYS = {Action.BUY: Direction.LONG, Action.SELL: Direction.SHORT}


@dataclass(frozen=True, slots=True)
class _Scene:
    """A candle that is judged: its readings, the setup found on it, and who asks."""

    stream: EnvStream
    owner_id: int
    part: str
    readings: Sequence[Reading]
    found: Action
    members: Sequence[Member]

    @property
    def name(self) -> str:
        """The stream as analyses name it."""
        return ":".join(self.stream[1])

    def hold(self, reason: str) -> Signal:
        """HOLD on this candle."""
        now = self.readings[-1]
        shown = {"rsi": now.rsi, "volume_ratio": now.volume_ratio}
        values = {name: value for name, value in shown.items() if math.isfinite(value)}
        return Signal(Action.HOLD, now.open_time, now.close, reason, values, confidence=0)


@dataclass(frozen=True, slots=True)
class AiJudge:
    """Implements ``judges.SlowJudge`` for one set of parameters."""

    analyst: Analyst
    strategy: AiStrategy
    params: Values

    async def judge(self, stream: EnvStream, owner_id: int, candles: Sequence[Candle]) -> Signal:
        """What the model makes of the newest candle; HOLD where it is not or cannot be asked."""
        needed = self.strategy.warmup(self.params)
        if len(candles) < needed:
            return _warming_up(candles, needed)
        analyst, key = self.analyst, self.strategy.judge_key(self.params, owner_id)
        readings = analyst.readings(stream, candles)
        found = setup(readings[-1], readings[-2])
        members = [m for m in analyst.fleet.on_stream(stream) if m.judge == key]
        await analyst.twins.follow(members, candles, found, analyst.clock.now_ms())
        scene = _Scene(stream, owner_id, part_of(key), readings, found, members)
        advisor = analyst.advising.advisor
        if advisor is None:
            return scene.hold("ai_off")
        if found is Action.HOLD and self.params["ask"] == "setups":
            return scene.hold("ai_no_setup")
        ways = self._ways(scene)
        if not ways:
            return scene.hold("ai_idle")
        if advisor.resting:
            return scene.hold("ai_resting")
        try:
            return await self._within_budget(advisor, scene, ways)
        except DatabaseFailed as error:
            _log.warning("an analysis was given up", part=scene.part, error=str(error))
            return scene.hold("ai_unstored")

    def _ways(self, scene: _Scene) -> Ways:
        """Directions in which some bot could enter: that of the setup, or both without one."""
        now = scene.readings[-1]
        actions = list(_WAYS) if scene.found is Action.HOLD else [scene.found]
        probes = [Signal(action, now.open_time, now.close, "ai_probe") for action in actions]
        return frozenset(
            _WAYS[probe.action]
            for probe in probes
            if any(self.analyst.may_enter(member, probe) for member in scene.members)
        )

    async def _within_budget(self, advisor: Advisor, scene: _Scene, ways: Ways) -> Signal:
        budget = self.analyst.budget
        refused = await budget.take(scene.owner_id, f"{scene.name}#{scene.part}")
        if refused:
            return scene.hold(f"ai_budget_{refused}")
        try:
            if await self.analyst.knows(scene.name, scene.part, scene.readings[-1].open_time):
                return scene.hold("ai_again")
            return await self._ask(advisor, scene, ways)
        finally:
            budget.done(scene.owner_id)

    async def _ask(self, advisor: Advisor, scene: _Scene, ways: Ways) -> Signal:
        clock = self.analyst.clock
        prompt, bounds = await self._question(scene, ways)
        asked_at = clock.now_ms()
        reply = await advisor.ask(instructions(), prompt)
        signal, problem, notes = _read_reply(reply, scene, bounds)
        analysis = Analysis(
            id=0,
            owner_id=scene.owner_id,
            part=scene.part,
            stream=scene.name,
            candle_open=scene.readings[-1].open_time,
            at=asked_at,
            provider=advisor.provider,
            model=advisor.model,
            prompt=prompt,
            answer=_storable(reply.text),
            action=signal.action,
            confidence=signal.confidence,
            reason=signal.words,
            problem=problem,
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
            cost=cost_of(reply.tokens_in, reply.tokens_out, self.analyst.advising.prices),
            took_ms=int((clock.now_ms() - asked_at) / clock.rate),
            notes={"setup": scene.found.value} | notes,
        )
        return signal if await self.analyst.store(analysis) else scene.hold("ai_unstored")

    async def _question(self, scene: _Scene, ways: Ways) -> tuple[str, Bounds]:
        """What is asked, and what bounds the answer."""
        trades = await self.analyst.trades_of(scene.stream, scene.members)
        record = record_of(trades)
        caution = caution_of(record, self.params["min_confidence"])
        context = Context(scene.stream[1], scene.readings, ways, scene.found, record, caution)
        leverage = max(member.bot.config.leverage for member in scene.members)
        return data(context), Bounds(caution, self.params["exits"] == "model", leverage)


def _storable(words: str) -> str:
    """Foreign text as every database takes it: no lone surrogate, no NUL."""
    return words.encode(errors="replace").decode().replace("\x00", "")


def _warming_up(candles: Sequence[Candle], needed: int) -> Signal:
    newest, progress = candles[-1], {"seen": float(len(candles)), "needed": float(needed)}
    return Signal(Action.HOLD, newest.open_time, newest.close, "warming_up", progress)


def _read_reply(reply: Reply, scene: _Scene, bounds: Bounds) -> tuple[Signal, str, dict[str, str]]:
    """The signal that follows from a reply, what is wrong with it, and the rules that spoke."""
    problem: str = reply.problem
    if not problem:
        answer = parse(reply.text, scene.stream[1].symbol)
        if not isinstance(answer, str):
            judged = judge(answer, scene.readings[-1], bounds)
            return judged.signal, "", judged.notes
        problem = answer
    return scene.hold(f"ai_problem_{problem}"), problem, {}
