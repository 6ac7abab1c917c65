"""What a bot's card says of its settings, its day and its clock."""

from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal

import pytest

from bot.texts import Texts
from bot.views.settings import hours_of, length
from bot.views.times import clock_of
from engine.core.account_limits import AccountLimits
from engine.core.bot_config import Direction, Environment, Sizing
from engine.core.bot_state import BotState
from engine.core.checks import DayCount
from engine.core.hours import TradingHours
from engine.core.market import Market, StreamState
from engine.core.position import ExitReason
from tests.unit.bot_content.chat import WIDTH
from tests.unit.services.market import close_flat, hold, started

TEXTS = Texts()
WORKING = TradingHours(
    start=time(9), end=time(17, 30), weekdays=(0, 1, 2, 3, 4), zone="Europe/Berlin"
)
EVERYTHING = {
    "sizing": Sizing.RISK,
    "size": Decimal(1),
    "trailing_stop": Decimal("0.5"),
    "max_holding_minutes": 90,
    "max_daily_loss": Decimal(5),
    "daily_target": Decimal(20),
    "cooldown_minutes": 30,
    "trading_hours": WORKING,
}


async def lines_of(office, chat, bot):
    office.insight.streams[bot.id] = StreamState.LIVE
    await chat.press(f"b:card:{bot.public_id}:")
    lines = chat.text.splitlines()
    assert not [line for line in lines if len(line) > WIDTH]
    return lines


async def in_zone(office, chat, zone, **changes):
    async with office.storage.of(chat.ctx.account.id) as unit:
        await unit.limits.put(chat.ctx.account.id, AccountLimits(zone=zone, **changes), 0)
        await unit.commit()


async def test_every_setting_has_its_line(office, chat):
    bot = await started(office, chat.ctx.account, **EVERYTHING)
    lines = await lines_of(office, chat, bot)
    assert lines[1:8] == [
        "BTCUSDT spot 1m · EMA/RSI",
        "risk 1 % a trade",
        "stop 1 % · target 2 %",
        "trailing stop 0.5 % from the entry on",
        "closed after 1 h 30 min at the latest",
        "enters Mon–Fri 09:00–17:30 Europe/Berlin",
        "",
    ]
    assert "pauses for the day at −5 or +20 USDT" in lines
    assert "pauses for 30 min after a loss" in lines


async def test_a_plain_bot_is_told_in_few_lines(office, chat):
    bot = await started(office, chat.ctx.account)
    lines = await lines_of(office, chat, bot)
    assert len(lines) == 9
    assert not [line for line in lines if "pauses" in line or "enters" in line]


async def test_a_futures_bot_names_its_stake_and_what_may_be_moved(office, chat):
    office.catalogues[Environment.LOCAL].list_futures("BTCUSDT")
    bot = await started(
        office,
        chat.ctx.account,
        market=Market.FUTURES,
        leverage=5,
        direction=Direction.BOTH,
        sizing=Sizing.PERCENT,
        size=Decimal(2),
        auto_transfer=True,
        transfer_amount=Decimal(250),
    )
    lines = await lines_of(office, chat, bot)
    assert "stake 2 % of 1000 USDT a trade" in lines
    assert "up to 250 USDT from the spot wallet" in lines


async def test_outside_of_its_hours_it_says_when_it_enters_again(office, chat):
    bot = await started(office, chat.ctx.account, trading_hours=WORKING)
    # The frozen clock shows a Friday noon, when Berlin is two hours ahead.
    assert "Running, waiting for a signal" in await lines_of(office, chat, bot)
    await office.clock.advance(6 * 3600)
    assert "Running, enters again Mon 07:00 UTC" in await lines_of(office, chat, bot)
    await in_zone(office, chat, "Europe/Berlin")
    lines = await lines_of(office, chat, bot)
    assert "Running, enters again Mon 09:00 CEST" in lines
    assert "next candle at 20:01 CEST" in lines


