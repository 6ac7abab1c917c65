"""Limits of a day's course: hours of trading, time-outs, and stops that pause a whole account."""

from decimal import Decimal

from engine.core.bot_config import Mode
from engine.core.bot_state import BotState
from engine.core.hours import TradingHours
from engine.core.order import Leg
from engine.core.position import ExitReason
from engine.services import positions
from tests.contract.engine.week import (
    FAR,
    at,
    beginning,
    enters,
    is_in,
    move_to,
    paused,
    reads,
    refuses,
    set_limits,
)

MINUTE = 60_000


async def test_outside_the_hours_nothing_is_entered_but_what_is_held_keeps_its_stop(place):
    hours = TradingHours(start="09:00", end="17:00", weekdays=(0, 1, 2, 3, 4))
    async with beginning(place, "2026-06-05 16:30") as lab:  # a Friday
        bot = await lab.running(trading_hours=hours, **FAR)
        held = await enters(lab, bot)
        await move_to(lab, "2026-06-05 20:00")
        await lab.covered(bot)
        await lab.price(round(held.stop_price * Decimal("0.99")))
        assert (await lab.closed(bot)).reason is ExitReason.STOP_LOSS
        await lab.price(50_000)
        for wall, said in (("06-05 20:01", "fri 20:01"), ("06-07 12:00", "sun 12:00")):
            await move_to(lab, f"2026-{wall}")
            refused = await refuses(lab, bot)
            assert (refused.check, refused.measured) == ("hours", said)
        assert len(lab.books.venue(Leg.ENTRY)) == 1
        assert (await lab.books.bot(bot)).state is BotState.WAITING
        await move_to(lab, "2026-06-08 09:00")
        await enters(lab, bot)
        await lab.agree()


async def test_a_position_is_warned_of_put_off_by_the_button_and_closed_in_time(place):
    async with beginning(place, "2026-06-01 23:00") as lab:
        bot = await lab.running(max_holding_minutes=60, **FAR)
        held = await enters(lab, bot)
        assert held.expires_at == at("2026-06-02 00:00")
        await move_to(lab, "2026-06-01 23:55")
        (told,) = await reads(lab, "expiring")
        assert "closed at market in 5 min" in told
        reference = (held.id, held.expires_at // 1000)
        longer = await positions.extend(lab.office, lab.account, *reference, once_more=False)
        assert longer.expires_at == held.expires_at + 15 * MINUTE
        known = lambda: lab.engine.fleet.members[bot.id].position.expires_at  # noqa: E731
        await lab.until(lambda: known() == longer.expires_at)
        await move_to(lab, "2026-06-02 00:00")
        assert await lab.books.position(bot) is not None
        await move_to(lab, "2026-06-02 00:10")
        assert len(await reads(lab, "expiring")) == 2
        await move_to(lab, "2026-06-02 00:15")
        trade = await lab.closed(bot)
        assert trade.reason is ExitReason.TIMEOUT
        (told,) = await reads(lab, "exited")
        assert "held long enough after 1 h 15 min" in told
        assert not lab.books.venue(live=True)
        # The entry counts on its day, the trade on the day on which it ended.
        days = [await lab.books.day(bot, f"2026-06-0{day}") for day in (1, 2)]
        assert [(day.entries, day.closed) for day in days] == [(1, 0), (0, 1)]
        assert days[1].net == trade.net
        await enters(lab, bot)
        await lab.agree()


async def test_stops_on_two_symbols_pause_all_with_keys_and_all_go_on_afterwards(place):
    symbols = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
    async with beginning(place, "2026-06-01 23:20") as lab:
        await set_limits(lab, stop_guard=2, stop_guard_minutes=30, pause_minutes=90)
        bots = [await lab.running(f"bot {symbol}", symbol=symbol) for symbol in symbols]
        paper = await lab.running("Paper", mode=Mode.PAPER, **FAR)
        for bot in bots[:2]:
            await enters(lab, bot)
        for bot in bots[:2]:
            fall = lab.world.market.last(bot.config.symbol) * Decimal("0.98")
            await lab.price(round(fall), bot.config.symbol)
            assert (await lab.closed(bot)).reason is ExitReason.STOP_LOSS
        for bot in bots:
            row = await paused(lab, bot)
            assert row.paused_until == at("2026-06-02 00:50")
        (told,) = await reads(lab, "account_paused")
        assert "2 losing stops, limit 2" in told
        await enters(lab, paper)
        # A new day ends no pause of an account.
        await move_to(lab, "2026-06-02 00:00")
        for bot in bots:
            await paused(lab, bot)
        await move_to(lab, "2026-06-02 00:49:59")
        assert await reads(lab, "account_resumed") == []
        await move_to(lab, "2026-06-02 00:50")
        for bot in bots:
            await is_in(lab, bot, BotState.WAITING)
        await move_to(lab, "2026-06-02 00:51")
        assert len(await reads(lab, "account_resumed")) == 1
        assert len(await reads(lab, "account_paused")) == 1
        await enters(lab, bots[2])
        await lab.agree()
