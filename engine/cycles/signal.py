"""Signal cycle: every distinct (strategy, parameters) judges a closed candle once.

The work grows with streams and parameter sets, not with bots. Fast judges answer at once, all of
a stream in one verdict. A slow judge is asked in the background, one candle at a time and always
the newest; its answer is a verdict of its own. What was said is handed to the risk cycle; how far
a stream was judged, and by which slow judge, is stored with what followed from it.
"""

import asyncio
from dataclasses import dataclass, field

import structlog

from engine.core.bot_config import Environment
from engine.core.errors import InvalidValue, Unavailable
from engine.core.market import Candle, StreamKey
from engine.core.signal import Signal
from engine.cycles.fleet import EnvStream, Fleet, Member, StrategyKey
from engine.cycles.judges import UNKNOWN, Fast, JudgeMakers, Problem, Slow, part_of
from engine.market.feed import Feed
from engine.ports.clock import Clock
from engine.runtime.nursery import Nursery
from engine.strategies.base import Strategy, Values
from engine.strategies.registry import strategy
from engine.strategies.rules import RuleStrategy

_log = structlog.get_logger("signal")
# Held beyond the warm-up, so that a candle missed around a restart can still be judged.
_SPARE = 3
# Real seconds after which no answer is waited for: the candle is too old to act on by then.
_LONGEST = 60.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What judges of a stream said of the candle that opened at ``open_time``.

    ``part`` is empty where the fast judges speak, else it names the slow one. ``problems`` are
    judges that failed: the bots that ask them must stop, whatever the candle's age. Bots whose
    settings no strategy takes have no judge: their problem stands under None.
    """

    stream: EnvStream
    open_time: int
    signals: dict[StrategyKey, Signal]
    part: str = ""
    problems: dict[StrategyKey | None, Problem] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """Under which name it is stored how far was judged."""
        name = ":".join(self.stream[1])
        return f"{name}#{self.part}" if self.part else name


@dataclass(slots=True)
class _Panel:
    """The judges of one stream; ``heard`` is the open time of its newest candle."""

    fast: dict[StrategyKey, Fast] = field(default_factory=dict)
    slow: dict[StrategyKey, Slow] = field(default_factory=dict)
    heard: int | None = None

    def judge(self, key: StrategyKey) -> Fast | Slow | None:
        return self.fast.get(key) or self.slow.get(key)

    def drop(self, key: StrategyKey) -> None:
        self.fast.pop(key, None)
        self.slow.pop(key, None)


@dataclass(slots=True)
class SignalCycle:
    """Keeps one judge per stream and parameter set, and queues their verdicts.

    ``makers`` make the judges of those kinds of strategy that are not judged at once.
    """

    fleet: Fleet
    feeds: dict[Environment, Feed]
    clock: Clock
    nursery: Nursery
    makers: JudgeMakers = field(default_factory=dict)
    verdicts: asyncio.Queue[Verdict] = field(default_factory=asyncio.Queue)
    _panels: dict[EnvStream, _Panel] = field(default_factory=dict)

    def hear(self, environment: Environment) -> None:
        """Listen to the candles of an environment."""

        def on_candle(key: StreamKey, candle: Candle, live: bool) -> None:
            self._judge((environment, key), candle, live=live)

        self.feeds[environment].listen(on_candle)

    def follows(self, member: Member) -> bool:
        """Whether the bot's stream is followed, and judged with its parameters while it runs."""
        panel = self._panels.get(self.fleet.stream_of(member.bot))
        if panel is None:
            return False
        running = member.bot.state.running
        return not running or (member.judge is not None and panel.judge(member.judge) is not None)

    async def follow(self, member: Member) -> None:
        """Make sure that the bot's stream is followed and judged; returns once it is warm.

        A bot whose strategy or parameters are not known (any more) is handed over as a problem.
        Raises ``Unavailable`` when its environment is not configured.
        """
        stream = self.fleet.stream_of(member.bot)
        environment, key = stream
        if environment not in self.feeds:
            raise Unavailable(f"no prices of the {environment.value} exchange here")
        try:
            chosen = strategy(member.bot.config.strategy)
            params = chosen.validate(member.bot.config.params)
            warmup = chosen.warmup(params)
        except InvalidValue:
            self._give_up(stream, None, Problem(UNKNOWN))
            chosen, params, warmup = None, {}, 0
        await self.feeds[environment].ensure(key, warmup + _SPARE)
        panel = self._panels.setdefault(stream, _Panel())
        if candles := self.feeds[environment].candles(key, 1):
            panel.heard = candles[-1].open_time
        if chosen is not None and member.bot.state.running:
            self._add(stream, panel, member, chosen, params)

    def _add(
        self, stream: EnvStream, panel: _Panel, member: Member, chosen: Strategy, params: Values
    ) -> None:
        owner_id = member.bot.owner_id
        key = chosen.judge_key(params, owner_id)
        if panel.judge(key) is not None:
            return
        if isinstance(chosen, RuleStrategy):
            fast = panel.fast[key] = Fast(chosen.live(params))
            for candle in self.feeds[stream[0]].candles(stream[1]):
                fast.hear(candle)
            if fast.problem is not None:
                self._give_up(stream, key, fast.problem)
        elif (make := self.makers.get(type(chosen))) is not None:
            window = chosen.warmup(params)
            panel.slow[key] = Slow(make(chosen, params), part_of(key), owner_id, window)
        else:
            self._give_up(stream, key, Problem(UNKNOWN))

    def forget(self, stream: EnvStream, key: StrategyKey) -> None:
        """Drop a judge that failed, so that whoever asks it next gets a fresh one."""
        if (panel := self._panels.get(stream)) is not None:
            panel.drop(key)

    def forget_unused(self) -> None:
        """Drop streams and judges that no bot needs any more."""
        wanted: dict[EnvStream, set[StrategyKey | None]] = {}
        for member in self.fleet.members.values():
            if member.needs_candles:
                judges = wanted.setdefault(self.fleet.stream_of(member.bot), set())
                judges.add(member.judge if member.bot.state.running else None)
        for stream, panel in list(self._panels.items()):
            if stream not in wanted:
                self.feeds[stream[0]].drop(stream[1])
                del self._panels[stream]
                continue
            for key in {*panel.fast, *panel.slow} - wanted[stream]:
                panel.drop(key)

    def streams(self) -> list[EnvStream]:
        """Streams that are followed."""
        return list(self._panels)

    def latest(self) -> list[Verdict]:
        """The newest verdicts of every stream and judge, for the job behind the nudge."""
        found = []
        for stream, panel in self._panels.items():
            if panel.heard is not None:
                found.append(self._fast_verdict(stream, panel, panel.heard))
            for key, slow in panel.slow.items():
                if slow.last is not None or slow.problem is not None:
                    found.append(_slow_verdict(stream, key, slow))
        return found

    def unasked(self) -> list[Verdict]:
        """For each slow judge that was not asked about the newest candle, a verdict without words.

        ``ask`` makes good for it.
        """
        return [
            Verdict(stream, panel.heard, {}, slow.part)
            for stream, panel in self._panels.items()
            for slow in panel.slow.values()
            if panel.heard is not None and slow.heard < panel.heard and slow.problem is None
        ]

    def ask(self, missed: Verdict) -> None:
        """Ask a slow judge about the newest candle after all."""
        panel = self._panels.get(missed.stream)
        for key, slow in (panel.slow if panel else {}).items():
            if slow.part == missed.part:
                self._ask(missed.stream, key, slow, missed.open_time)

    def decision(self, member: Member) -> Signal | None:
        """What the bot's judge said last."""
        panel = self._panels.get(self.fleet.stream_of(member.bot))
        if panel is None or member.judge is None:
            return None
        judge = panel.judge(member.judge)
        return judge.last if judge else None

    def _judge(self, stream: EnvStream, candle: Candle, *, live: bool) -> None:
        panel = self._panels.get(stream)
        if panel is None:
            return
        for fast in panel.fast.values():
            fast.hear(candle)
        panel.heard = candle.open_time
        if not live:
            return
        self.verdicts.put_nowait(self._fast_verdict(stream, panel, candle.open_time))
        if panel.slow:
            asked = {member.judge for member in self.fleet.on_stream(stream)}
            for key, slow in panel.slow.items():
                if key in asked:
                    self._ask(stream, key, slow, candle.open_time)

    def _ask(self, stream: EnvStream, key: StrategyKey, slow: Slow, open_time: int) -> None:
        if slow.problem is not None or slow.heard >= open_time:
            return
        slow.due = slow.heard = open_time
        if not slow.busy:
            slow.busy = True
            self.nursery.start(f"judge {slow.part}", self._hear_out(stream, key, slow))

    async def _hear_out(self, stream: EnvStream, key: StrategyKey, slow: Slow) -> None:
        """Ask about what is due until nothing is."""
        feed = self.feeds[stream[0]]
        try:
            while slow.due is not None and slow.problem is None and self._sits(stream, key, slow):
                slow.due = None
                candles = feed.candles(stream[1], slow.window)
                try:
                    async with asyncio.timeout(_LONGEST):
                        await slow.answer(stream, candles)
                except TimeoutError:
                    _log.warning("a judge's answer came too late", judge=slow.part)
                    continue
                if self._sits(stream, key, slow):
                    self.verdicts.put_nowait(_slow_verdict(stream, key, slow))
        finally:
            slow.busy = False

    def _sits(self, stream: EnvStream, key: StrategyKey, slow: Slow) -> bool:
        panel = self._panels.get(stream)
        return panel is not None and panel.slow.get(key) is slow

    def _give_up(self, stream: EnvStream, key: StrategyKey | None, problem: Problem) -> None:
        self.verdicts.put_nowait(Verdict(stream, -1, {}, problems={key: problem}))

    def _fast_verdict(self, stream: EnvStream, panel: _Panel, open_time: int) -> Verdict:
        signals = {
            key: fast.last
            for key, fast in panel.fast.items()
            if fast.last is not None and fast.last.candle_open == open_time
        }
        problems: dict[StrategyKey | None, Problem] = {
            key: fast.problem for key, fast in panel.fast.items() if fast.problem is not None
        }
        return Verdict(stream, open_time, signals, problems=problems)


def _slow_verdict(stream: EnvStream, key: StrategyKey, slow: Slow) -> Verdict:
    if slow.problem is not None:
        return Verdict(stream, slow.heard, {}, slow.part, {key: slow.problem})
    said = slow.last
    return Verdict(
        stream, said.candle_open if said else -1, {key: said} if said else {}, slow.part
    )
