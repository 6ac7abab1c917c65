"""Positions that are held too long: closed in time, warned of before, put off on request."""

from decimal import Decimal

import pytest

from engine.core.bot_state import BotState, StopChoice
from engine.core.errors import Stale
from engine.core.market import Market
from engine.core.order import Leg
from engine.core.position import ExitReason
from engine.exchange.simulator.server import DemoAccount
from engine.services import positions
from tests.contract.engine.lab import KEYS, MONEY, SECRET, opened

HALF_AN_HOUR = 1800
FUTURES = {"market": Market.FUTURES, "leverage": 5, "max_position": Decimal(50)}
# The market goes on while time does: exits so far away are not met.
FAR = {"stop_loss": Decimal(15), "take_profit": Decimal(50)}


@pytest.fixture
async def lab(place):
    accounts = tuple(DemoAccount(key, SECRET, MONEY, futures=MONEY) for key in KEYS)
    async with opened(place, accounts=accounts) as ready:
        await ready.begin()
        yield ready


async def extend(lab, position, *, once_more=True):
    reference = (position.id, position.expires_at // 1000)
    longer = await positions.extend(lab.office, lab.account, *reference, once_more=once_more)
    await lab.until(
        lambda: lab.engine.fleet.members[position.bot_id].position.expires_at == longer.expires_at
    )
    return longer


@pytest.mark.parametrize("settings", [{}, FUTURES], ids=["spot", "futures"])
async def test_what_was_held_long_enough_is_closed_and_its_exits_are_gone(lab, settings):
    bot = await lab.running(max_holding_minutes=30, **FAR, **settings)
    held = await lab.enter(bot)
    assert held.expires_at == held.opened_at + HALF_AN_HOUR * 1000
    await lab.advance(HALF_AN_HOUR - 1)
    await lab.job("time-out")
    assert await lab.books.position(bot) is not None
    await lab.advance(1)
    await lab.job("time-out")
    trade = await lab.closed(bot)
    assert trade.reason is ExitReason.TIMEOUT
    assert trade.duration_ms == HALF_AN_HOUR * 1000
    (told,) = await lab.books.alerts("exited")
    assert told.params["reason"] == "TIMEOUT"
    assert (await lab.books.bot(bot)).state is BotState.WAITING
    if not settings:
        assert not lab.books.venue(live=True)
        await lab.agree()


async def test_a_target_that_fills_before_its_cancel_arrives_is_what_ends_it(lab):
    bot = await lab.running(max_holding_minutes=30, **FAR)
    held = await lab.enter(bot)
    await lab.advance(HALF_AN_HOUR)
    await lab.fault("delay", "DELETE", "/api/v3/orderList", ms=500)
    await lab.job("time-out")
    await lab.price(held.target_price + 100)
    assert (await lab.closed(bot)).reason is ExitReason.TAKE_PROFIT
    assert not await lab.books.orders(bot, Leg.CLOSE)
    await lab.agree()


async def test_the_end_is_told_once_before_it_and_again_after_it_was_put_off(lab):
    bot = await lab.running(max_holding_minutes=30, **FAR)
    held = await lab.enter(bot)
    await lab.advance(25 * 60 - 1)
    await lab.job("time-out")
    assert not await lab.books.alerts("expiring")
    await lab.advance(1)
    for _ in range(3):
        await lab.job("time-out")
    await lab.restart()
    await lab.ready(bot)
    await lab.job("time-out")
    (told,) = await lab.books.alerts("expiring")
    assert (told.params["minutes"], told.trade_ref) == ("5", held.id)
    held = await lab.covered(bot)
    longer = await extend(lab, held)
    assert longer.expires_at == held.expires_at + HALF_AN_HOUR * 1000
    await lab.advance(10 * 60)
    await lab.job("time-out")
    assert await lab.books.position(bot) is not None
    await lab.advance(20 * 60)
    await lab.job("time-out")
    assert len(await lab.books.alerts("expiring")) == 2


async def test_an_old_button_extends_nothing_twice(lab):
    bot = await lab.running(max_holding_minutes=30, **FAR)
    held = await lab.enter(bot)
    once = await extend(lab, held, once_more=False)
    assert once.expires_at == held.expires_at + 15 * 60_000
    with pytest.raises(Stale):
        await positions.extend(
            lab.office, lab.account, held.id, held.expires_at // 1000, once_more=True
        )
    assert (await lab.books.position(bot)).expires_at == once.expires_at
    async with lab.storage.of(lab.account.id) as unit:
        (noted,) = [e for e in await unit.audit.recent(limit=50) if e.act == "position.extend"]
    assert (noted.before, noted.after) == (str(held.expires_at), str(once.expires_at))


async def test_what_ran_out_while_nobody_ran_is_closed_at_the_start(lab):
    bot = await lab.running(max_holding_minutes=30, **FAR)
    await lab.enter(bot)
    await lab.crash()
    await lab.advance(2 * HALF_AN_HOUR)
    await lab.begin()
    assert (await lab.closed(bot)).reason is ExitReason.TIMEOUT
    await lab.agree()


async def test_a_stopped_bot_keeps_the_time_of_what_it_holds(lab):
    bot = await lab.running(max_holding_minutes=30, **FAR)
    await lab.enter(bot)
    await lab.stop(bot, StopChoice.LEAVE)
    await lab.advance(HALF_AN_HOUR)
    await lab.job("time-out")
    assert (await lab.closed(bot)).reason is ExitReason.TIMEOUT
    assert (await lab.books.bot(bot)).state is BotState.STOPPED


async def test_what_is_kept_without_orders_is_left_alone_until_its_bot_starts_anew(lab):
    bot = await lab.running(max_holding_minutes=30, **FAR)
    await lab.enter(bot)
    await lab.stop(bot, StopChoice.KEEP)
    await lab.until(lambda: not lab.books.venue(live=True))
    await lab.advance(2 * HALF_AN_HOUR)
    await lab.job("time-out")
    assert await lab.books.position(bot) is not None
    assert not await lab.books.alerts("expiring")
    await lab.start(bot)
    held = await lab.covered(bot)
    assert held.expires_at == lab.clock.now_ms() + HALF_AN_HOUR * 1000


async def test_a_position_without_a_holding_time_stays(lab):
    bot = await lab.running(**FAR)
    await lab.enter(bot)
    await lab.advance(48 * 3600)
    await lab.job("time-out")
    assert (await lab.books.position(bot)).expires_at is None
