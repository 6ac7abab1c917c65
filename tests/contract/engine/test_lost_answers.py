"""Answers that never came: the order is looked up, never sent twice, and proven absent in time."""

from decimal import Decimal

import pytest

from engine.core.bot_state import BotState
from engine.core.order import Leg, OrderState
from engine.core.position import ExitReason
from engine.cycles import doubt

ORDER, OCO = "/api/v3/order", "/api/v3/orderList/oco"
ACCEPTED = [
    pytest.param({"what": "drop_after"}, id="cut"),
    pytest.param({"what": "half_answer"}, id="half an answer"),
    pytest.param({"what": "status", "status": 502, "after": True}, id="502"),
    pytest.param({"what": "status", "status": 200, "after": True}, id="html"),
    pytest.param({"what": "code", "code": -1007, "status": 408, "after": True}, id="-1007"),
]  # fmt: skip
DROPPED = [
    pytest.param({"what": "drop_before"}, id="cut"),
    pytest.param({"what": "status", "status": 504}, id="504"),
    pytest.param({"what": "code", "code": -1006, "status": 500}, id="-1006"),
]  # fmt: skip


pytestmark = pytest.mark.usefixtures("quick_questions")


@pytest.fixture
def _quick_proof(monkeypatch):
    monkeypatch.setattr(doubt, "PROOF_SECONDS", 2.0)


async def deaf(lab):
    """The account's stream says nothing of orders: only look-ups can tell."""
    await lab.fault("stall", stream="user@executionReport", times=None)


async def asked(lab, bot, leg, times=3):
    """Wait until an order in doubt was asked about in vain so often."""

    async def doubted():
        order = await lab.books.order(bot, leg)
        if order is None or order.state is not OrderState.UNKNOWN:
            return False
        question = lab.sender(bot).doubts._open.get(order.client_id)
        return question is not None and question.asked >= times

    await lab.until(doubted)


@pytest.mark.parametrize("fault", ACCEPTED)
async def test_an_entry_whose_answer_was_lost_is_found_and_protected(lab, fault):
    bot = await lab.running()
    await deaf(lab)
    await lab.fault(method="POST", path=ORDER, **fault)
    await lab.enter(bot)
    assert len(lab.requests(ORDER)) == 1
    assert (await lab.books.order(bot, Leg.ENTRY)).state is OrderState.FILLED
    await lab.agree()


async def test_the_stream_settles_a_lost_answer_without_a_look_up(lab):
    bot = await lab.running()
    await lab.fault("drop_after", "POST", ORDER)
    await lab.fault("status", "GET", ORDER, status=503, times=None)
    await lab.enter(bot)
    assert len(lab.requests(ORDER)) == 1
    await lab.agree()


@pytest.mark.parametrize("fault", ACCEPTED[:3])
async def test_exits_whose_answer_was_lost_are_found_and_not_placed_again(lab, fault):
    bot = await lab.running()
    await deaf(lab)
    await lab.fault(method="POST", path=OCO, **fault)
    await lab.enter(bot)
    assert len(lab.requests(OCO)) == 1
    assert len(lab.books.venue(live=True)) == 2
    await lab.agree()


@pytest.mark.parametrize("fault", ACCEPTED[:3])
async def test_a_close_whose_answer_was_lost_is_found_and_booked_once(lab, fault):
    bot = await lab.running()
    await lab.enter(bot)
    await deaf(lab)
    await lab.fault(method="POST", path=ORDER, **fault)
    await lab.close_by_hand(bot)
    assert (await lab.closed(bot)).quantity == Decimal("0.00198")
    assert len(lab.books.venue(Leg.CLOSE)) == 1
    await lab.agree()


@pytest.mark.parametrize("fault", DROPPED)
async def test_an_entry_that_never_arrived_is_proven_absent_and_told_not_sent_again(lab, fault):
    bot = await lab.running()
    await lab.fault(method="POST", path=ORDER, **fault)
    lab.buy(bot)
    await asked(lab, bot, Leg.ENTRY)
    await lab.advance(29)
    await asked(lab, bot, Leg.ENTRY, times=8)
    await lab.advance(2)
    (told,) = await lab.until(lambda: lab.books.alerts("entry_failed"))
    assert (told.bot_id, told.params["symbol"]) == (bot.id, "BTCUSDT")
    assert (await lab.books.order(bot, Leg.ENTRY)).state is OrderState.NOT_PLACED
    assert len(lab.requests(ORDER)) == 1
    assert (await lab.books.bot(bot)).state is BotState.WAITING
    await lab.until(lambda: not lab.engine.fleet.members[bot.id].entering)
    await lab.price(50_000)
    await lab.enter(bot)
    await lab.agree()


async def test_exits_in_doubt_are_fenced_by_a_cancel_once_they_are_too_old_to_be_taken(lab):
    bot = await lab.running()
    await lab.fault("drop_before", "POST", OCO)
    lab.buy(bot)
    await asked(lab, bot, Leg.STOP)
    assert not lab.requests("/api/v3/orderList", "DELETE")
    await lab.advance(7)
    assert (await lab.closed(bot)).reason is ExitReason.UNPROTECTED
    assert lab.requests("/api/v3/orderList", "DELETE")
    assert not lab.books.venue(Leg.STOP)
    await lab.agree()


