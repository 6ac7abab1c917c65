"""What the chat shows of closed trades: summary, details, days, weeks and months."""

from decimal import Decimal

import pytest

from bot.views.plot import WIDTH as BARS
from bot.views.plot import sparkline, table
from engine.core.account import Role
from engine.core.bot_config import Environment
from engine.core.errors import InvalidValue
from engine.core.position import ExitReason
from tests.fakes.office import account_of
from tests.unit.bot_content.chat import WIDTH, Chat
from tests.unit.services.closed_trades import traded
from tests.unit.services.market import new_bot

D = Decimal
TABLE_WIDTH = 34


@pytest.fixture
async def bot(office, chat):
    return await new_bot(office, chat.ctx.account)


@pytest.fixture
async def busy(office, bot):
    """Three trades in as many days, and one long before."""
    await traded(office, bot, "-20", 24 * 40, reason=ExitReason.STOP_LOSS)
    await traded(office, bot, "30", 49, reason=ExitReason.TAKE_PROFIT)
    await traded(office, bot, "-12.34", 25, reason=ExitReason.STOP_LOSS)
    fees = {"BNB": D("0.00012"), "USDT": D("0.5")}
    await traded(office, bot, "5", 1, fees=fees, fee_quote=D("0.5"))
    return bot


def pre(screen):
    return screen.text.partition("<pre>")[2].partition("</pre>")[0].splitlines()


async def test_the_summary_says_what_the_trades_brought(chat, busy):
    await chat.say("/profit")
    lines = chat.text.splitlines()
    assert lines[:4] == [
        "📊 Statistics · PAPER",
        "1 of your bots · since 2026-04-19",
        "profit +2.16 USDT (+0.22 %)",
        "capital and results 1000 → 1002.16",
    ]
    assert len(lines[4]) == BARS
    assert lines[6:] == [
        "4 trades: 2 won, 2 lost (50% won)",
        "profit factor 1.07 · +0.54 a trade",
        "average win +17.25 · loss −16.17",
        "best +30 · worst −20",
        "drawdown −2 % (−20 USDT),",
        "made good after 37 d 23 h",
        "fees in the result −0.5 USDT",
        "⚠ besides 0.00012 BNB:",
        "not converted, not in the result",
        "",
        "Closed trades only, days of UTC",
    ]


async def test_ranges_are_one_tap_apart(chat, busy):
    await chat.say("/home")
    await chat.tap("Statistics")
    assert "4 trades" in chat.text
    await chat.tap("7 d")
    assert "1 of your bots · last 7 days\nprofit +22.16 USDT (+2.26 %)" in chat.text
    assert "capital and results 980 → 1002.16" in chat.text
    assert "not made good after 2 d 1 h" in chat.text
    assert "• 7 d" in chat.labels
    await chat.tap("Today")
    assert "1 of your bots · today\nprofit +4.5 USDT" in chat.text
    assert "profit factor – · +4.5 a trade" in chat.text
    await chat.tap("Refresh")
    assert "• Today" in chat.labels
    await chat.tap("All")
    assert "4 trades" in chat.text


async def test_a_range_without_a_trade_says_so(office, chat, bot):
    await traded(office, bot, "5", 24 * 3)
    await chat.say("/profit 1")
    assert "even" in chat.text
    assert "No trade closed in this time." in chat.text
    assert "capital and results 1005 → 1005" in chat.text
    await chat.tap("Details")
    assert "net 0 USDT" in chat.text
    assert "<pre>" not in chat.screen.text


async def test_details_tell_costs_ratios_and_reasons(chat, busy):
    await chat.say("/stats")
    assert "before fees +2.66 USDT\nfees −0.5 USDT\nfunding 0 USDT\nnet +2.16 USDT" in chat.text
    assert "by 41 daily returns, 365 make a year" in chat.text
    assert "held 30 min on average" in chat.text
    assert "longest streaks: 1 won, 1 lost" in chat.text
    assert pre(chat.screen) == [
        "ended by            n         USDT",
        "stop loss           2       −32.34",
        "opposite signal     1         +4.5",
        "take profit         1          +30",
    ]
    await chat.tap("7 d")
    assert "Sharpe, Sortino, Calmar: from 30 days on" in chat.text
    await chat.tap("Back")
    assert "• 7 d" in chat.labels


async def test_days_weeks_and_months_are_tables_that_add_up(chat, busy):
    await chat.say("/daily 3")
    assert "1 of your bots · days of UTC" in chat.text
    assert pre(chat.screen) == [
        "day            n  won         USDT",
        "2026-05-29     1 100%         +4.5",
        "2026-05-28     1   0%       −12.34",
        "2026-05-27     1 100%          +30",
        "together       3  67%       +22.16",
    ]
    await chat.tap("Months")
    assert pre(chat.screen) == [
        "month          n  won         USDT",
        "2026-05        3  67%       +22.16",
        "2026-04        1   0%          −20",
        "together       4  50%        +2.16",
    ]
    await chat.tap("Weeks")
    assert pre(chat.screen)[1] == "2026-05-25     3  67%       +22.16"
    assert pre(chat.screen)[2] == "2026-05-18     0    –            0"
    await chat.tap("Back")
    assert "4 trades" in chat.text


