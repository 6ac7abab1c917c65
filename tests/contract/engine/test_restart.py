"""Killed with an order in each of its states: the next start takes up what the rows say."""

from decimal import Decimal

import pytest

from engine.core.bot_state import BotState
from engine.core.market import Market
from engine.core.order import Leg, OrderState
from engine.core.position import ExitReason

ORDER, OCO = "/api/v3/order", "/api/v3/orderList/oco"
pytestmark = pytest.mark.usefixtures("quick_questions")


async def planned(lab, bot):
    """An entry that is written down and not sent."""
    lab.hold(bot)
    lab.buy(bot)
    return await lab.until(lambda: lab.books.order(bot, Leg.ENTRY))


async def in_state(lab, bot, leg, state):
    """Wait for the newest order of a leg to be in a state."""

    async def there():
        order = await lab.books.order(bot, leg)
        return order if order is not None and order.state is state else None

    return await lab.until(there)


async def test_an_entry_planned_before_the_kill_is_sent_once_after_it(lab):
    bot = await lab.running()
    await planned(lab, bot)
    await lab.restart()
    # It is judged anew before it is sent, and for that a price must be known.
    await lab.ready(bot)
    await lab.covered(bot)
    assert len(lab.requests(ORDER)) == 1
    await lab.agree()


async def test_an_entry_planned_too_long_ago_is_withdrawn_and_told(lab):
    bot = await lab.running()
    order = await planned(lab, bot)
    await lab.crash()
    await lab.advance(31)
    await lab.begin()
    (told,) = await lab.until(lambda: lab.books.alerts("entry_failed"))
    assert told.dedup.endswith(order.client_id)
    assert (await lab.books.order(bot, Leg.ENTRY)).state is OrderState.NOT_PLACED
    assert not lab.requests(ORDER)


async def test_an_entry_marked_sent_that_never_left_is_proven_absent_not_sent_blindly(lab):
    bot = await lab.running()
    order = await planned(lab, bot)
    await lab.crash()
    await lab.mark_sent(order)
    await lab.begin()
    await in_state(lab, bot, Leg.ENTRY, OrderState.UNKNOWN)
    await lab.advance(31)
    await in_state(lab, bot, Leg.ENTRY, OrderState.NOT_PLACED)
    assert not lab.requests(ORDER)
    assert len(await lab.books.alerts("entry_failed")) == 1


async def test_an_entry_under_way_at_the_kill_is_found_when_it_arrives_late(lab):
    bot = await lab.running()
    await lab.fault("delay", "POST", ORDER, ms=500)
    lab.buy(bot)
    await lab.until(lambda: lab.requests(ORDER))
    await lab.restart()
    assert not lab.books.venue()
    await lab.covered(bot)
    assert len(lab.requests(ORDER)) == 1
    await lab.agree()


async def test_an_entry_filled_at_the_kill_is_covered_by_the_next_start(lab):
    bot = await lab.running()
    await lab.fault("delay", "POST", ORDER, ms=100)
    lab.buy(bot)
    await lab.until(lambda: lab.requests(ORDER))
    lab.hold(bot)
    await in_state(lab, bot, Leg.STOP, OrderState.PLANNED)
    await lab.restart()
    await lab.covered(bot)
    assert len(lab.requests(OCO)) == 1
    (told,) = await lab.books.alerts("restarted")
    assert told.params["positions"] == "1"
    await lab.agree()


async def test_exits_in_doubt_at_the_kill_are_found_and_not_doubled(lab):
    bot = await lab.running()
    await lab.fault("drop_after", "POST", OCO)
    await lab.fault("status", "GET", ORDER, status=503, times=None)
    await lab.fault("stall", stream="user@", times=None)
    lab.buy(bot)
    await in_state(lab, bot, Leg.STOP, OrderState.UNKNOWN)
    await lab.crash()
    await lab.heal()
    await lab.begin()
    await lab.covered(bot)
    assert len(lab.requests(OCO)) == 1
    await lab.agree()


