"""Signals from real candles: judged once, when they are fresh, and traded to the end."""

import contextlib
from decimal import Decimal

import pytest

from engine.core.bot_config import Mode
from engine.core.bot_state import BotState, StopChoice
from engine.core.errors import Stale
from engine.core.order import Leg
from engine.core.position import ExitReason
from engine.core.signal import Action
from engine.runtime.clock import MarketClock
from tests.contract.engine.clock import START
from tests.contract.engine.lab import opened

MINUTE = 60_000
QUICK = {
    "params": {
        "ema_fast": 2, "ema_slow": 3, "rsi_period": 2, "oversold": 1.0, "overbought": 99.0,
        "rsi_filter": "trend",
    },
    "stop_loss": Decimal(20),
    "take_profit": Decimal(50),
}  # fmt: skip
DOWN = tuple(range(50_000, 49_000, -100))


async def script(lab, closes):
    """Let the candles after the running one have these closes; none moves but straight."""
    last = closes[0]
    for close in closes:
        low, high = sorted((last, close))
        body = {"open": last, "high": high, "low": low, "close": close}
        await lab.control("candle", symbol="BTCUSDT", **body)
        last = close


def heard(lab, stream):
    """Open time of the newest candle of a stream."""
    return lab.engine.signals._panels[stream].heard


async def minute(lab, bot):
    """Let one candle close and be heard; returns its open time."""
    stream, opened_at = lab.engine.fleet.stream_of(bot), lab.exchange.clock.now()
    await lab.advance(60)
    await lab.until(lambda: heard(lab, stream) >= opened_at)
    return opened_at


async def falling(lab, bot, then):
    """Prices fall, so that the fast average lies below; the next candles close as in ``then``."""
    await script(lab, [*DOWN, *then])
    for _ in range(len(DOWN) + 1):
        await minute(lab, bot)


async def started(lab, then=(50_200, 50_200), **settings):
    """A bot in a falling market."""
    bot = await lab.running(**QUICK | settings)
    await falling(lab, bot, then)
    return bot


async def signal_of(lab, bot, opened_at):
    async def stored():
        async with lab.storage.reading() as unit:
            row = await unit.signals.last(bot.id)
        return row if row is not None and row.signal.candle_open == opened_at else None

    return await lab.until(stored)


async def stopped(lab, bot):
    """Stop a bot in full swing and wait until it is flat and settled."""

    async def pressed():
        with contextlib.suppress(Stale):
            return await lab.stop(bot, StopChoice.CLOSE)

    await lab.until(pressed)
    member = lab.engine.fleet.members
    await lab.until(lambda: not (member[bot.id].busy or member[bot.id].position))


async def test_a_crossing_buys_and_the_opposite_crossing_sells(lab):
    bot = await started(lab, [50_200, 49_000])
    crossing = await minute(lab, bot)
    await lab.covered(bot)
    row = await signal_of(lab, bot, crossing)
    assert (row.signal.action, row.outcome) == (Action.BUY, "entry")
    assert row.signal.close == 50_200
    crossing = await minute(lab, bot)
    trade = await lab.closed(bot)
    assert trade.reason is ExitReason.SIGNAL
    assert (await signal_of(lab, bot, crossing)).outcome == "exit"
    assert (await lab.books.bot(bot)).state is BotState.WAITING
    await lab.agree()


async def test_one_candle_is_judged_for_every_bot_on_it_and_only_once(lab):
    bots = [await lab.add_bot(f"bot {number}", **QUICK) for number in range(3)]
    for bot in bots:
        await lab.ready(bot)
    await falling(lab, bots[0], [50_200])
    await minute(lab, bots[0])
    for bot in bots:
        await lab.covered(bot)
    for _ in range(3):
        await lab.job("signal")
    assert len(lab.books.venue(Leg.ENTRY)) == 3
    await lab.agree()


async def test_a_candle_judged_before_the_kill_is_not_judged_again_after_it(lab):
    bot = await started(lab)
    await minute(lab, bot)
    await lab.covered(bot)
    await lab.close_by_hand(bot)
    await lab.closed(bot)
    await lab.restart()
    await lab.ready(bot)
    for _ in range(3):
        await lab.job("signal")
    assert (await lab.books.bot(bot)).decisions == 1
    assert len(lab.books.venue(Leg.ENTRY)) == 1
    await lab.agree()


async def test_the_candle_that_closed_during_a_restart_is_judged_after_it(lab):
    bot = await started(lab)
    await lab.crash()
    await lab.advance(60)
    await lab.begin()
    await lab.ready(bot)
    await lab.job("signal")
    await lab.covered(bot)
    assert len(lab.books.venue(Leg.ENTRY)) == 1
    await lab.agree()


@pytest.mark.parametrize("missed", [2, 5])
async def test_a_candle_that_closed_long_before_the_restart_is_not_acted_on(lab, missed):
    bot = await started(lab)
    await lab.crash()
    await lab.advance(60 * missed)
    await lab.begin()
    await lab.ready(bot)
    await lab.job("signal")
    assert (await lab.books.bot(bot)).decisions == 0
    assert not lab.books.venue()


async def test_a_crossing_heard_too_late_is_not_acted_on(lab):
    bot = await started(lab)
    await lab.fault("stall", stream="btcusdt@kline_1m", times=None)
    crossing = lab.exchange.clock.now()
    await lab.advance(180)
    stream = lab.engine.fleet.stream_of(bot)
    await lab.until(lambda: heard(lab, stream) >= crossing + 2 * MINUTE)
    await lab.job("signal")
    assert (await lab.books.bot(bot)).decisions == 0


async def test_a_stale_verdict_changes_nothing(lab):
    bot = await lab.running()
    verdict = lab.buy(bot)
    await lab.covered(bot)
    await lab.close_by_hand(bot)
    await lab.closed(bot)
    lab.engine.signals.verdicts.put_nowait(verdict)
    await lab.advance(121)
    fresh = lab.sell(bot)
    await signal_of(lab, bot, fresh.open_time)
    assert len(lab.books.venue(Leg.ENTRY)) == 1


async def test_bots_trade_by_themselves_at_high_speed_and_every_book_agrees(place):
    speed = 240.0
    async with opened(place, speed=speed, start_ms=START) as lab:
        lab.clock = MarketClock(speed, lab.exchange.clock.now())
        await lab.begin()
        settings = QUICK | {"stop_loss": Decimal(1), "take_profit": Decimal(1)}
        bots = [
            await lab.add_bot("keyed", **settings),
            await lab.add_bot("other", symbol="ETHUSDT", **settings),
            await lab.add_bot("paper", symbol="SOLUSDT", mode=Mode.PAPER, **settings),
        ]

        async def traded():
            return all([await lab.books.trades(bot) for bot in bots])

        await lab.until(traded, seconds=30)
        for bot in bots:
            await stopped(lab, bot)
        await lab.agree()
        for bot in bots:
            closed = await lab.books.trades(bot)
            day = await lab.books.day(bot)
            assert (day.closed, day.net) == (len(closed), sum(trade.net for trade in closed))
