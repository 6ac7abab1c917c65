"""Clocks that disagree: the exchange's is measured per product, followed, and complained about."""

import pytest
from structlog.testing import capture_logs

from engine.core.errors import ClockOff, Unavailable
from engine.core.order import OrderEvent
from engine.exchange.binance.ask import Product

ORDER = "/api/v3/order"


@pytest.mark.parametrize("ms", [-3_000, 6_000, 3_600_000, -3_600_000])
async def test_a_skewed_exchange_costs_one_refusal_and_a_warning_then_it_is_followed(lab, ms):
    venue = await lab.venue()
    await lab.trader.balances()
    assert lab.connection.exchange_clock.ok
    await lab.fault("skew", ms=ms, times=None)
    with capture_logs() as logs, pytest.raises(ClockOff):
        await venue.place(venue.order())
    assert abs(lab.connection.exchange_clock.offset_ms - ms) < 500
    assert not lab.connection.exchange_clock.ok
    assert [entry["product"] for entry in logs if entry["event"] == "our clock is off"] == ["spot"]
    assert (await venue.place(venue.order())).event is OrderEvent.FILL


async def test_a_skew_that_the_exchange_still_takes_is_found_when_the_clock_is_measured(lab):
    venue = await lab.venue()
    await lab.trader.balances()
    await lab.fault("skew", ms=3_000, times=None)
    assert (await venue.place(venue.order())).event is OrderEvent.FILL
    await lab.connection.exchange_clock.measure()
    assert abs(lab.connection.exchange_clock.offset_ms - 3_000) < 500
    assert not lab.connection.exchange_clock.ok


@pytest.mark.parametrize("hours", [1, -1])
async def test_our_own_clock_may_jump(lab, hours):
    venue = await lab.venue()
    await lab.trader.balances()
    lab.clock._at += hours * 3_600_000
    with pytest.raises(ClockOff):
        await venue.place(venue.order())
    assert (await venue.place(venue.order())).event is OrderEvent.FILL
    assert not lab.connection.exchange_clock.ok


async def test_a_read_outside_the_window_measures_the_clock_again(lab):
    await lab.trader.balances()
    await lab.control("advance", ms=60_000)
    with pytest.raises(Unavailable):
        await lab.trader.balances()
    assert await lab.trader.balances()


async def test_a_stream_refused_for_its_time_measures_the_clock_again(lab):
    await lab.trader.balances()
    await lab.control("advance", ms=60_000)
    with pytest.raises(Unavailable):
        async with lab.trader.events():
            pass
    async with lab.trader.events():
        pass


async def test_a_clock_that_stays_refused_is_measured_once_per_refusal_and_no_storm(lab):
    venue = await lab.venue()
    await lab.trader.balances()
    await lab.fault("code", ORDER, "POST", code=-1021, times=None)
    before = len(await lab.requests("/api/v3/time"))
    for _ in range(2):
        with pytest.raises(ClockOff):
            await venue.place(venue.order())
    assert len(await lab.requests("/api/v3/time")) - before == 6
    assert len(await lab.requests(ORDER)) == 2


async def test_spot_and_futures_have_clocks_of_their_own(lab):
    await lab.fault("skew", "/fapi/*", ms=3_000, times=None)
    for product in (Product.SPOT, Product.FUTURES):
        await lab.connection.clock_of(product).measure()
    assert abs(lab.connection.clock_of(Product.SPOT).offset_ms) < 500
    assert abs(lab.connection.clock_of(Product.FUTURES).offset_ms - 3_000) < 500
    assert lab.connection.clock_of(Product.SPOT).ok
    assert not lab.connection.clock_of(Product.FUTURES).ok
