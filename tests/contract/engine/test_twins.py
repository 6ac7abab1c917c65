"""Twins in memory and in rows: every candle once, across restarts and gaps."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from engine.core.account import Role
from engine.core.bot_config import BotConfig
from engine.core.errors import DatabaseFailed
from engine.core.position import PositionSide
from engine.core.signal import Action
from engine.cycles.fleet import Member
from engine.cycles.twins import Twins
from storage.opening import open_storage
from tests.contract.engine.clock import START
from tests.unit.strategies.ai.make import candle

CONFIG = BotConfig(name="A", symbol="BTCUSDT", strategy="ai", stop_loss=1, take_profit=2)
FLAT = [candle(n, 100.0) for n in range(10)]
HIT = candle(10, 100.0, high=102.0)


@pytest.fixture
async def storage(tmp_path):
    storage = await open_storage(f"sqlite+aiosqlite:///{tmp_path / 'twins.db'}")
    yield storage
    await storage.close()


@pytest.fixture
async def member(storage):
    async with storage.system() as unit:
        account = await unit.accounts.add(1, "Ann", Role.TRADER, START)
        await unit.commit()
    async with storage.of(account.id) as unit:
        bot = await unit.bots.add(CONFIG, START)
        await unit.commit()
    return Member(bot, ("ai",))


def keeper(storage, member):
    return Twins(SimpleNamespace(members={member.bot.id: member}), storage)


async def stored(storage, member):
    async with storage.reading() as unit:
        return await unit.twins.get(member.bot.id)


async def test_a_twin_enters_on_a_setup_and_its_exit_is_written(storage, member):
    twins = keeper(storage, member)
    await twins.follow([member], FLAT, Action.BUY, START)
    assert (await stored(storage, member)).side is PositionSide.LONG

    await twins.follow([member], [*FLAT[1:], HIT], Action.HOLD, START)

    twin = await stored(storage, member)
    assert (twin.side, twin.trades, twin.wins, twin.since) == (None, 1, 1, START)


async def test_after_a_restart_missed_candles_bring_exits_alone(storage, member):
    await keeper(storage, member).follow([member], FLAT, Action.BUY, START)

    later = [*FLAT[2:], HIT, candle(11, 100.0)]
    await keeper(storage, member).follow([member], later, Action.HOLD, START + 5)

    twin = await stored(storage, member)
    assert (twin.side, twin.trades, twin.since) == (None, 1, START)


async def test_a_gap_that_cannot_be_seen_lets_the_position_go(storage, member):
    await keeper(storage, member).follow([member], FLAT, Action.BUY, START)

    later = [candle(n, 50.0) for n in range(100, 110)]
    await keeper(storage, member).follow([member], later, Action.HOLD, START)

    twin = await stored(storage, member)
    assert (twin.side, twin.trades) == (None, 0)


async def test_the_same_candle_enters_once(storage, member):
    twins = keeper(storage, member)
    await twins.follow([member], FLAT, Action.HOLD, START)
    await twins.follow([member], FLAT, Action.BUY, START)

    assert (await stored(storage, member)).side is None


async def test_a_quiet_twin_is_written_once(storage, member):
    twins = keeper(storage, member)
    await twins.follow([member], FLAT, Action.HOLD, START)
    first = await stored(storage, member)
    await twins.follow([member], [*FLAT[1:], candle(10, 100.0)], Action.HOLD, START)

    assert await stored(storage, member) == first


async def test_a_held_position_is_written_now_and_then(storage, member):
    twins = keeper(storage, member)
    await twins.follow([member], FLAT, Action.BUY, START)
    candles = [*FLAT, *(candle(n, 100.0) for n in range(10, 70))]
    await twins.follow([member], candles, Action.HOLD, START)

    assert (await stored(storage, member)).judged_until == candles[-1].open_time


async def test_a_failing_database_is_no_reason_to_raise(storage, member):
    twins = keeper(storage, member)

    def fails():
        raise DatabaseFailed("full")

    twins.storage = SimpleNamespace(reading=fails, system=fails)
    await twins.follow([member], FLAT, Action.BUY, START)


async def test_twins_of_deleted_bots_are_forgotten(storage, member):
    twins = keeper(storage, member)
    await twins.follow([member], FLAT, Action.BUY, START)
    twins.fleet.members.clear()
    other = replace(member.bot, id=member.bot.id + 1)
    async with storage.of(member.bot.owner_id) as unit:
        await unit.bots.add(CONFIG.model_copy(update={"name": "B"}), START)
        await unit.commit()
    await twins.follow([Member(other, ("ai",))], FLAT, Action.HOLD, START)

    assert list(twins._twins) == [other.id]
