"""Days of limits, rests after a loss, and what several bots share in one pass."""

from decimal import Decimal

import pytest

from engine.core.bot_config import Mode
from engine.core.bot_state import BotState
from engine.core.hours import day_of, next_day
from engine.cycles import tell_bots
from engine.cycles.days import rebuild_day
from engine.services import limits

NEW_YORK, KIRITIMATI, BERLIN = "America/New_York", "Pacific/Kiritimati", "Europe/Berlin"
HOUR = 3600


async def outcome(lab, bot):
    async with lab.storage.reading() as unit:
        return await unit.signals.last(bot.id)


async def refused(lab, bot):
    """Let its judge say BUY; the check that said no."""
    before = await outcome(lab, bot)
    lab.buy(bot)

    async def judged():
        row = await outcome(lab, bot)
        return row if row is not None and row != before else None

    row = await lab.until(judged)
    return row.refused.check if row.refused else None


async def own_days(lab, zone):
    """The user chooses a zone, then that its days are those of the limits."""
    await limits.change(lab.office, lab.account, "zone", zone)
    await limits.change(lab.office, lab.account, "own_day", value=True)
    await lab.until(lambda: lab.engine.fleet.zone_of(lab.account.id) == zone)
    await lab.until(lambda: not lab.engine.fleet.rezoned)


async def round_trip(lab, bot):
    await lab.enter(bot)
    await lab.close_by_hand(bot)
    return await lab.closed(bot)


@pytest.mark.parametrize("zone", [NEW_YORK, KIRITIMATI, BERLIN])
async def test_a_new_zone_counts_today_anew_and_what_follows_in_its_days(lab, zone):
    bot = await lab.running()
    await round_trip(lab, bot)
    await lab.advance(13 * HOUR)  # 01:00 UTC: another day there and in Berlin, the same elsewhere
    await lab.restart()
    await lab.ready(bot)
    await round_trip(lab, bot)
    await own_days(lab, zone)
    await round_trip(lab, bot)
    today = day_of(lab.clock.now_ms(), zone)
    trades = [t for t in await lab.books.trades(bot) if day_of(t.closed_at, zone) == today]
    counted = await lab.books.day(bot, today)
    assert (counted.entries, counted.closed) == (len(trades), len(trades))
    assert counted.net == sum(t.net for t in trades)
    assert len(trades) == (2 if zone == BERLIN else 3)
    assert lab.engine.fleet.today(lab.engine.fleet.members[bot.id]) == counted


async def test_counting_a_day_anew_twice_changes_nothing(lab):
    bot = await lab.running()
    await round_trip(lab, bot)
    counted = await lab.books.day(bot, "2026-05-29")
    for _ in range(2):
        async with lab.storage.system() as unit:
            again = await rebuild_day(unit, bot.id, "UTC", lab.clock.now_ms())
            await unit.commit()
        assert again == counted == await lab.books.day(bot, "2026-05-29")


async def test_a_pause_ends_with_the_owners_day_and_not_with_another(lab):
    await own_days(lab, NEW_YORK)
    bot = await lab.running(max_daily_trades=1)
    await round_trip(lab, bot)
    assert await refused(lab, bot) == "daily_trades"
    midnight = next_day(lab.clock.now_ms(), NEW_YORK)
    assert (await lab.books.bot(bot)).paused_until == midnight
    await lab.advance((midnight - lab.clock.now_ms()) // 1000 - 1)  # far beyond 00:00 UTC
    await lab.job("daily reset")
    assert (await lab.books.bot(bot)).state is BotState.PAUSED
    await lab.advance(1)
    await lab.job("paused bots")
    assert (await lab.books.bot(bot)).state is BotState.WAITING


@pytest.mark.parametrize("days", [1, 3])
async def test_a_crash_before_the_resets_commit_leaves_everything_to_the_next_start(
    lab, monkeypatch, days
):
    bot = await lab.running(max_daily_trades=1)
    await round_trip(lab, bot)
    await refused(lab, bot)
    await lab.until(lambda: lab.books.alerts("bot_paused"))

    def dies(*_):
        raise RuntimeError("killed")

    await lab.advance(days * 24 * HOUR)
    with monkeypatch.context() as broken:
        broken.setattr(tell_bots, "resumed", dies)
        with pytest.raises(RuntimeError):
            await lab.job("daily reset")
        assert (await lab.books.bot(bot)).state is BotState.PAUSED
        assert await lab.books.alerts("bot_resumed") == []
        await lab.crash()
    await lab.begin()
    assert (await lab.books.bot(bot)).state is BotState.WAITING
    for _ in range(2):  # after the commit: nothing is resumed or told again
        await lab.restart()
        await lab.job("daily reset")
    assert len(await lab.books.alerts("bot_resumed")) == 1


async def test_a_bot_rests_after_a_loss_across_a_restart_and_not_after_a_gain(lab):
    bot = await lab.running(cooldown_minutes=30, take_profit=Decimal(1))
    await lab.enter(bot)
    await lab.price(51_000)
    assert (await lab.closed(bot)).net > 0
    await lab.enter(bot)
    await lab.price(49_000)
    lost = await lab.closed(bot)
    assert lost.net < 0
    assert await refused(lab, bot) == "cooldown"
    await lab.restart()
    await lab.ready(bot)
    assert lab.engine.fleet.members[bot.id].last_loss_at == lost.closed_at
    assert await refused(lab, bot) == "cooldown"
    await lab.advance(30 * 60)
    await lab.ready(bot)
    await lab.enter(bot)


@pytest.mark.parametrize(
    ("field", "value", "check"),
    [("max_open_positions", 2, "open_positions"), ("max_exposure", Decimal(250), "exposure")],
)
async def test_bots_on_one_candle_share_the_limits_of_their_owner(lab, field, value, check):
    await limits.change(lab.office, lab.account, field, value)
    bots = [await lab.add_bot(f"bot {number}") for number in range(4)]
    paper = await lab.add_bot("paper", mode=Mode.PAPER)
    for bot in (*bots, paper):
        await lab.ready(bot)
    await lab.until(lambda: lab.engine.fleet.limits_of(lab.account.id).model_dump()[field])
    lab.buy(bots[0])
    for bot in (*bots[:2], paper):  # paper money is counted apart
        await lab.covered(bot)
    rows = [await lab.until(lambda bot=bot: outcome(lab, bot)) for bot in bots]
    assert [row.outcome for row in rows] == ["entry", "entry", "refused", "refused"]
    assert {row.refused.check for row in rows[2:]} == {check}
    assert await refused(lab, bots[3]) == check, "what is held counts like what is decided"
    await lab.close_by_hand(bots[0])
    await lab.closed(bots[0])
    for bot in (bots[0], bots[2]):  # they hear the same signal
        await lab.stop(bot)
        await lab.until(lambda: not lab.engine.fleet.members[bot.id].bot.state.running)  # noqa: B023
    await lab.enter(bots[3])
    await lab.agree()
