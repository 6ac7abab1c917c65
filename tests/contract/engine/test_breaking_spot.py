"""Spot positions at the edges: late truths, small lots, odd fees."""

from decimal import Decimal

import pytest

from engine.core.order import Leg, OrderState
from engine.cycles import doubt

ORDER = "/api/v3/order"


@pytest.fixture
def _quick_proof(quick_questions, monkeypatch):
    monkeypatch.setattr(doubt, "PROOF_SECONDS", 1.0)


@pytest.mark.usefixtures("_quick_proof")
async def test_an_entry_thought_absent_that_was_carried_out_beside_a_position_is_told(lab):
    bot = await lab.running(stop_loss=Decimal(20), take_profit=Decimal(40))
    await lab.fault("stall", stream="user@executionReport", times=None)
    await lab.fault("drop_after", "POST", ORDER)
    await lab.fault("code", "GET", ORDER, code=-2013, msg="Order does not exist.", times=None)
    lab.buy(bot)

    async def absent():
        await lab.advance(1)
        order = await lab.books.order(bot, Leg.ENTRY)
        return order is not None and order.state is OrderState.NOT_PLACED

    await lab.until(absent)
    await lab.heal()
    await lab.until(lambda: not lab.engine.fleet.members[bot.id].entering)
    await lab.enter(bot)
    await lab.advance(3_700)
    await lab.job("reconcile")

    (told,) = await lab.until(lambda: lab.books.alerts("position_naked"))
    assert told.params["problem"] == "alarm.beside"
    assert Decimal(told.params["qty"]) == lab.books.venue(Leg.ENTRY)[0].executed
    await lab.close_by_hand(bot)
    await lab.closed(bot)
    await lab.job("reconcile")
    await lab.covered(bot)
    await lab.agree()


async def test_lots_that_follow_each_other_closely_do_not_keep_the_rest_without_a_stop(lab):
    bot = await lab.running(size=Decimal(1000))
    await lab.enter(bot)
    await lab.fault("partial_fill", lots=["0.001"])
    await lab.control("price", symbol="BTCUSDT", price="51000.02")
    await lab.control("price", symbol="BTCUSDT", price="50500")

    async def target():
        return await lab.books.order(bot, Leg.TARGET)

    for lots in range(1, 4):
        await lab.until(lambda n=lots: _filled(lab, target, Decimal("0.001") * n))
        await lab.advance(1.5)
        live = [o for o in lab.books.venue(Leg.TARGET, live=True) if o.executed]
        if not live:
            break
        await lab.control(
            "fill", key="K1" * 32, symbol="BTCUSDT", clientOrderId=live[0].client_id,
            quantity="0.001",
        )  # fmt: skip
        await lab.job("naked or closing")
    await lab.covered(bot)

    assert len(lab.books.venue(Leg.STOP)) == 2
    await lab.agree()


async def _filled(lab, target, quantity):
    return (await target()).filled_qty >= quantity
