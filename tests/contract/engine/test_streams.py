"""The account's stream: lost, doubled, out of order; fills in parts; orders that vanish."""

from decimal import Decimal

import pytest

from engine.core.order import Leg, OrderState
from engine.core.position import ExitReason, PositionState
from engine.cycles import doubt

ORDERS = "user@executionReport"


async def subscribed(lab, times):
    """Wait until the account's stream was opened so often."""

    def opened():
        calls = [r for r in lab.world.journal.since(0) if "subscribe" in r["path"]]
        return len(calls) >= times

    await lab.until(opened)


async def test_a_fill_while_the_stream_was_cut_is_booked_once_by_reconciling(lab):
    bot = await lab.running()
    await lab.enter(bot)
    assert lab.world.cut_sockets("/ws-api") == 1
    lab.world.set_price("BTCUSDT", Decimal("51000.02"))
    trade = await lab.closed(bot)
    assert (trade.reason, trade.net) == (ExitReason.TAKE_PROFIT, Decimal("1.77953975"))
    await subscribed(lab, 2)
    assert (await lab.books.day(bot)).closed == 1
    assert len(await lab.books.alerts("exited")) == 1
    await lab.agree()


async def test_a_stream_that_was_cut_is_opened_anew_and_heard_again(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.control("disconnect", path="/ws-api")
    await subscribed(lab, 2)
    await lab.until(lambda: bot.account in lab.engine.readiness.accounts)
    await lab.price(49_000)
    assert (await lab.closed(bot)).reason is ExitReason.STOP_LOSS
    await lab.agree()


async def test_no_entry_is_sent_while_the_account_is_not_reconciled(lab):
    bot = await lab.running()
    await lab.fault("status", "GET", "/api/v3/account", status=503, times=None)
    await lab.control("disconnect", path="/ws-api")
    await subscribed(lab, 2)
    await lab.until(lambda: bot.account not in lab.engine.readiness.accounts)
    lab.buy(bot)

    async def refused():
        async with lab.storage.reading() as unit:
            return await unit.signals.last(bot.id)

    row = await lab.until(refused)
    assert (row.outcome, row.refused.check) == ("refused", "reconciled")
    await lab.heal()
    await lab.job("reconcile")
    await lab.enter(bot)
    await lab.agree()


@pytest.mark.parametrize(
    "fault",
    [
        {"what": "duplicate", "times": None},
        {"what": "reorder", "times": 1},
        {"what": "reorder", "times": 2},
        {"what": "delay", "ms": 150, "times": None},
        {"what": "stall", "times": None},
    ],
    ids=lambda fault: f"{fault['what']} {fault['times']}",
)
async def test_events_doubled_reordered_late_or_missing_make_the_same_books(lab, fault):
    bot = await lab.running()
    await lab.fault(stream=ORDERS, **fault)
    await lab.enter(bot)
    await lab.control("price", symbol="BTCUSDT", price="51000.02")

    async def over():
        await lab.job("reconcile")
        return await lab.books.trades(bot)

    (trade,) = await lab.until(over)
    assert (trade.net, trade.reason) == (Decimal("1.77953975"), ExitReason.TAKE_PROFIT)
    await lab.agree()
    kinds = [alert.kind.value for alert in await lab.books.alerts()]
    assert kinds == ["entered", "exited"]


async def test_a_target_filled_in_part_gets_new_exits_for_the_rest(lab):
    bot = await lab.running(size=Decimal(1000))
    held = await lab.enter(bot)
    await lab.fault("partial_fill", share="0.5")
    lab.world.set_price("BTCUSDT", Decimal("51000.02"))
    lab.world.set_price("BTCUSDT", Decimal(50_500))

    async def naked():
        position = await lab.books.position(bot)
        return position.exit_qty > 0 and position.naked_since is not None

    await lab.until(naked)
    target = lab.books.venue(Leg.TARGET)[0]
    assert (target.executed, target.quantity) == (Decimal("0.00998"), Decimal("0.01997"))
    await lab.price(50_500)
    await lab.advance(2.1)
    await lab.job("naked or closing")
    await lab.covered(bot)
    rest = held.held - Decimal("0.00998")
    assert [o.quantity for o in lab.books.venue(live=True)] == [Decimal("0.00999")] * 2
    assert rest - Decimal("0.00999") < Decimal("0.00001")
    await lab.price("51000.02")
    trade = await lab.closed(bot)
    assert trade.quantity == Decimal("0.01997")
    await lab.agree()


async def test_an_entry_filled_in_part_is_protected_with_what_it_got(lab):
    bot = await lab.running(size=Decimal(1000))
    await lab.fault("partial_fill", share="0.5")
    position = await lab.enter(bot)
    assert position.entry_qty == Decimal("0.00999")
    assert (await lab.books.order(bot, Leg.ENTRY)).state is OrderState.EXPIRED
    assert [o.quantity for o in lab.books.venue(live=True)] == [Decimal("0.00998")] * 2
    await lab.agree()


async def test_a_stop_filled_in_part_sells_the_rest_at_the_market(lab):
    bot = await lab.running(size=Decimal(1000))
    await lab.enter(bot)
    await lab.fault("partial_fill", share="0.5")
    await lab.price(49_000)
    trade = await lab.closed(bot)
    assert (trade.quantity, trade.reason) == (Decimal("0.01997"), ExitReason.STOP_LOSS)
    await lab.agree()


async def test_exits_cancelled_by_hand_at_the_exchange_are_placed_again(lab):
    bot = await lab.running()
    await lab.enter(bot)
    lab.world.book.cancel(lab.books.venue(Leg.STOP)[0], "by hand", lab.exchange.clock.now())
    await lab.until(lambda: len(lab.books.venue(Leg.STOP)) == 2)
    await lab.covered(bot)
    assert len(lab.books.venue(live=True)) == 2
    await lab.agree()


async def test_orders_of_somebody_else_are_left_alone(lab):
    bot = await lab.running()
    account = lab.world.accounts["K1" * 32]
    foreign = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "price": "40000"}
    client = lab.life.broker._open[bot.account]._client
    await client.create_order(
        **foreign, quantity="0.001", timeInForce="GTC", newClientOrderId="mine"
    )
    await lab.enter(bot)
    await lab.job("reconcile")
    await lab.close_by_hand(bot)
    await lab.closed(bot)
    (left,) = lab.world.book.live(account)
    assert left.client_id == "mine"
    assert len(await lab.books.orders()) == 4