@pytest.mark.parametrize("command", ["/daily", "/weekly", "/monthly", "/profit"])
@pytest.mark.parametrize("typed", ["x", "0", "-3", "1000", "9" * 5000, "٣", "1.5"])
async def test_a_number_that_is_none_is_given_back_with_the_range(chat, busy, command, typed):
    with pytest.raises(InvalidValue) as refused:
        await chat.say(f"{command} {typed}")
    assert refused.value.problem in {"not_whole", "range"}


async def test_ninety_days_fit_into_one_message(office, chat, bot):
    for days in range(0, 120, 3):
        await traded(office, bot, "-123456.78", 24 * days)
    await chat.say("/daily 90")
    assert len(pre(chat.screen)) == 92
    assert len(chat.screen.text) < 4096
    assert not [line for line in pre(chat.screen) if len(line) != TABLE_WIDTH]


async def test_lines_are_as_short_as_a_telephone_is_narrow(chat, busy):
    for command in ("/profit", "/stats", "/weekly"):
        await chat.say(command)
        assert not [line for line in chat.text.splitlines() if len(line) > WIDTH]
        assert not [line for line in pre(chat.screen) if len(line) > TABLE_WIDTH]


async def test_a_bots_statistics_are_opened_from_its_card(office, chat, busy):
    other = await new_bot(office, chat.ctx.account, "other")
    await traded(office, other, "100", 2)
    await chat.press(f"b:card:{busy.public_id}:")
    await chat.tap("Stats")
    assert "BTC trend · since" in chat.text
    assert "4 trades" in chat.text
    await chat.tap("Weeks")
    assert "BTC trend · days of UTC" in chat.text
    await chat.tap("Back")
    await chat.tap("Trades")
    assert "Trades of BTC trend" in chat.text
    await chat.say("/profit")
    assert "2 of your bots" in chat.text
    await chat.press(f"b:card:{busy.public_id}:")
    await chat.tap("Stats")
    await chat.tap("Card")
    assert "BTC trend" in chat.text


async def test_without_a_trade_the_screen_says_so(chat, bot):
    for command in ("/profit", "/stats", "/daily"):
        await chat.say(command)
        assert "No closed trade yet" in chat.text
    await chat.press(f"b:card:{bot.public_id}:")
    await chat.tap("Stats")
    assert "No closed trade yet" in chat.text
    await chat.tap("Card")
    assert "BTC trend" in chat.text


async def test_each_purse_has_its_own_screen(office, chat, busy):
    async with office.storage.of(chat.ctx.account.id) as unit:
        key = await unit.keys.add("k", Environment.TESTNET, "f", b"s", 0, ip_restricted=True)
        await unit.commit()
    await traded(office, busy, "7", 2, account=f"key:{key.id}", quote="FDUSD")
    await chat.say("/profit")
    assert "Statistics · TESTNET" in chat.text
    assert "profit +7 FDUSD" in chat.text
    await chat.tap("PAPER USDT")
    assert "Statistics · PAPER" in chat.text
    await chat.tap("Days")
    assert "By day · PAPER" in chat.text
    await chat.tap("TESTNET FDUSD")
    assert "By day · TESTNET" in chat.text
    await chat.tap("Back")
    await chat.tap("Details")
    assert "net +7 FDUSD" in chat.text


async def test_an_administrator_sees_everybody_without_names(office, chat, busy):
    admin = Chat(office, await account_of(office, 1, Role.ADMIN))
    await admin.say("/profit")
    assert "No closed trade yet" in admin.text
    await admin.tap("Everybody")
    assert "everybody, 1 bot · since" in admin.text
    assert "Ada" not in admin.text
    assert "BTC trend" not in admin.text
    assert not any("Trades" in label for label in admin.labels)
    await admin.tap("Months")
    assert "everybody, 1 bot" in admin.text
    await chat.say("/profit")
    assert not any("Everybody" in label for label in chat.labels)
    await chat.press("s:sum:all.all.:")
    assert chat.toast


async def test_forged_references_show_what_is_ones_own(chat, busy):
    for ref in ("", "..", ".0d.", ".9999d.", ".xd.x-y", "..paper-", "..live-USDT", ".7d"):
        await chat.press(f"s:sum:{ref}:")
        assert "profit +2" in chat.text
    await chat.press("s:more:zzzzzz.all.:")
    assert "not there any more" in chat.toast


def test_a_sparkline_spreads_values_over_equal_times():
    curve = [(0, D(0)), (10, D(7)), (20, D(3))]
    drawn = sparkline(curve, 24)
    assert drawn == "▁" * 9 + "█" * 10 + "▄" * 5
    assert sparkline([(0, D(5))], 0) == ""
    assert sparkline([(0, D(5)), (3, D(5))], 9) == ""


def test_a_table_cuts_its_first_column_alone():
    drawn = table(("name", "n"), [("abcdefgh", "123456")], (5, 3))
    assert drawn == "name    n\nabcd… 123456"
