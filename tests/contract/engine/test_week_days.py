"""Midnights and changes of the clock, as a user lives through them."""

from decimal import Decimal

from engine.core.bot_state import BotState
from engine.core.hours import TradingHours
from engine.core.position import ExitReason
from tests.contract.engine.week import (
    BERLIN,
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

BIG = {"size": Decimal(1000), "max_position": Decimal(100)}
OFFICE_HOURS = TradingHours(start="09:00", end="17:00", zone=BERLIN)


async def _round_trip(lab, bot):
    await enters(lab, bot)
    await lab.close_by_hand(bot)
    return await lab.closed(bot)


async def test_the_days_trades_are_used_up_and_a_kill_around_midnight_resumes_once(place):
    async with beginning(place, "2026-06-01 22:00") as lab:
        bot = await lab.running(max_daily_trades=2, **FAR)
        for _ in range(2):
            await _round_trip(lab, bot)
        assert (await refuses(lab, bot)).check == "daily_trades"
        row = await paused(lab, bot)
        assert row.paused_until == at("2026-06-02 00:00")
        (told,) = await reads(lab, "bot_paused")
        assert "Anna paused until" in told
        assert "2 of 2" in told
        await move_to(lab, "2026-06-01 23:59:30")
        assert (await lab.books.bot(bot)).state is BotState.PAUSED
        await lab.crash()
        await lab.advance(60)
        await lab.begin()
        assert lab.clock.now_ms() == at("2026-06-02 00:00:30")
        await is_in(lab, bot, BotState.WAITING)
        await lab.ready(bot)
        await move_to(lab, "2026-06-02 00:01")
        await lab.restart()
        await lab.ready(bot)
        await move_to(lab, "2026-06-02 00:02")
        (told,) = await reads(lab, "bot_resumed")
        assert "Anna goes on" in told
        await _round_trip(lab, bot)
        days = [await lab.books.day(bot, f"2026-06-0{day}") for day in (1, 2)]
        assert [(day.entries, day.closed) for day in days] == [(2, 2), (1, 1)]
        assert sum(day.net for day in days) == sum(t.net for t in await lab.books.trades(bot))
        await lab.agree()


async def test_a_loss_that_is_still_open_and_a_target_end_the_day_until_midnight(place):
    async with beginning(place, "2026-06-01 22:00") as lab:
        loser = await lab.running("Anna", max_daily_loss=Decimal(50), **BIG, **FAR)
        winner = await lab.running(
            "Berta", symbol="ETHUSDT", daily_target=Decimal(5), **BIG, **FAR
        )
        await enters(lab, loser)
        await enters(lab, winner)
        await lab.price(47_000)
        await lab.job("account limits")
        row = await paused(lab, loser)
        assert (row.why, row.why_params["limit"]) == ("check.daily_loss", "50")
        assert Decimal(row.why_params["measured"]) > 50
        await lab.covered(loser)
        rise = round(lab.world.market.last("ETHUSDT") * Decimal("1.05"))
        await lab.price(rise, "ETHUSDT")
        await lab.close_by_hand(winner)
        won = (await lab.closed(winner)).net
        row = await paused(lab, winner)
        assert (row.why, Decimal(row.why_params["measured"])) == ("check.daily_target", won)
        assert won > 5
        await move_to(lab, "2026-06-01 23:59:59")
        assert len(await reads(lab, "bot_resumed")) == 0
        await move_to(lab, "2026-06-02 00:00")
        await is_in(lab, winner, BotState.WAITING)
        # What is open still counts on the new day, as long as it is open.
        await lab.price(50_000)
        await move_to(lab, "2026-06-02 00:01")
        await is_in(lab, loser, BotState.IN_POSITION)
        await lab.close_by_hand(loser)
        await lab.closed(loser)
        assert (await lab.books.day(winner, "2026-06-01")).net == won
        assert (await lab.books.day(loser, "2026-06-01")).net == 0
        assert (await lab.books.day(loser, "2026-06-02")).closed == 1
        await lab.agree()


async def test_hours_and_limits_follow_the_users_clock_over_the_end_of_summer_time(place):
    async with beginning(place, "2026-10-24 08:55", BERLIN) as lab:
        await set_limits(lab, zone=BERLIN, own_day=True)
        bot = await lab.running(max_daily_trades=1, trading_hours=OFFICE_HOURS, **FAR)
        # The last day of summer time, 07:00 to 15:00 UTC.
        assert (await refuses(lab, bot)).check == "hours"
        await move_to(lab, "2026-10-24 07:00")
        await _round_trip(lab, bot)
        assert (await refuses(lab, bot)).check == "daily_trades"
        row = await paused(lab, bot)
        assert row.paused_until == at("2026-10-24 22:00") == at("2026-10-25 00:00", BERLIN)
        await move_to(lab, "2026-10-24 21:59:59")
        assert (await lab.books.bot(bot)).state is BotState.PAUSED
        await move_to(lab, "2026-10-24 22:00")
        await is_in(lab, bot, BotState.WAITING)
        # The next morning nine o'clock is an hour later in UTC.
        await move_to(lab, "2026-10-25 07:30")
        refused = await refuses(lab, bot)
        assert (refused.check, refused.measured) == ("hours", "sun 08:30")
        await move_to(lab, "2026-10-25 08:00")
        assert (await _round_trip(lab, bot)).reason is ExitReason.MANUAL
        assert (await refuses(lab, bot)).check == "daily_trades"
        row = await paused(lab, bot)
        # That day has 25 hours.
        assert row.paused_until - at("2026-10-24 22:00") == 25 * 3_600_000
        await move_to(lab, "2026-10-25 22:59:59")
        assert len(await reads(lab, "bot_resumed")) == 1
        await move_to(lab, "2026-10-25 23:00")
        assert len(await reads(lab, "bot_resumed")) == 2
        days = [await lab.books.day(bot, f"2026-10-2{day}") for day in (4, 5)]
        assert [(day.entries, day.closed) for day in days] == [(1, 1), (1, 1)]
        await lab.agree()
