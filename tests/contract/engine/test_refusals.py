"""Orders that the exchange provably did not take: what follows from each kind of no."""

from decimal import Decimal

import pytest

from engine.core.account import KeyState
from engine.core.bot_state import BotState
from engine.core.order import Leg, OrderState
from engine.core.position import ExitReason, PositionState
from tests.contract.engine.lab import KEYS

ORDER, OCO = "/api/v3/order", "/api/v3/orderList/oco"
NO_MONEY = {
    "what": "code",
    "code": -2010,
    "msg": "Account has insufficient balance for requested action.",
}


async def test_a_clock_that_is_off_is_measured_and_the_entry_sent_anew(lab):
    bot = await lab.running()
    lab.clock.adjust(5_000)
    await lab.enter(bot)
    assert [request["code"] for request in lab.requests(ORDER)] == [-1021, None]
    assert abs(lab.clock.now_ms() - lab.exchange.clock.now()) < 100
    states = [order.state for order in await lab.books.orders(bot, Leg.ENTRY)]
    assert states == [OrderState.NOT_PLACED, OrderState.FILLED]
    assert not await lab.books.alerts("entry_failed")
    await lab.agree()


async def test_a_clock_that_is_off_costs_a_close_one_attempt_and_no_second_sale(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.fault("code", "POST", ORDER, code=-1021, msg="Timestamp outside the recvWindow.")
    await lab.close_by_hand(bot)

    async def refused():
        closes = await lab.books.orders(bot, Leg.CLOSE)
        return closes and closes[0].state is OrderState.NOT_PLACED

    await lab.until(refused)
    await lab.advance(1.1)
    await lab.job("naked or closing")
    assert (await lab.closed(bot)).reason is ExitReason.MANUAL
    assert len(lab.books.venue(Leg.CLOSE)) == 1
    await lab.agree()


async def test_told_to_wait_nothing_is_sent_and_then_exits_go_first(lab):
    first = await lab.running("Anna")
    second = await lab.running("Berta", symbol="ETHUSDT")
    await lab.fault("code", "POST", OCO, code=-1003, status=429, retry_after=1)
    lab.buy(first)
    told = await lab.until(lambda: lab.requests(OCO))
    await lab.until(lambda: told[0]["status"] == 429 or lab.requests(OCO)[0]["status"] == 429)
    lab.buy(second)
    await lab.covered(first)
    await lab.covered(second)
    after = lab.world.journal.since(told[0]["number"] + 1)
    sent = [request for request in after if request["path"].startswith("/api")]
    assert sent[0]["real_ms"] - told[0]["real_ms"] >= 950
    orders = [request["path"] for request in sent if request["method"] == "POST"]
    assert orders == [OCO, ORDER, OCO]
    await lab.agree()


async def test_an_entry_refused_for_lack_of_money_is_told_and_the_bot_goes_on(lab):
    bot = await lab.running()
    await lab.fault(method="POST", path=ORDER, **NO_MONEY)
    lab.buy(bot)
    (told,) = await lab.until(lambda: lab.books.alerts("entry_failed"))
    assert (told.params["code"], told.params["message"]) == ("-2010", NO_MONEY["msg"])
    assert (await lab.books.order(bot, Leg.ENTRY)).state is OrderState.REJECTED
    assert (await lab.books.bot(bot)).state is BotState.WAITING
    await lab.until(lambda: not lab.engine.fleet.members[bot.id].entering)
    await lab.enter(bot)
    assert (await lab.books.day(bot)).entries == 1
    await lab.agree()


async def test_a_price_beyond_the_stop_before_the_exits_stand_sells_at_once(lab):
    bot = await lab.running()
    await lab.fault("delay", "POST", OCO, ms=300)
    lab.buy(bot)
    await lab.until(lambda: lab.requests(OCO))
    await lab.price(49_000)
    trade = await lab.closed(bot)
    assert (trade.reason, trade.exit_price) == (ExitReason.STOP_LOSS, Decimal(49_000))
    assert not lab.books.venue(Leg.STOP)
    await lab.agree()


async def test_a_price_beyond_the_target_before_the_exits_stand_takes_the_profit(lab):
    bot = await lab.running()
    await lab.fault("delay", "POST", OCO, ms=300)
    lab.buy(bot)
    await lab.until(lambda: lab.requests(OCO))
    await lab.price(52_000)
    assert (await lab.closed(bot)).reason is ExitReason.TAKE_PROFIT
    await lab.agree()


@pytest.mark.parametrize("code", [-2010, -1013])
async def test_exits_refused_three_times_end_in_a_market_close(lab, code):
    bot = await lab.running()
    no = {"what": "code", "method": "POST", "code": code, "msg": "No.", "times": None}
    await lab.fault(path=OCO, **no)
    await lab.fault(path=ORDER, where={"type": "STOP_LOSS"}, **no)
    lab.buy(bot)
    trade = await lab.closed(bot)
    assert trade.reason is ExitReason.UNPROTECTED
    assert len(lab.requests(OCO)) == 1
    assert len([r for r in lab.requests(ORDER) if r["params"]["type"] == "STOP_LOSS"]) == 2
    told = [alert.params["step"] for alert in await lab.books.alerts("exit_changed")]
    assert told == ["target_watched", "stop_watched", "closing"]
    (told,) = await lab.books.alerts("exited")
    assert told.params["reason"] == "UNPROTECTED"
    await lab.agree()


async def test_a_target_that_the_exchange_does_not_take_is_watched_by_the_engine(lab):
    bot = await lab.running()
    await lab.fault(
        "code", "POST", OCO, code=-1013, msg="Filter failure: PERCENT_PRICE_BY_SIDE", times=None
    )
    position = await lab.enter(bot)
    assert position.watches_target
    (stop,) = lab.books.venue(live=True)
    assert stop.wish.kind == "STOP_LOSS"
    await lab.price(position.target_price)
    await lab.job("naked or closing")
    assert (await lab.closed(bot)).reason is ExitReason.TAKE_PROFIT
    await lab.agree()


async def test_a_close_refused_again_and_again_slows_down_alarms_and_works_in_the_end(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.fault("code", "POST", ORDER, code=-2010, msg="No.", times=None)
    await lab.close_by_hand(bot)

    async def refused(times):
        closes = await lab.books.orders(bot, Leg.CLOSE)
        return len(closes) == times and closes[-1].state is OrderState.REJECTED

    for times, pause in enumerate((1, 2, 4, 8), 1):
        await lab.until(lambda times=times: refused(times))
        for _ in range(3):
            await lab.job("naked or closing")
        assert await refused(times)
        await lab.advance(pause + 0.1)
        await lab.job("naked or closing")
    await lab.until(lambda: refused(5))
    (alarm,) = await lab.books.alerts("position_naked")
    assert alarm.params["problem"] == "alarm.close_refused"
    await lab.heal()
    await lab.advance(16.1)
    await lab.job("naked or closing")
    assert (await lab.closed(bot)).reason is ExitReason.MANUAL
    await lab.agree()


async def revoke(lab):
    await lab.control("accounts", key=KEYS[0], revoked=True)


async def test_a_refused_key_parks_its_bots_and_leaves_resting_exits_alone(lab):
    holding = await lab.running("Anna")
    waiting = await lab.running("Berta", symbol="ETHUSDT")
    other = await lab.running("Clara", key=1, symbol="SOLUSDT")
    await lab.enter(holding)
    standing = lab.books.venue(live=True)
    await revoke(lab)
    lab.buy(waiting)
    (told,) = await lab.until(lambda: lab.books.alerts("key_refused"))
    assert (told.params["code"], told.params["label"]) == ("-2015", "key 1")
    for bot in (holding, waiting):
        parked = await lab.books.bot(bot)
        assert (parked.state, parked.why) == (BotState.ERROR, "why.key_refused")
    assert (await lab.books.bot(other)).state is BotState.WAITING
    await lab.job("protection")
    assert lab.books.venue(live=True) == standing
    position = await lab.books.position(holding)
    assert position.state is PositionState.OPEN


async def test_a_refused_key_is_told_once_however_often_it_is_refused(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await revoke(lab)
    for _ in range(3):
        await lab.job("reconcile")
        await lab.advance(60)
    assert len(await lab.books.alerts("key_refused")) == 1
    async with lab.storage.reading() as unit:
        assert (await unit.keys.get(lab.keys[0])).state is KeyState.REFUSED
    assert (await lab.books.bot(bot)).state is BotState.ERROR


async def test_a_filter_that_changed_is_read_anew(lab):
    bot = await lab.running()
    await lab.control("symbol", symbol="BTCUSDT", step="0.001")
    lab.buy(bot)
    await lab.until(lambda: lab.books.alerts("entry_failed"))
    rulebook = lab.life.rulebook
    await lab.until(lambda: rulebook.of(bot, "BTCUSDT").step_size == Decimal("0.001"))
    await lab.until(lambda: not lab.engine.fleet.members[bot.id].entering)
    lab.buy(bot)
    (refused,) = await lab.until(lambda: lab.books.alerts("entry_refused"))
    assert refused.params["check"] == "too_small"
