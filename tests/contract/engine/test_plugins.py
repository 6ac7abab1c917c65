"""Strategies of third parties: installed, loaded, judged, and stopped alone when they fail."""

import shutil
import subprocess
import sys
from decimal import Decimal
from functools import partial
from importlib import invalidate_caches
from pathlib import Path

import pytest
import structlog

from engine.core.bot_state import BotState
from engine.core.errors import InvalidValue
from engine.core.events import AlertKind
from engine.core.position import ExitReason
from engine.core.signal import Action
from engine.runtime.plugins import FrameJudge, load
from engine.runtime.worker import Worker
from engine.strategies import registry
from engine.strategies.frames import FrameStrategy
from tests.contract.engine.plugins import HEAD, WILD, shelf
from tests.contract.engine.test_candles import QUICK, minute, script, signal_of

__all__ = ["shelf"]
EXAMPLE = Path(__file__).parent / "example_strategy"
GOOD = HEAD + (
    "STRATEGY = Plugin(name='{name}', title='Good', about='Does nothing.',"
    " params=(Param('slow', 'int', 30, 'candles.', low=2, high=300),"
    " Param('fast', 'int', 5, 'candles.', low=2, high=300)),"
    " periods=('slow', 'fast'), below=(('fast', 'slow'),),"
    " signals=lambda candles, params: ('HOLD', 0, 'so'))\n"
)


@pytest.fixture
async def worker():
    ready = Worker()
    try:
        yield ready
    finally:
        await ready.close()


def installed(path):
    """The example, installed by pip without a network."""
    source = shutil.copytree(EXAMPLE, path.parent / "source")
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--target", str(path)]
    command = [sys.executable, "-m", "pip", "install", "-q", *options, str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    invalidate_caches()


async def wild_bot(lab, deed, **settings):
    name = settings.pop("name", deed)
    return await lab.running(name, strategy="wild", params={"deed": deed}, **settings)


def quick_judge(lab, limit=1.0):
    """Let a plug-in answer within a second of its turn."""
    judge = partial(FrameJudge, lab.engine.worker, limit=limit)
    lab.engine.signals.makers[FrameStrategy] = judge


async def in_error(lab, bot):
    async def failed():
        now = await lab.books.bot(bot)
        return now if now.state is BotState.ERROR else None

    return await lab.until(failed)


async def test_the_example_is_installed_by_pip_and_trades(still, shelf):
    installed(shelf.path)
    await still.begin()
    wide = {"stop_loss": Decimal(20), "take_profit": Decimal(50)}
    bot = await still.running(strategy="breakout", params={"candles": 5}, **wide)
    await script(still, [*[50_000] * 6, 51_000])
    for _ in range(8):
        closed = await minute(still, bot)
    await still.covered(bot)
    row = await signal_of(still, bot, closed)
    assert (row.signal.action, row.outcome, row.signal.confidence) == (Action.BUY, "entry", 80)
    assert row.signal.words == "51000 is above 50000"
    told = [alert for alert in await alerts(still) if alert.kind is AlertKind.ENTERED]
    assert told[0].params["words"] == "51000 is above 50000"
    await script(still, [51_000, 49_000])
    for _ in range(3):
        await minute(still, bot)
    assert (await still.closed(bot)).reason is ExitReason.SIGNAL
    await still.agree()


def test_the_readme_shows_the_example_as_it_is():
    readme = Path(__file__).parents[3] / "README.md"
    assert (EXAMPLE / "breakout.py").read_text().strip() in readme.read_text(encoding="utf-8")


async def alerts(lab):
    async with lab.storage.system() as unit:
        rows = await unit.outbox.claim(limit=100, at=lab.clock.now_ms() + 1)
        return [row.alert for row in rows]


async def test_a_plug_in_declares_what_the_wizard_and_the_engine_need(shelf, worker):
    shelf.add("good", GOOD.format(name="good"))
    assert await load(worker) == ["good"]
    found = registry.strategy("good")
    assert registry.names()[-1] == "good"
    assert (found.title, found.about, found.source) == ("Good", "Does nothing.", "good:STRATEGY")
    assert found.warmup(found.validate({})) == 300
    assert found.validate({"slow": "40"}) == {"slow": 40, "fast": 5}
    with pytest.raises(InvalidValue, match="not_below"):
        found.validate({"fast": 40})
    assert await load(worker) == ["good"]


async def test_third_parties_are_not_imported_into_this_process(shelf, worker):
    shelf.add("good", GOOD.format(name="good"))
    await load(worker)
    assert "good" not in sys.modules


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("raise RuntimeError('no luck')", "RuntimeError: no luck"),
        ("import os; os._exit(1)", ""),
        ("import no_such_library", "ModuleNotFoundError"),
        ("STRATEGY = 5", "not a Plugin"),
        ("OTHER = 5", "has no attribute 'STRATEGY'"),
        (GOOD.format(name="macd"), "taken"),
        (GOOD.format(name="No Name"), "a to z"),
        (GOOD.format(name="one").replace("'int'", "'number'"), "kind"),
        (GOOD.format(name="one").replace(" 30,", " 'many',"), "not_a_number"),
        (GOOD.format(name="one").replace("('slow', 'fast'),", "('no_such',),"), "periods"),
        (GOOD.format(name="one").replace("('fast', 'slow')", "('slow', 'fast')"), "not_below"),
        (GOOD.format(name="one").replace("('fast', 'slow')", "('fast', 'nothing')"), "below"),
        (GOOD.format(name="one").replace("'Good'", "'G' * 99"), "title"),
    ],
)
async def test_a_broken_plug_in_is_named_in_the_log_and_left_out(shelf, worker, code, told):
    shelf.add("broken", code)
    shelf.add("good", GOOD.format(name="good"))
    with structlog.testing.capture_logs() as logs:
        assert await load(worker) == ["good"]
    (line,) = [log for log in logs if log["event"] == "plug-in left out"]
    assert line["plugin"] == "broken"
    assert told in line["error"]
    assert registry.names()[-1] == "good"