async def test_a_cancel_under_way_at_the_kill_is_asked_for_again(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.fault("drop_before", "DELETE", "/api/v3/orderList", times=None)
    await lab.close_by_hand(bot)
    await lab.until(lambda: lab.requests("/api/v3/orderList", "DELETE"))
    await lab.crash()
    await lab.heal()
    await lab.begin()
    assert (await lab.closed(bot)).reason is ExitReason.MANUAL
    assert len(lab.books.venue(Leg.CLOSE)) == 1
    await lab.agree()


async def test_a_fill_that_wins_against_a_cancel_while_nobody_looks_is_booked(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.fault("drop_before", "DELETE", "/api/v3/orderList", times=None)
    await lab.close_by_hand(bot)
    await lab.until(lambda: lab.requests("/api/v3/orderList", "DELETE"))
    await lab.crash()
    await lab.heal()
    lab.world.set_price("BTCUSDT", Decimal("51000.02"))
    await lab.begin()
    trade = await lab.closed(bot)
    assert (trade.reason, trade.net) == (ExitReason.TAKE_PROFIT, Decimal("1.77953975"))
    assert not lab.books.venue(Leg.CLOSE)
    await lab.agree()


async def test_a_close_under_way_at_the_kill_is_not_sent_twice(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.fault("delay", "POST", ORDER, ms=400)
    await lab.close_by_hand(bot)
    await lab.until(lambda: len(lab.requests(ORDER)) == 2)
    await lab.restart()
    assert (await lab.closed(bot)).reason is ExitReason.MANUAL
    assert len(lab.requests(ORDER)) == 2
    await lab.agree()


async def test_a_target_filled_in_part_at_the_kill_gets_exits_for_the_rest(lab):
    bot = await lab.running(size=Decimal(1000))
    await lab.enter(bot)
    await lab.crash()
    await lab.fault("partial_fill", share="0.5")
    lab.world.set_price("BTCUSDT", Decimal("51000.02"))
    lab.world.set_price("BTCUSDT", Decimal(50_500))
    await lab.begin()
    await in_state(lab, bot, Leg.TARGET, OrderState.PART_FILLED)
    await lab.advance(2.1)
    await lab.job("naked or closing")
    await lab.covered(bot)
    assert [o.quantity for o in lab.books.venue(live=True)] == [Decimal("0.00999")] * 2
    await lab.agree()


async def test_an_exit_filled_while_nobody_looked_is_booked_and_told_at_the_start(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.crash()
    lab.world.set_price("BTCUSDT", Decimal(49_000))
    await lab.begin()
    assert (await lab.closed(bot)).reason is ExitReason.STOP_LOSS
    assert len(await lab.books.alerts("exited")) == 1
    assert (await lab.books.bot(bot)).state is BotState.WAITING
    await lab.agree()


async def test_standing_exits_survive_three_restarts_untouched(lab):
    bot = await lab.running()
    held = await lab.enter(bot)
    exits = lab.books.venue(live=True)
    for _ in range(3):
        await lab.restart()
    assert lab.books.venue(live=True) == exits
    assert (await lab.covered(bot)).id == held.id
    assert len(await lab.books.alerts("restarted")) == 3
    await lab.agree()


async def test_no_client_id_is_ever_used_twice_across_restarts(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.restart()
    await lab.close_by_hand(bot)
    await lab.closed(bot)
    await lab.ready(bot)
    await lab.enter(bot)
    names = [order.client_id for order in lab.books.venue()]
    assert len(names) == len(set(names)) == 7
    await lab.agree()


async def test_an_exchange_that_is_away_at_the_start_is_reconciled_when_it_is_back(lab):
    bot = await lab.running()
    await lab.enter(bot)
    await lab.crash()
    lab.world.set_price("BTCUSDT", Decimal(49_000))
    await lab.fault("status", path="/api/v3/*", status=503, times=None)
    await lab.begin()
    assert not await lab.books.trades(bot)
    assert len(await lab.books.orders(bot, Leg.STOP)) == 1
    await lab.heal()
    await lab.until(lambda: lab.life.catalogue.rules(Market.SPOT, "BTCUSDT"))
    await lab.job("reconcile")
    assert (await lab.closed(bot)).reason is ExitReason.STOP_LOSS
    await lab.agree()
