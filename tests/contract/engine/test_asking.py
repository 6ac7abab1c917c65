"""When the model of AI bots is asked, over the wire: only where it may matter, and never twice."""

import asyncio
import json

from engine.core.account_limits import AccountLimits
from engine.core.analysis import Analysis
from engine.core.bot_config import Mode
from engine.core.order import Leg
from engine.core.signal import Action
from engine.cycles.judges import part_of
from tests.contract.engine.advised import EVERY, advised, analyses, judged, said_next, says


async def test_a_symbol_with_a_short_history_is_not_asked_about(place):
    async with advised(place, says()) as (lab, stub):
        bot = await lab.running(**EVERY)
        member = lab.engine.fleet.members[bot.id]
        stream = lab.engine.fleet.stream_of(bot)
        asked = lab.engine.signals._panels[stream].slow[member.judge]
        candles = lab.life.feed.candles(stream[1])
        said = await asked.judge.judge(stream, bot.owner_id, candles[:1])

        assert said.reason == "warming_up"
        assert said.values == {"seen": 1.0, "needed": 260.0}
        assert not stub.requests


async def test_a_rest_that_the_service_asks_for_is_kept_without_asking(place):
    async with advised(place, {"status": 429, "headers": {"Retry-After": "600"}}) as (lab, stub):
        bot = await lab.running(**EVERY)
        await judged(lab, bot)
        said = await judged(lab, bot)

        assert said.reason == "ai_resting"
        assert len(stub.requests) == 1


async def test_no_model_is_asked_while_the_bot_could_not_enter(place):
    async with advised(place, says()) as (lab, stub):
        bot = await lab.running(**EVERY)
        await judged(lab, bot)
        await lab.covered(bot)
        said = await judged(lab, bot)

        assert said.reason == "ai_idle"
        assert len(stub.requests) == 1


async def test_a_spot_bot_is_not_asked_about_a_setup_to_sell(place):
    async with advised(place, says("SELL")) as (lab, stub):
        bot = await lab.running(**EVERY)
        said = await judged(lab, bot)

        assert json.loads(stub.requests[0][2]["messages"][1]["content"])["directions"] == ["long"]
        assert said.action is Action.SELL
        assert not lab.books.venue()


async def test_without_a_setup_nobody_is_asked(place):
    async with advised(place, says()) as (lab, stub):
        bot = await lab.running(**EVERY | {"params": {}})
        await judged(lab, bot)
        # The market stood still but for one candle: no turn.
        said = await judged(lab, bot)

        assert said.reason == "ai_no_setup"
        assert not stub.requests


async def test_a_users_bots_take_turns_and_share_the_days_calls(place):
    async with advised(place, says("HOLD")) as (lab, _):
        first = await lab.running("one", **EVERY)
        second = await lab.running("two", **EVERY | {"symbol": "ETHUSDT"})
        asked = []
        for _ in range(4):
            said = await asyncio.gather(judged(lab, first), said_next(lab, second))
            asked.append([each.reason for each in said])

    assert [row.count("ai_budget_spacing") for row in asked] == [1] * 4
    assert {row.index("ai_hold") for row in asked} == {0, 1}


async def test_the_users_own_limit_of_calls_ends_asking(place):
    async with advised(place, says("HOLD")) as (lab, stub):
        async with lab.storage.of(lab.account.id) as unit:
            limits = AccountLimits(ai_calls=1)
            await unit.limits.put(lab.account.id, limits, lab.clock.now_ms())
            await unit.commit()
        bot = await lab.running(**EVERY)
        await judged(lab, bot)
        said = await judged(lab, bot)

        assert said.reason == "ai_budget_user"
        assert len(stub.requests) == 1


async def test_bots_with_the_same_settings_are_asked_about_once(place):
    async with advised(place, says()) as (lab, stub):
        bots = [await lab.add_bot(f"bot {n}", **EVERY) for n in range(2)]
        bots.append(await lab.add_bot("paper", mode=Mode.PAPER, **EVERY))
        for bot in bots:
            await lab.ready(bot)
        await judged(lab, bots[0])
        for bot in bots:
            await lab.covered(bot)

        assert len(stub.requests) == 1
        assert len(await analyses(lab)) == 1


async def test_a_candle_is_asked_about_once_across_restarts(place):
    async with advised(place, says("HOLD")) as (lab, stub):
        bot = await lab.running(**EVERY)
        await judged(lab, bot)
        await lab.until(lambda: stub.requests)
        await lab.restart()
        await lab.ready(bot)
        for _ in range(3):
            await lab.job("signal")

        assert len(stub.requests) == 1
        assert not lab.books.venue(Leg.ENTRY)


async def test_a_candle_whose_verdict_a_crash_lost_is_not_asked_about_again(place):
    async with advised(place, says()) as (lab, stub):
        bot = await lab.running(**EVERY)
        lost = Analysis(
            0, bot.owner_id, part_of(lab.engine.fleet.members[bot.id].judge),
            "spot:BTCUSDT:1m", lab.exchange.clock.now(), 0, "stub", "m", "", "", Action.BUY, 90,
            "",
        )  # fmt: skip
        async with lab.storage.system() as unit:
            await unit.analyses.add(lost)
            await unit.commit()
        said = await judged(lab, bot)

        assert (said.action, said.reason) == (Action.HOLD, "ai_again")
        assert not stub.requests


async def test_old_analyses_are_forgotten(place):
    async with advised(place, says("HOLD")) as (lab, _):
        bot = await lab.running(**EVERY)
        await judged(lab, bot)
        await lab.job("old analyses")
        assert len(await analyses(lab)) == 1
        lab.clock.set(lab.clock.now_ms() + 31 * 86_400_000)
        await lab.job("old analyses")

        assert await analyses(lab) == []