async def test_a_plug_in_that_hangs_at_its_import_is_left_out(shelf, worker, monkeypatch):
    monkeypatch.setattr("engine.runtime.worker._PREPARES", 2.0)
    shelf.add("a_broken", "while True: pass")
    shelf.add("good", GOOD.format(name="good"))
    assert await load(worker) == ["good"]


PROBLEMS = {
    "raise": ("why.strategy_raised", "RuntimeError: no luck"),
    "exit": ("why.strategy_raised", "SystemExit: enough"),
    "eat": ("why.strategy_raised", "MemoryError"),
    "hang": ("why.strategy_hung", ""),
    "leave": ("why.strategy_crashed", ""),
    "crash": ("why.strategy_crashed", ""),
    "nan": ("why.strategy_nonsense", "confidence is nan"),
    "huge": ("why.strategy_nonsense", "confidence is 1000000000"),
    "negative": ("why.strategy_nonsense", "confidence is -1"),
    "text": ("why.strategy_nonsense", "confidence is '99'"),
    "word": ("why.strategy_nonsense", "'MAYBE'"),
    "nothing": ("why.strategy_nonsense", "None"),
    "list": ("why.strategy_nonsense", "answered"),
    "frame": ("why.strategy_nonsense", "pandas.DataFrame"),
}


async def test_bots_of_failing_plug_ins_stop_alone_and_are_told_why(still, shelf):
    shelf.add("wild", WILD)
    await still.begin()
    quick_judge(still)
    failing = {deed: await wild_bot(still, deed) for deed in PROBLEMS}
    steady = await still.running("steady", **QUICK)
    fine = await wild_bot(still, "numpy")
    await minute(still, steady)
    for deed, (why, detail) in PROBLEMS.items():
        stopped = await in_error(still, failing[deed])
        assert (stopped.why, stopped.why_params["strategy"]) == (why, "Wild"), deed
        assert detail in stopped.why_params["detail"]
    told = [alert for alert in await alerts(still) if alert.kind is AlertKind.BOT_FAILED]
    assert {alert.bot_id: alert.params["problem"] for alert in told} == {
        failing[deed].id: why for deed, (why, _) in PROBLEMS.items()
    }
    for bot in (steady, fine):
        assert (await still.books.bot(bot)).state is BotState.WAITING
    decision = await still.until(lambda: still.engine.insight.last_decision(fine.id))
    assert (decision.action, decision.words) == (Action.HOLD, "fine")


async def test_what_a_stopped_bot_holds_stays_protected_and_it_may_be_started_anew(still, shelf):
    shelf.add("wild", WILD)
    await still.begin()
    quick_judge(still)
    bot = await wild_bot(still, "raise")
    await still.enter(bot)
    await minute(still, bot)
    await in_error(still, bot)
    await still.covered(bot)
    await still.price(48_000)
    assert (await still.closed(bot)).reason is ExitReason.STOP_LOSS
    assert (await still.books.bot(bot)).state is BotState.ERROR
    (shelf.path / "wild.py").write_text(
        WILD.replace('raise RuntimeError("no luck")', "return 'HOLD', 0, 'mended'")
    )
    await still.engine.worker.close()
    await still.start(bot)
    await still.ready(bot)
    await minute(still, bot)
    said = await still.until(lambda: still.engine.insight.last_decision(bot.id))
    assert said.words == "mended"
    await still.agree()


async def test_a_bot_whose_plug_in_is_gone_is_stopped_and_told_so(still, shelf):
    shelf.add("wild", WILD)
    await still.begin()
    bot = await wild_bot(still, "buy", name="Anna")
    await minute(still, bot)
    await still.covered(bot)
    assert (
        await signal_of(still, bot, still.clock.now_ms() - 60_000)
    ).signal.words == "a breakout"
    await still.crash()
    registry.forget_registered()
    shutil.rmtree(shelf.path)
    await still.begin()
    stopped = await in_error(still, bot)
    assert (stopped.why, stopped.why_params["strategy"]) == ("why.strategy_unknown", "wild")
    await still.covered(bot)
    await still.agree()