async def test_after_a_loss_it_says_until_when_it_pauses(office, chat):
    bot = await started(office, chat.ctx.account, cooldown_minutes=30)
    await close_flat(office, await hold(office, bot))
    assert "Running, waiting for a signal" in await lines_of(office, chat, bot)
    lost = await hold(office, bot, decision=2)
    await close_flat(office, lost, "58000", ExitReason.STOP_LOSS)
    assert "Running, pauses after a loss until 12:30 UTC" in await lines_of(office, chat, bot)
    await office.clock.advance(30 * 60)
    assert "Running, waiting for a signal" in await lines_of(office, chat, bot)


async def test_a_position_says_when_its_time_is_over(office, chat):
    bot = await started(office, chat.ctx.account, max_holding_minutes=60)
    position = await hold(office, bot, expires_at=office.clock.now_ms() + 23 * 60_000)
    assert "⌛ closed in 23 min, at 12:23 UTC" in await lines_of(office, chat, bot)
    async with office.storage.system() as unit:
        await unit.positions.save(replace(position, guarded=False))
        await unit.commit()
    assert not [line for line in await lines_of(office, chat, bot) if "⌛" in line]


async def test_a_pause_ends_on_the_clock_of_its_user(office, chat):
    bot = await started(office, chat.ctx.account)
    async with office.storage.system() as unit:
        until = int(datetime(2026, 5, 30, tzinfo=UTC).timestamp() * 1000)
        figures = {"state": BotState.PAUSED, "why": "why.panic", "paused_until": until}
        await unit.bots.save(replace(bot, **figures))
        await unit.commit()
    await in_zone(office, chat, "America/New_York")
    await chat.press(f"b:card:{bot.public_id}:")
    assert "Paused until 20:00 EDT: panic" in chat.text


async def test_the_day_on_the_card_is_that_of_the_owners_limits(office, chat):
    bot = await started(office, chat.ctx.account)
    async with office.storage.system() as unit:
        await unit.counters.add(bot.id, DayCount("2026-05-29", 3, 2, Decimal(1)))
        await unit.counters.add(bot.id, DayCount("2026-05-30", 1, 1, Decimal(2)))
        await unit.commit()
    await in_zone(office, chat, "Pacific/Kiritimati")
    assert "today 3 of 10 trades, +1 USDT" in await lines_of(office, chat, bot)
    await in_zone(office, chat, "Pacific/Kiritimati", own_day=True)
    assert "today 1 of 10 trades, +2 USDT" in await lines_of(office, chat, bot)


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-05-29 23:59", "23:59 UTC"),
        ("2026-05-30 00:00", "Sat 00:00 UTC"),
        ("2026-06-05 11:59", "Fri 11:59 UTC"),
        ("2026-06-05 12:00", "2026-06-05 12:00 UTC"),
    ],
)
def test_an_instant_is_as_short_as_it_is_clear(at, told):
    now = int(datetime(2026, 5, 29, 12, tzinfo=UTC).timestamp() * 1000)
    instant = int(datetime.fromisoformat(f"{at}+00:00").timestamp() * 1000)
    assert clock_of(instant, "UTC", now, TEXTS) == told


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        (TradingHours(), "daily all day UTC"),
        (TradingHours(start=time(22), end=time(6)), "daily 22:00–06:00 UTC"),
        (TradingHours(weekdays=(0, 2, 4)), "Mon,Wed,Fri all day UTC"),
        (TradingHours(weekdays=(5, 6), zone="Etc/GMT-3"), "Sat–Sun all day Etc/GMT-3"),
    ],
)
def test_hours_are_told_in_words(hours, told):
    assert hours_of(hours, TEXTS) == told


@pytest.mark.parametrize(
    ("minutes", "told"), [(30, "30 min"), (60, "1 h"), (1440, "1 d"), (1531, "1 d 1 h 31 min")]
)
def test_a_length_is_exact(minutes, told):
    assert length(minutes, TEXTS) == told
