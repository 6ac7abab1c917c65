"""Account limits, transfers, analyses and twins come back exactly, each to its owner alone."""

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.core.account_guard import AccountPause
from engine.core.account_limits import AccountLimits
from engine.core.analysis import Analysis, Twin
from engine.core.bot_config import Environment
from engine.core.errors import Conflict, LeaseLost, NotFound, Stale
from engine.core.position import PositionSide
from engine.core.signal import Action
from engine.core.transfer import Transfer, TransferState
from tests.contract.storage.makers import AT

D = Decimal


async def _key(unit, owner):
    return await unit.keys.add(
        f"main {owner}", Environment.TESTNET, f"print {owner}", b"sealed", AT, ip_restricted=True
    )


async def test_limits_are_those_that_were_set_or_the_defaults(storage, anna):
    limits = AccountLimits(
        zone="Europe/Berlin", own_day=True, max_exposure=D("123.45678901"), stop_guard=3
    )
    async with storage.of(anna.account.id) as unit:
        assert await unit.limits.get(anna.account.id) == AccountLimits()
        await unit.limits.put(anna.account.id, AccountLimits(max_open_positions=1), AT)
        await unit.limits.put(anna.account.id, limits, AT)
        await unit.commit()
    async with storage.reading() as unit:
        assert await unit.limits.all() == {anna.account.id: limits}
    async with storage.of(anna.account.id + 1) as unit:
        with pytest.raises(NotFound):
            await unit.limits.put(anna.account.id, limits, AT)
        with pytest.raises(NotFound):
            await unit.limits.get(anna.account.id)
        assert await unit.limits.all() == {}


async def test_the_latest_pause_of_each_check_is_kept_apart_for_paper_and_money(storage, anna):
    first = AccountPause(anna.account.id, False, "drawdown", "USDT", AT, AT + 1, {7: D("-1.5")})
    later = replace(first, at=AT + 5, until=AT + 9, opened={8: D("0.00000001")})
    others = [replace(first, keyed=True), replace(first, check="stop_guard", quote="", opened={})]
    async with storage.system() as unit:
        for pause in (first, *others, later):
            await unit.limits.put_pause(pause)
        await unit.commit()
    async with storage.reading(anna.account.id) as unit:
        found = await unit.limits.pauses(anna.account.id)
        assert sorted(found, key=str) == sorted([later, *others], key=str)
    async with storage.of(anna.account.id + 1) as unit:
        with pytest.raises(NotFound):
            await unit.limits.pauses(anna.account.id)
        with pytest.raises(NotFound):
            await unit.limits.put_pause(first)


async def test_a_transfer_comes_back_and_is_the_only_one_of_its_key(storage, anna):
    async with storage.of(anna.account.id) as unit:
        key = await _key(unit, anna.account.id)
        await unit.commit()
    async with storage.system() as unit:
        asked = Transfer(0, anna.account.id, anna.bot.id, key.id, "USDT", D("12.34567891"), AT)
        made = await unit.transfers.add(asked)
        await unit.commit()
    async with storage.system() as unit:
        with pytest.raises(Conflict):
            await unit.transfers.add(asked)
        sent = replace(made, state=TransferState.SENT, signed_at=AT + 1)
        await unit.transfers.save(sent, was=made)
        assert await unit.transfers.unfinished() == [sent]
        with pytest.raises(Stale):
            await unit.transfers.save(sent, was=made)
        done = replace(sent, state=TransferState.DONE, exchange_id="77", note="ok")
        await unit.transfers.save(done, was=sent)
        assert await unit.transfers.unfinished() == []
        assert await unit.transfers.recent(limit=5) == [done]
        again = await unit.transfers.add(asked)
        assert again.id != made.id
        await unit.commit()
    async with storage.reading(anna.account.id + 1) as unit:
        assert await unit.transfers.recent(limit=5) == []


async def test_a_transfer_is_intended_by_the_holder_of_the_lease_alone(storage, anna):
    async with storage.of(anna.account.id) as unit:
        key = await _key(unit, anna.account.id)
        await unit.commit()
    async with storage.system() as unit:
        boot = await unit.installs.boot(AT)
        await unit.commit()
    storage.hold(boot.lease - 1)
    asked = Transfer(0, anna.account.id, anna.bot.id, key.id, "USDT", D(5), AT)
    async with storage.system() as unit:
        with pytest.raises(LeaseLost):
            await unit.transfers.add(asked)


async def test_an_analysis_comes_back_and_a_candle_is_analysed_once(storage, anna):
    asked = Analysis(
        0, anna.account.id, "ai#1", "spot:BTCUSDT:1m", AT, AT + 5, "gemini", "flash", "prompt",
        '{"signal": "BUY"}', Action.BUY, 75, "because <b>", "", 100, 20, D("0.00012"), 800,
        {"win_rate": "38"},
    )  # fmt: skip
    async with storage.system() as unit:
        made = await unit.analyses.add(asked)
        await unit.commit()
    async with storage.system() as unit:
        with pytest.raises(Conflict):
            await unit.analyses.add(asked)
        assert await unit.analyses.get(made.id) == made
        assert await unit.analyses.recent(limit=2, part="ai#1") == [made]
        assert await unit.analyses.recent(limit=2, part="ai#2") == []
        assert await unit.analyses.recent(limit=2, stream="spot:BTCUSDT:1m") == [made]
        assert await unit.analyses.recent(limit=2, stream="spot:ETHUSDT:1m") == []
        assert await unit.analyses.costs_since(anna.account.id, AT) == [D("0.00012")]
        assert await unit.analyses.count_since(anna.account.id, AT + 5) == 1
        assert await unit.analyses.count_since(anna.account.id, AT + 6) == 0
        assert await unit.analyses.count_all_since(AT + 5) == 1
        assert await unit.analyses.count_all_since(AT + 6) == 0
    async with storage.reading(anna.account.id + 1) as unit:
        assert await unit.analyses.recent(limit=2) == []
        with pytest.raises(NotFound):
            await unit.analyses.get(made.id)
    async with storage.system() as unit:
        assert await unit.analyses.delete_before(AT + 6) == 1


async def test_a_twin_is_written_over_the_one_before(storage, anna):
    twin = Twin(
        anna.bot.id, anna.account.id, AT, AT + 1, PositionSide.SHORT, D("1.5"), D("1.6"),
        D("1.2"), AT + 2, 9, 4, D("-0.1234"),
    )  # fmt: skip
    async with storage.of(anna.account.id) as unit:
        assert await unit.twins.get(anna.bot.id) is None
        await unit.twins.put(Twin(anna.bot.id, anna.account.id, AT))
        await unit.twins.put(twin)
        assert await unit.twins.get(anna.bot.id) == twin
        assert await unit.twins.many([anna.bot.id, 999]) == {anna.bot.id: twin}
        await unit.commit()
    async with storage.reading(anna.account.id + 1) as unit:
        with pytest.raises(NotFound):
            await unit.twins.get(anna.bot.id)
