"""Spot and futures are two exchanges: one that hangs, or is away, costs the other nothing."""

import pytest

from engine.core.order import Leg
from engine.exchange.simulator.server import DemoAccount
from tests.contract.engine.lab import KEYS, MONEY, SECRET, opened
from tests.contract.engine.test_futures_keyed import CONFIG

HALVES = {"spot": ("/api/*", {}), "futures": ("/fapi/*", CONFIG)}
AWAY = [{"what": "drop_before"}, {"what": "status", "status": 503}]
ILLS = [{"what": "delay", "ms": 60_000}, *AWAY]


@pytest.fixture
async def lab(place):
    accounts = tuple(DemoAccount(key, SECRET, MONEY, futures=MONEY) for key in KEYS)
    async with opened(place, accounts=accounts) as ready:
        yield ready


@pytest.mark.parametrize("ill", ILLS, ids=lambda ill: ill["what"])
@pytest.mark.parametrize("half", HALVES)
async def test_a_half_that_is_ill_while_all_trade_costs_the_other_nothing(lab, half, ill):
    await lab.begin()
    well = "futures" if half == "spot" else "spot"
    hurt = await lab.running(half, **HALVES[half][1])
    bot = await lab.running(well, **HALVES[well][1])
    await lab.fault(path=HALVES[half][0], times=None, **ill)
    await lab.control("disconnect", path="/ws-api" if half == "spot" else "/private/")
    lab.buy(hurt)
    await lab.enter(bot)
    await lab.covered(bot)
    await lab.close_by_hand(bot)
    await lab.closed(bot)
    assert [order.leg for order in await lab.books.orders(bot)].count(Leg.CLOSE) == 1


@pytest.mark.parametrize("ill", AWAY, ids=lambda ill: ill["what"])
@pytest.mark.parametrize("half", HALVES)
async def test_a_half_that_is_away_at_the_start_costs_the_other_nothing(lab, half, ill):
    await lab.fault(path=HALVES[half][0], times=None, **ill)
    await lab.begin()
    well = "futures" if half == "spot" else "spot"
    bot = await lab.running(well, **HALVES[well][1])
    await lab.enter(bot)
    await lab.covered(bot)
    await lab.close_by_hand(bot)
    await lab.closed(bot)
