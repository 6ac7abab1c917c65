"""Slow judges are asked once about each candle and hold nobody up; a failing one stops alone."""

import asyncio
import math

import pytest

from engine.core.bot_state import BotState
from engine.core.signal import Action, Signal
from engine.strategies import registry
from engine.strategies.frames import FrameStrategy
from engine.strategies.indicators import Close
from engine.strategies.rules import Case, RuleStrategy
from tests.contract.engine.test_candles import QUICK, falling, minute
from tests.contract.engine.test_plugins import in_error

SLOW = FrameStrategy(name="slow", title="Slow", params=(), source="nowhere:NOTHING")


class Oracle:
    """A slow judge that says what it is told to, when it is told to."""

    def __init__(self):
        self.asked = []
        self.say = Action.HOLD
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def judge(self, stream, owner_id, candles):
        newest = candles[-1]
        assert len(candles) == 200
        self.asked.append(newest.open_time)
        said = self.say
        await self.may_answer.wait()
        return Signal(said, newest.open_time, newest.close, "own_words", words="so")


@pytest.fixture
def register():
    yield registry.register
    registry.forget_registered()


@pytest.fixture
async def oracle(lab, register, monkeypatch):
    """The judge of this life's slow strategy and of every later one's."""
    register(SLOW)
    ready = Oracle()
    monkeypatch.setattr("engine.cycles.engine.FrameJudge", lambda *_: ready)
    lab.engine.signals.makers[FrameStrategy] = lambda *_: ready
    return ready


async def judged(lab, bot, opened_at):
    """Wait until the slow judge's verdict on a candle is written down."""
    stream = lab.engine.fleet.stream_of(bot)
    (slow,) = lab.engine.signals._panels[stream].slow.values()

    async def written():
        async with lab.storage.reading() as unit:
            line = ":".join(stream[1]) + f"#{slow.part}"
            return await unit.streams.judged_until(stream[0], line) == opened_at

    await lab.until(written)


async def test_a_slow_judge_is_asked_once_about_each_candle_across_restarts_too(lab, oracle):
    bot = await lab.running(strategy="slow")
    await lab.job("signal")
    assert oracle.asked == []
    first = await minute(lab, bot)
    await judged(lab, bot, first)
    for _ in range(3):
        await lab.job("signal")
    await lab.crash()
    await lab.begin()
    await lab.ready(bot)
    for _ in range(3):
        await lab.job("signal")
    second = await minute(lab, bot)
    await judged(lab, bot, second)
    assert oracle.asked == [first, second]


async def test_the_one_candle_that_closed_during_a_restart_is_judged_after_all(lab, oracle):
    bot = await lab.running(strategy="slow")
    first = await minute(lab, bot)
    await judged(lab, bot, first)
    await lab.crash()
    await lab.advance(60)
    oracle.say = Action.BUY
    await lab.begin()
    await lab.ready(bot)
    for _ in range(3):
        await lab.job("signal")
    await lab.covered(bot)
    assert oracle.asked == [first, first + 60_000]
    await lab.agree()


async def test_while_a_slow_judge_thinks_only_the_newest_candle_waits_for_it(lab, oracle):
    bot = await lab.running(strategy="slow")
    oracle.may_answer.clear()
    candles = [await minute(lab, bot) for _ in range(4)]
    assert oracle.asked == candles[:1]
    oracle.may_answer.set()
    await judged(lab, bot, candles[-1])
    assert oracle.asked == [candles[0], candles[-1]]


async def test_an_answer_that_comes_too_late_is_not_followed(lab, oracle):
    bot = await lab.running(strategy="slow")
    oracle.say = Action.BUY
    oracle.may_answer.clear()
    await minute(lab, bot)
    oracle.say = Action.HOLD
    newest = await minute(lab, bot)
    oracle.may_answer.set()
    await judged(lab, bot, newest)
    assert (await lab.books.bot(bot)).decisions == 0


async def test_an_answer_in_time_is_followed(lab, oracle):
    bot = await lab.running(strategy="slow")
    oracle.say = Action.BUY
    oracle.may_answer.clear()
    await minute(lab, bot)
    await lab.advance(59)
    oracle.may_answer.set()
    await lab.covered(bot)
    await lab.agree()


async def test_fast_judges_do_not_wait_for_a_slow_one(lab, oracle):
    slow = await lab.running("slow", strategy="slow")
    oracle.may_answer.clear()
    quick = await lab.running("quick", **QUICK)
    await falling(lab, quick, (50_200,))
    await minute(lab, quick)
    await lab.covered(quick)
    assert len(oracle.asked) == 1
    assert (await lab.books.bot(slow)).decisions == 0


async def test_one_slow_judge_serves_all_bots_of_its_settings_and_none_that_is_stopped(
    lab, oracle
):
    quick = await lab.running("quick", **QUICK)
    bots = [await lab.running(f"bot {number}", strategy="slow") for number in range(3)]
    oracle.say = Action.BUY
    first = await minute(lab, bots[0])
    for bot in bots:
        await lab.covered(bot)
    assert oracle.asked == [first]
    for bot in bots:
        await lab.stop(bot)
    members = lab.engine.fleet.members.values()
    await lab.until(lambda: sum(member.bot.state.running for member in members) == 1)
    await minute(lab, quick)
    assert oracle.asked == [first]


def rule_of(name, reading=1.0, case=None):
    """A strategy of one rule that misbehaves once it is warm."""

    class Odd(Close):
        def update(self, close):
            return reading

    def rule(_params, now, before):
        return (case() if case else Case(True, Action.BUY, "ema_cross_up"),)

    return RuleStrategy(
        name=name,
        title=name,
        params=(),
        indicators=lambda _: {"odd": Odd()},
        rule=rule,
        otherwise="no_cross",
    )


def raising():
    raise ZeroDivisionError("no luck")


@pytest.mark.parametrize(
    ("odd", "why", "detail"),
    [
        ({"case": raising}, "why.strategy_raised", "ZeroDivisionError: no luck"),
        ({"reading": math.nan}, "why.strategy_nonsense", "odd is no number"),
        ({"reading": math.inf}, "why.strategy_nonsense", "odd is no number"),
        (
            {"case": lambda: Case(True, "BUY", "ema_cross_up")},
            "why.strategy_nonsense",
            "it said 'BUY'",
        ),
    ],
)
async def test_a_fast_judge_that_fails_stops_its_own_bots_alone(lab, register, odd, why, detail):
    register(rule_of("odd", **odd))
    quick = await lab.running("quick", **QUICK)
    broken = await lab.add_bot("broken", strategy="odd")
    stopped = await in_error(lab, broken)
    assert (stopped.why, stopped.why_params["detail"]) == (why, detail)
    await falling(lab, quick, (50_200,))
    await minute(lab, quick)
    await lab.covered(quick)
    assert (await lab.books.bot(broken)).state is BotState.ERROR
    assert (await lab.books.bot(broken)).decisions == 0


async def test_a_bot_with_settings_that_no_strategy_takes_is_stopped_and_told_so(lab):
    broken = await lab.add_bot("broken", strategy="magic")
    stopped = await in_error(lab, broken)
    assert (stopped.why, stopped.why_params["strategy"]) == ("why.strategy_unknown", "magic")
