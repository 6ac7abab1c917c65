"""An entry that was decided and waits is judged anew before it is sent: late facts count."""

from dataclasses import dataclass, replace
from datetime import time
from decimal import Decimal

import pytest

from engine.core.bot_config import Environment
from engine.core.checks import DayCount
from engine.core.hours import TradingHours
from engine.core.market import Market, StreamState
from engine.core.order import Leg, OrderState
from engine.cycles.readiness import Readiness
from engine.cycles.rulebook import Rulebook
from engine.services import limits

ORDER = "/api/v3/order"
EXPIRED = 31
BTC = (Market.SPOT, "BTCUSDT")


async def planned(lab, **settings):
    """A bot whose entry is decided and waits to be sent."""
    bot = await lab.running(**settings)
    lab.hold(bot)
    lab.buy(bot)
    await lab.until(lambda: lab.books.order(bot, Leg.ENTRY))
    await lab.until(lambda: lab.engine.fleet.members[bot.id].under_way)
    return bot


def with_rules(lab, **changes):
    """The exchange's word on the symbol changes."""
    known = lab.life.catalogue._rules[Market.SPOT]
    known["BTCUSDT"] = replace(known["BTCUSDT"], **changes)


async def halted(lab, _bot):
    with_rules(lab, status="BREAK")


async def coarser_steps(lab, _bot):
    with_rules(lab, step_size=Decimal("0.1"))


async def larger_minimum(lab, _bot):
    with_rules(lab, min_notional=Decimal(99))


async def smaller_lots(lab, _bot):
    with_rules(lab, max_qty=Decimal("0.001"))


async def no_stop_orders(lab, _bot):
    with_rules(lab, oco_allowed=False)


async def money_gone(lab, bot):
    lab.engine.fleet.balances[bot.account] = {}


async def hours_over(lab, _bot):
    await lab.advance(15)


async def loss_booked(lab, bot):
    async with lab.storage.system() as unit:
        await unit.counters.add(bot.id, DayCount("2026-05-29", closed=1, net=Decimal(-20)))
        await unit.commit()
    await lab.engine.fleet.reload(bot.id)


async def lower_exposure(lab, bot):
    await limits.change(lab.office, lab.account, "max_exposure", Decimal(50))
    await lab.until(lambda: lab.engine.fleet.limits_of(bot.owner_id).max_exposure)


async def one_position_in_all(lab, bot):
    other = await lab.running("Berta", symbol="ETHUSDT", key=1)
    await lab.enter(other)
    await limits.change(lab.office, lab.account, "max_open_positions", 1)
    await lab.until(lambda: lab.engine.fleet.limits_of(bot.owner_id).max_open_positions)


UNTIL_NOON = TradingHours(start=time(9), end=time(12, 0, 10))
REFUSED = [
    ("symbol_trading", halted, {}),
    ("protection", no_stop_orders, {}),
    ("too_small", larger_minimum, {}),
    ("too_small", coarser_steps, {}),
    ("too_large", smaller_lots, {}),
    ("balance", money_gone, {}),
    ("hours", hours_over, {"trading_hours": UNTIL_NOON}),
    ("daily_loss", loss_booked, {"max_daily_loss": Decimal(20)}),
    ("exposure", lower_exposure, {}),
    ("open_positions", one_position_in_all, {}),
]


@pytest.mark.parametrize(
    ("check", "happen", "settings"), REFUSED, ids=[f"{c} {h.__name__}" for c, h, _ in REFUSED]
)
async def test_what_has_changed_meanwhile_withdraws_the_entry_and_is_told(
    lab, check, happen, settings
):
    bot = await planned(lab, **settings)
    before = len(lab.requests(ORDER))
    await happen(lab, bot)
    lab.release(bot)
    (told,) = await lab.until(lambda: lab.books.alerts("entry_refused"))
    assert (told.bot_id, told.params["check"]) == (bot.id, check)
    assert (await lab.books.order(bot, Leg.ENTRY)).state is OrderState.NOT_PLACED
    own = [r for r in lab.requests(ORDER)[before:] if "BTCUSDT" in str(r)]
    assert own == []
    await lab.agree()


async def test_nothing_changed_means_that_it_is_sent(lab):
    bot = await planned(
        lab,
        trading_hours=UNTIL_NOON,
        max_daily_loss=Decimal(20),
        size=Decimal(1000),
        max_position=Decimal(10),
    )
    await limits.change(lab.office, lab.account, "max_open_positions", 1)
    await limits.change(lab.office, lab.account, "max_exposure", Decimal(1001))
    await lab.until(lambda: lab.engine.fleet.limits_of(bot.owner_id).max_exposure)
    lab.release(bot)
    await lab.covered(bot)
    await lab.agree()


@dataclass
class ClockOff:
    ok: bool = False
    offset_ms: int = 5_000


def silent_stream(lab, _bot, monkeypatch):
    monkeypatch.setattr(Readiness, "stream", lambda _self, _stream: StreamState.STALE)


def clock_off(lab, _bot, monkeypatch):
    place = (Environment.LOCAL, Market.SPOT)
    monkeypatch.setitem(lab.engine.readiness.times, place, ClockOff())


def unreconciled(lab, bot, monkeypatch):
    monkeypatch.setattr(Readiness, "account", lambda _self, account: account != bot.account)


@pytest.mark.parametrize("happen", [silent_stream, clock_off, unreconciled])
async def test_nothing_leaves_while_the_exchange_is_not_heard_and_known(lab, happen, monkeypatch):
    bot = await planned(lab)
    happen(lab, bot, monkeypatch)
    lab.release(bot)
    await lab.sender(bot).drain()
    assert (await lab.books.order(bot, Leg.ENTRY)).state is OrderState.PLANNED
    assert lab.requests(ORDER) == []
    await lab.advance(EXPIRED)
    monkeypatch.undo()
    lab.life.nudges.orders(bot.account)
    await lab.until(lambda: lab.books.alerts("entry_failed"))
    assert (await lab.books.order(bot, Leg.ENTRY)).state is OrderState.NOT_PLACED
    assert lab.requests(ORDER) == []
    await lab.agree()


@pytest.mark.parametrize("happen", [silent_stream, clock_off, unreconciled])
async def test_what_waited_for_the_exchange_is_sent_once_it_is_back_in_time(
    lab, happen, monkeypatch
):
    bot = await planned(lab)
    happen(lab, bot, monkeypatch)
    lab.release(bot)
    await lab.sender(bot).drain()
    assert lab.requests(ORDER) == []
    monkeypatch.undo()
    lab.life.nudges.orders(bot.account)
    await lab.covered(bot)
    assert len(lab.requests(ORDER)) == 1
    await lab.agree()


async def test_an_entry_whose_price_is_not_heard_yet_waits(lab, monkeypatch):
    bot = await planned(lab)
    with monkeypatch.context() as silent:
        silent.setattr(Rulebook, "entry_price", lambda *_: None)
        lab.release(bot)
        await lab.sender(bot).drain()
        assert (await lab.books.order(bot, Leg.ENTRY)).state is OrderState.PLANNED
    lab.life.nudges.orders(bot.account)
    await lab.covered(bot)
    assert len(lab.requests(ORDER)) == 1