async def test_a_fence_that_finds_the_exits_after_all_takes_them_away_first(lab):
    bot = await lab.running()
    await deaf(lab)
    await lab.fault("drop_after", "POST", OCO)
    for path in ("/api/v3/order", "/api/v3/openOrders"):
        await lab.fault("code", "GET", path, code=-2013, msg="Order does not exist.", times=None)
    lab.buy(bot)
    await asked(lab, bot, Leg.STOP)
    await lab.advance(7)
    await lab.until(lambda: lab.requests("/api/v3/orderList", "DELETE"))
    await lab.heal()
    await lab.closed(bot)
    assert not lab.books.venue(Leg.STOP, live=True)
    await lab.agree()


@pytest.mark.parametrize("fault", DROPPED[:2])
@pytest.mark.usefixtures("_quick_proof")
async def test_exits_that_never_arrived_are_placed_anew_once_that_is_proven(lab, fault):
    bot = await lab.running()
    await lab.fault(method="POST", path=OCO, **fault)
    lab.buy(bot)
    await asked(lab, bot, Leg.STOP)
    await asked(lab, bot, Leg.TARGET)
    await lab.advance(2.1)
    await lab.covered(bot)
    states = [order.state for order in await lab.books.orders(bot, Leg.STOP)]
    assert states == [OrderState.NOT_PLACED, OrderState.OPEN]
    assert len(lab.books.venue(Leg.STOP)) == 1
    await lab.agree()


async def test_exits_lost_for_longer_than_the_naked_limit_end_in_a_market_close(lab):
    bot = await lab.running()
    await lab.fault("drop_before", "POST", OCO)
    lab.buy(bot)
    await asked(lab, bot, Leg.STOP)
    await asked(lab, bot, Leg.TARGET)
    await lab.advance(31)
    assert (await lab.closed(bot)).reason is ExitReason.UNPROTECTED
    assert len(lab.requests(OCO)) == 1
    await lab.agree()


@pytest.mark.parametrize("fault", DROPPED[:2])
@pytest.mark.usefixtures("_quick_proof")
async def test_a_close_that_never_arrived_is_sent_anew_once_that_is_proven(lab, fault):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.fault(method="POST", path=ORDER, **fault)
    await lab.close_by_hand(bot)
    await asked(lab, bot, Leg.CLOSE)
    await lab.advance(2.1)
    await lab.until(lambda: not lab.engine.fleet.members[bot.id].busy)
    await lab.advance(1.1)
    await lab.job("naked or closing")
    assert (await lab.closed(bot)).reason is ExitReason.MANUAL
    assert len(lab.books.venue(Leg.CLOSE)) == 1
    await lab.agree()


async def test_an_order_in_doubt_is_told_once_and_its_end_too(lab):
    bot = await lab.running()
    await deaf(lab)
    await lab.fault("drop_after", "POST", ORDER)
    await lab.fault("status", "GET", ORDER, status=503, times=None)
    lab.buy(bot)
    await asked(lab, bot, Leg.ENTRY, times=6)
    assert len(await lab.until(lambda: lab.books.alerts("order_unknown"))) == 1
    assert not await lab.books.alerts("entered")
    await lab.heal()
    await lab.covered(bot)
    (settled,) = await lab.until(lambda: lab.books.alerts("order_settled"))
    assert settled.params["outcome"] == "filled"
    assert len(await lab.books.alerts("order_unknown")) == 1
    await lab.agree()


async def test_an_order_found_before_its_user_was_told_of_a_doubt_is_no_doubt(lab):
    bot = await lab.running()
    await deaf(lab)
    await lab.fault("drop_after", "POST", ORDER)
    await lab.fault("status", "GET", ORDER, status=503, times=2)
    await lab.enter(bot)
    await lab.agree()
    await lab.until(lambda: not lab.sender(bot).doubts._open)
    assert [alert.kind.value for alert in await lab.books.alerts()] == ["entered"]


async def test_an_answer_that_fails_proves_nothing_however_much_time_passes(lab):
    bot = await lab.running()
    await deaf(lab)
    await lab.fault("drop_after", "POST", ORDER)
    await lab.fault("status", "GET", ORDER, status=503, times=None)
    lab.buy(bot)
    await asked(lab, bot, Leg.ENTRY)
    await lab.advance(120)
    await asked(lab, bot, Leg.ENTRY, times=8)
    await lab.heal()
    await lab.covered(bot)
    assert len(lab.requests(ORDER)) == 1
    await lab.agree()


async def test_a_slow_read_store_does_not_make_an_order_absent(lab):
    bot = await lab.running()
    await deaf(lab)
    await lab.fault("drop_after", "POST", ORDER)
    await lab.fault("code", "GET", ORDER, code=-2013, msg="Order does not exist.", times=6)
    await lab.enter(bot)
    assert len(lab.requests(ORDER)) == 1
    assert (await lab.books.order(bot, Leg.ENTRY)).state is OrderState.FILLED
    await lab.agree()