async def test_a_resting_order_that_vanished_is_proven_gone_and_the_position_covered(
    lab, monkeypatch, quick_questions
):
    monkeypatch.setattr(doubt, "PROOF_SECONDS", 0.3)
    bot = await lab.running()
    await lab.enter(bot)
    gone = lab.books.venue(live=True)
    await lab.fault("stall", stream="user@", times=None)
    lab.world.book.cancel(gone[0], "", lab.exchange.clock.now())
    await lab.fault("code", "GET", "/api/v3/order", code=-2013, msg="No such order.", times=None)
    await lab.job("reconcile")
    questions = lab.sender(bot).doubts._open
    await lab.until(lambda: sum(question.misses > 0 for question in questions.values()) == 2)
    await lab.advance(1)

    async def ended():
        firsts = [(await lab.books.orders(bot, leg))[0] for leg in (Leg.STOP, Leg.TARGET)]
        return all(order.state is OrderState.EXPIRED for order in firsts)

    await lab.until(ended)
    await lab.covered(bot)
    assert len(lab.books.venue(Leg.STOP, live=True)) == 1
    assert (await lab.books.position(bot)).state is PositionState.OPEN
    assert not await lab.books.alerts("order_settled"), "nobody was told of a doubt"


async def test_both_legs_of_a_list_may_end_while_it_is_being_cancelled(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.fault("delay", "DELETE", "/api/v3/orderList", ms=200)
    await lab.close_by_hand(bot)
    await lab.until(lambda: lab.requests("/api/v3/orderList", "DELETE"))
    await lab.price("51000.02")
    trade = await lab.closed(bot)
    assert trade.quantity == Decimal("0.00198")
    assert trade.reason is ExitReason.TAKE_PROFIT
    assert not lab.books.venue(Leg.CLOSE)
    await lab.agree()
