"""Whose trades are counted, which are kept apart, and where a range begins."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from engine.core.account import Role
from engine.core.account_limits import AccountLimits
from engine.core.bot_config import Environment, Mode
from engine.core.errors import Forbidden, NotFound
from engine.core.statistics.periods import Period
from engine.core.statistics.tally import Tally
from engine.services import bots, statistics
from engine.services.statistics import EVERYBODY, Asked, Purse
from tests.fakes.office import account_of, office_at
from tests.unit.services.closed_trades import HOUR, traded
from tests.unit.services.market import new_bot

D = Decimal
PAPER = Purse(Mode.PAPER, "USDT")
NOON_TODAY = 12  # hours since the day began, UTC


@pytest.fixture
async def office(tmp_path):
    async with office_at(tmp_path) as opened:
        yield opened


@pytest.fixture
async def ada(office):
    return await account_of(office)


async def report(office, account, scope="", days=None, purse=None):
    return await statistics.report(office, account, Asked(scope, purse), days)


async def in_zone(office, account, zone):
    async with office.storage.of(account.id) as unit:
        await unit.limits.put(account.id, AccountLimits(zone=zone), 0)
        await unit.commit()


async def test_without_a_trade_there_is_nothing_to_say(office, ada):
    bot = await new_bot(office, ada)
    assert await report(office, ada) is None
    assert await report(office, ada, bot.public_id) is None
    assert await statistics.calendar(office, ada, Asked(), Period.DAY, 7) is None


async def test_all_bots_of_a_user_are_added_up_and_one_bot_stands_alone(office, ada):
    one, two = await new_bot(office, ada, "one"), await new_bot(office, ada, "two")
    await new_bot(office, ada, "never traded")
    await traded(office, one, "2", 30)
    await traded(office, two, "-0.5", 5)

    both = await report(office, ada)
    alone = await report(office, ada, two.public_id)

    assert both.statistics.total == Tally(2, 1, 1, D("1.5"))
    assert (both.books.bots, both.statistics.capital, both.books.bot) == (2, 2000, None)
    assert alone.statistics.total == Tally(1, 0, 1, D("-0.5"))
    assert (alone.books.bot.id, alone.statistics.capital) == (two.id, 1000)


async def test_trades_of_a_deleted_bot_count(office, ada):
    bot = await new_bot(office, ada)
    await traded(office, bot, "2")
    await bots.delete(office, ada, bot.public_id, bot.revision)
    made = await report(office, ada)
    assert (made.statistics.total.count, made.statistics.capital) == (1, 1000)
    with pytest.raises(NotFound):
        await report(office, ada, bot.public_id)


async def test_assets_and_modes_are_never_added_up(office, ada):
    bot = await new_bot(office, ada)
    async with office.storage.of(ada.id) as unit:
        key = await unit.keys.add("k", Environment.TESTNET, "f", b"s", 0, ip_restricted=True)
        await unit.commit()
    await traded(office, bot, "1")
    await traded(office, bot, "2", quote="USDC")
    await traded(office, bot, "4", account=f"futures:{key.id}")

    shown = await report(office, ada)
    purses = shown.books.purses

    assert purses == (Purse(Mode.TESTNET, "USDT"), Purse(Mode.PAPER, "USDC"), PAPER)
    nets = [(await report(office, ada, purse=purse)).statistics.total.net for purse in purses]
    assert nets == [4, 2, 1]
    assert shown.books.purse == purses[0]
    unknown = await report(office, ada, purse=Purse(Mode.LIVE, "BTC"))
    assert unknown.books.purse == purses[0]


async def test_another_users_trades_are_not_there(office, ada):
    other = await account_of(office, 77)
    hers, his = await new_bot(office, ada), await new_bot(office, other)
    await traded(office, hers, "1")
    await traded(office, his, "5")
    assert (await report(office, ada)).statistics.total.net == 1
    with pytest.raises(NotFound):
        await report(office, ada, his.public_id)


async def test_everybody_is_for_administrators(office, ada):
    other = await account_of(office, 77)
    await traded(office, await new_bot(office, ada), "1")
    await traded(office, await new_bot(office, other), "5")
    with pytest.raises(Forbidden):
        await report(office, ada, EVERYBODY)
    with pytest.raises(Forbidden):
        await statistics.calendar(office, ada, Asked(EVERYBODY), Period.DAY, 7)

    made = await report(office, replace(ada, role=Role.ADMIN), EVERYBODY)

    assert (made.statistics.total.net, made.books.bots, made.statistics.capital) == (6, 2, 2000)


@pytest.mark.parametrize(
    ("days", "net", "capital"),
    [(1, 1, 1110), (2, 11, 1100), (30, 11, 1100), (60, 111, 1000), (None, 111, 1000)],
)
async def test_a_range_begins_with_a_day_on_what_was_there_then(office, ada, days, net, capital):
    bot = await new_bot(office, ada)
    await traded(office, bot, "100", 24 * 40)
    await traded(office, bot, "10", NOON_TODAY + 1)
    await traded(office, bot, "1", NOON_TODAY)

    made = (await report(office, ada, days=days)).statistics

    assert (made.total.net, made.capital) == (net, capital)
    assert made.curve[-1][1] == 1111


async def test_no_range_begins_before_the_first_trade_did(office, ada):
    bot = await new_bot(office, ada)
    trade = await traded(office, bot, "1", 24 * 3)
    for days in (30, None):
        made = (await report(office, ada, days=days)).statistics
        assert (made.since, made.days) == (trade.opened_at, 4)
        assert made.until == office.clock.now_ms()


async def test_a_trade_that_the_exchange_dates_after_now_is_counted(office, ada):
    await traded(office, await new_bot(office, ada), "1", -0.01)
    made = (await report(office, ada, days=1)).statistics
    assert (made.total.net, made.until) == (1, office.clock.now_ms() + HOUR // 100)


async def test_days_are_those_of_the_users_zone(office, ada):
    bot = await new_bot(office, ada)
    await traded(office, bot, "1", NOON_TODAY + 1)
    assert (await report(office, ada, days=1)).statistics.total.count == 0
    await in_zone(office, ada, "Europe/Berlin")
    made = await report(office, ada, days=1)
    assert (made.books.zone, made.statistics.total.count) == ("Europe/Berlin", 1)
    days = await statistics.calendar(office, ada, Asked(), Period.DAY, 7)
    assert [bucket.begins for bucket in days.buckets] == [date(2026, 5, 29)]


async def test_commissions_in_a_third_asset_are_told_apart(office, ada):
    bot = await new_bot(office, ada)
    fees = {"BNB": D("0.01"), "BTC": D("0.000001"), "USDT": D("0.06")}
    await traded(office, bot, "1", fees=fees, fee_quote=D("0.06"))
    await traded(office, bot, "1", 2, fees={"BNB": D("0.02")}, base="BNB")
    await traded(office, bot, "1", 24 * 9, fees={"BNB": D(7)})

    made = await report(office, ada, days=7)

    assert made.unconverted == {"BNB": D("0.01")}
    assert made.statistics.fees["BNB"] == D("0.03")
    assert (made.statistics.commission, made.statistics.total.net) == (D("0.06"), D("1.94"))


@pytest.mark.parametrize(
    ("period", "count", "begins", "counts"),
    [
        (Period.DAY, 3, ["2026-05-29", "2026-05-28", "2026-05-27"], [1, 0, 1]),
        (Period.DAY, 90, ["2026-05-29", "2026-05-28", "2026-05-27", "2026-05-26"], [1, 0, 1, 0]),
        (Period.WEEK, 2, ["2026-05-25", "2026-05-18"], [2, 0]),
        (Period.MONTH, 12, ["2026-05-01", "2026-04-01"], [2, 1]),
    ],
)
async def test_periods_go_back_from_now_and_not_beyond_the_first_trade(
    office, ada, period, count, begins, counts
):
    bot = await new_bot(office, ada)
    for days in (0, 2, 40):
        await traded(office, bot, "1", 1 + 24 * days)

    made = await statistics.calendar(office, ada, Asked(), period, count)

    shown = made.buckets[: len(begins)]
    assert [bucket.begins.isoformat() for bucket in shown] == begins
    assert [bucket.tally.count for bucket in shown] == counts
    assert len(made.buckets) <= min(count, 41)
    assert made.total.count == sum(bucket.tally.count for bucket in made.buckets)


async def test_more_trades_than_one_page_holds_are_all_read(office, ada, monkeypatch):
    monkeypatch.setattr(statistics, "_ROWS", 2)
    bot = await new_bot(office, ada)
    for hours in range(5):
        await traded(office, bot, "1", hours)
    assert (await report(office, ada)).statistics.total.count == 5
