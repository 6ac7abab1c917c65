"""The local exchange's own limits, met for real: its count teaches, its 429 and 418 are obeyed."""

import asyncio

import pytest

from engine.core.errors import RateLimited
from engine.core.order import Leg, OrderEvent
from engine.exchange.binance.ask import Product
from engine.exchange.binance.limits import DEFAULTS
from engine.exchange.simulator import limits

HEAVY, LIGHT = "/api/v3/ticker/24hr", "/api/v3/time"
LIMIT = DEFAULTS[Product.SPOT][0].most


@pytest.fixture(autouse=True)
def _no_minute_ends(monkeypatch):
    """The exchange's windows end with real minutes, too; a test must not fall upon one."""
    monkeypatch.setattr(limits, "system_ms", lambda: 0)


async def burn(lab, share):
    """Somebody else behind our address uses up a share of the minute."""
    used = 0
    for path in (HEAVY, LIGHT):
        while used < LIMIT * share:
            async with lab.session.get(lab.exchange.url + path) as answer:
                if answer.status == 429:
                    break
                used = int(answer.headers["X-MBX-USED-WEIGHT-1M"])


async def count(lab):
    return len((await lab.control("state", "GET"))["requests"])


async def test_what_others_use_is_learned_and_the_rest_is_kept_for_exits(lab):
    venue = await lab.venue()
    await lab.trader.balances()
    await burn(lab, 0.81)
    await lab.trader.balances()
    before = await count(lab)
    for held in (venue.place(venue.order()), lab.trader.balances()):
        with pytest.raises(RateLimited, match="kept for exits"):
            await held
    assert await count(lab) == before
    assert (await venue.place(venue.order(Leg.CLOSE))).event is OrderEvent.FILL


async def test_a_real_429_silences_even_exits_and_is_asked_for_once(lab):
    venue = await lab.venue()
    await lab.trader.balances()
    await burn(lab, 2)
    with pytest.raises(RateLimited) as limited:
        await venue.trader.look_up(venue.order())
    assert limited.value.retry_after >= 1
    before = await count(lab)
    with pytest.raises(RateLimited):
        await lab.trader.balances()
    assert await count(lab) == before


async def test_a_real_ban_is_told_and_waited_out_and_the_exit_leaves_after_it(lab):
    venue = await lab.venue()
    await lab.trader.balances()
    stops = []
    lab.connection.listen(stops.append)
    await lab.fault("ban", "/api/v3/account", ms=1_000)
    with pytest.raises(RateLimited):
        await lab.trader.balances()
    before, began = await count(lab), asyncio.get_running_loop().time()
    placed = await venue.place(venue.order(Leg.CLOSE))
    assert placed.event is OrderEvent.FILL
    assert asyncio.get_running_loop().time() - began >= stops[0].seconds - 0.1
    assert await count(lab) == before + 1
    assert "banned until" in stops[0].reason


async def test_more_orders_than_an_account_may_send_are_held_before_they_leave(lab):
    venue = await lab.venue()
    await lab.trader.balances()
    placed = await asyncio.gather(
        *(venue.place(venue.order(quantity="0.001")) for _ in range(120)), return_exceptions=True
    )
    assert all(isinstance(one, RateLimited) for one in placed if isinstance(one, Exception))
    assert {entry["status"] for entry in await lab.requests("/api/v3/order")} == {200}
    assert (await venue.place(venue.order(Leg.CLOSE))).event is OrderEvent.FILL
