"""Every reason for which a position ends: reached over the wire, told in words with its sums."""

from decimal import Decimal

import pytest

from bot.texts import Texts
from bot.views.alerts import draw
from bot.views.figures import live
from engine.core.events import OutboxRow, OutboxState
from engine.core.market import Candle
from engine.core.position import ExitReason
from engine.exchange.simulator.server import DemoAccount
from engine.services.panic import panic
from tests.contract.engine.futures_hands import FUTURES, act, by_hand, held
from tests.contract.engine.lab import KEYS, MONEY, SECRET, opened

ALGO = "/fapi/v1/algoOrder"
SETTINGS = FUTURES | {
    "stop_loss": Decimal(5),
    "take_profit": Decimal(10),
    "trailing_stop": Decimal(4),
    "trailing_activation": Decimal(6),
    "max_holding_minutes": 5,
}
TEXTS = Texts()


@pytest.fixture
async def lab(place):
    accounts = tuple(DemoAccount(key, SECRET, MONEY, futures=MONEY) for key in KEYS)
    async with opened(place, accounts=accounts) as ready:
        await ready.begin()
        yield ready


async def target_hit(lab, _bot, _monkeypatch):
    await lab.price(55_500)


async def stop_hit(lab, _bot, _monkeypatch):
    await lab.price(47_000)


async def trailing_stop_hit(lab, _bot, monkeypatch):
    await lab.price(54_000)
    closed = Candle(lab.clock.now_ms(), 49_000, 54_000, 49_000, 54_000, 1.0)
    monkeypatch.setattr(lab.life.feed, "candles", lambda _: [closed])
    await lab.job("trailing stops")
    await lab.until(lambda: lab.books.alerts("stop_moved"))
    await lab.price(51_000)


async def opposite_signal(lab, bot, _monkeypatch):
    lab.sell(bot)


async def time_over(lab, bot, _monkeypatch):
    end = (await lab.books.position(bot)).expires_at
    await lab.advance((end - lab.clock.now_ms()) / 1000)
    await lab.job("time-out")


async def closed_in_the_chat(lab, bot, _monkeypatch):
    await lab.close_by_hand(bot)


async def panicked(lab, _bot, _monkeypatch):
    await panic(lab.office, lab.account, close=True)


async def liquidated(lab, _bot, _monkeypatch):
    await act(lab, "liquidate")


async def deleveraged(lab, _bot, _monkeypatch):
    await act(lab, "adl")


async def settled(lab, _bot, _monkeypatch):
    await act(lab, "settle", price="50100")


async def closed_at_the_exchange(lab, _bot, _monkeypatch):
    await by_hand(lab, "SELL", held(lab), reduceOnly="true")
    await lab.job("reconcile")


DEEDS = {
    ExitReason.TAKE_PROFIT: target_hit,
    ExitReason.STOP_LOSS: stop_hit,
    ExitReason.TRAILING_STOP: trailing_stop_hit,
    ExitReason.SIGNAL: opposite_signal,
    ExitReason.TIMEOUT: time_over,
    ExitReason.MANUAL: closed_in_the_chat,
    ExitReason.PANIC: panicked,
    ExitReason.LIQUIDATION: liquidated,
    ExitReason.ADL: deleveraged,
    ExitReason.SETTLEMENT: settled,
    ExitReason.EXTERNAL: closed_at_the_exchange,
}


def test_every_reason_is_reached_here():
    assert set(ExitReason) - DEEDS.keys() == {ExitReason.UNPROTECTED}


@pytest.mark.parametrize("reason", DEEDS, ids=lambda reason: reason.value)
async def test_a_position_ends_for_its_reason_and_that_is_told(lab, reason, monkeypatch):
    bot = await lab.running(**SETTINGS)
    await lab.enter(bot)
    await lab.advance(180)
    await DEEDS[reason](lab, bot, monkeypatch)
    told = await ended(lab, bot, reason)
    assert held(lab) == 0
    assert TEXTS.plain(f"exit.{reason.value}") in told
    assert ("5 min" if reason is ExitReason.TIMEOUT else "3 min") in told


async def test_what_no_stop_could_be_placed_for_is_closed_and_told_so(lab):
    bot = await lab.running(**SETTINGS)
    await lab.fault("code", "POST", ALGO, code=-4045, msg="No.", times=None)
    lab.buy(bot)
    told = await ended(lab, bot, ExitReason.UNPROTECTED)
    assert TEXTS.plain("exit.UNPROTECTED") in told


async def ended(lab, bot, reason):
    """Wait for the one trade that ended so; returns the message of its alert."""
    trade = await lab.closed(bot)
    assert trade.reason is reason
    (alert,) = await lab.books.alerts("exited")
    told = draw(OutboxRow(1, alert, OutboxState.CLAIMED, 1, 0, 0), TEXTS).text
    assert live(trade.net) in told
    return told
