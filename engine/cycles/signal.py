"""Signal cycle: every distinct (strategy, parameters) judges a closed candle once.

The work grows with streams and parameter sets, not with bots. What a candle says is handed to
the risk cycle; how far a stream was judged is stored with what followed from it.
"""

import asyncio
from dataclasses import dataclass, field

from engine.core.bot_config import Environment
from engine.core.errors import Unavailable
from engine.core.market import Candle, StreamKey
from engine.core.signal import Signal
from engine.cycles.fleet import EnvStream, Fleet, Member, StrategyKey
from engine.market.feed import Feed
from engine.ports.clock import Clock
from engine.strategies.base import LiveSignals
from engine.strategies.registry import strategy

# Held beyond the warm-up, so that a candle missed around a restart can still be judged.
_SPARE = 3


@dataclass(slots=True)
class Judge:
    """One strategy with one set of parameters on one stream, and its latest verdict."""

    live: LiveSignals
    last: Signal | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judges of a stream said of the candle that opened at ``open_time``."""

    stream: EnvStream
    open_time: int
    signals: dict[StrategyKey, Signal]


@dataclass(slots=True)
class SignalCycle:
    """Keeps one judge per stream and parameter set, and queues their verdicts."""

    fleet: Fleet
    feeds: dict[Environment, Feed]
    clock: Clock
    verdicts: asyncio.Queue[Verdict] = field(default_factory=asyncio.Queue)
    _judges: dict[EnvStream, dict[StrategyKey, Judge]] = field(default_factory=dict)
    _heard: dict[EnvStream, int] = field(default_factory=dict)

    def hear(self, environment: Environment) -> None:
        """Listen to the candles of an environment."""

        def on_candle(key: StreamKey, candle: Candle, live: bool) -> None:
            self._judge((environment, key), candle, live=live)

        self.feeds[environment].listen(on_candle)

    def judges(self, member: Member) -> bool:
        """Whether the bot's stream is followed and judged with its parameters."""
        if member.judge is None:
            return False
        return member.judge in self._judges.get(self.fleet.stream_of(member.bot), {})

    async def follow(self, member: Member) -> None:
        """Make sure that the bot's stream is followed and judged; returns once it is warm.

        Raises ``InvalidValue`` for parameters that its strategy does not take (any more), and
        ``Unavailable`` when its environment is not configured.
        """
        stream = self.fleet.stream_of(member.bot)
        environment, key = stream
        chosen = strategy(member.bot.config.strategy)
        params = chosen.validate(member.bot.config.params)
        if environment not in self.feeds:
            raise Unavailable(f"no prices of the {environment.value} exchange here")
        await self.feeds[environment].ensure(key, chosen.warmup(params) + _SPARE)
        judges = self._judges.setdefault(stream, {})
        if chosen.key(params) in judges:
            return
        judge = judges[chosen.key(params)] = Judge(chosen.live(params))
        for candle in self.feeds[environment].candles(key):
            judge.last = judge.live.update(candle)
            self._heard[stream] = candle.open_time

    def forget_unused(self) -> None:
        """Drop streams and judges that no bot needs any more."""
        wanted: dict[EnvStream, set[StrategyKey]] = {}
        for member in self.fleet.members.values():
            if member.needs_candles and member.judge is not None:
                stream = self.fleet.stream_of(member.bot)
                wanted.setdefault(stream, set()).add(member.judge)
        for stream in list(self._judges):
            if stream not in wanted:
                self.feeds[stream[0]].drop(stream[1])
                del self._judges[stream]
                continue
            judges = self._judges[stream]
            self._judges[stream] = {k: j for k, j in judges.items() if k in wanted[stream]}

    def streams(self) -> list[EnvStream]:
        """Streams that are followed."""
        return list(self._judges)

    def latest(self) -> list[Verdict]:
        """The newest verdict of every stream, for the job behind the nudge."""
        return [
            self._verdict(stream, self._heard[stream])
            for stream in self._judges
            if stream in self._heard
        ]

    def decision(self, member: Member) -> Signal | None:
        """What the bot's judge said last."""
        if member.judge is None:
            return None
        judge = self._judges.get(self.fleet.stream_of(member.bot), {}).get(member.judge)
        return judge.last if judge else None

    def _judge(self, stream: EnvStream, candle: Candle, *, live: bool) -> None:
        judges = self._judges.get(stream)
        if not judges:
            return
        for judge in judges.values():
            judge.last = judge.live.update(candle)
        self._heard[stream] = candle.open_time
        if live:
            self.verdicts.put_nowait(self._verdict(stream, candle.open_time))

    def _verdict(self, stream: EnvStream, open_time: int) -> Verdict:
        signals = {
            key: judge.last
            for key, judge in self._judges[stream].items()
            if judge.last is not None and judge.last.candle_open == open_time
        }
        return Verdict(stream, open_time, signals)
