"""A futures bot on paper over the wire: four taps, trades both ways, and panic."""

import asyncio
from decimal import Decimal

import pytest

from bot.views.figures import money, signed
from tests.journeys.market_data import stormy_candles
from tests.journeys.world import world

pytestmark = pytest.mark.journey
SPEED = 300.0
PATIENCE = 40.0


async def test_a_paper_futures_bot_from_four_taps_to_panic(tmp_path):
    async with world(tmp_path, speed=SPEED, data=stormy_candles(tmp_path)) as w:
        await w.service.start()
        ann = w.person()
        await ann.say("/start")
        await ann.reads("Welcome aboard")
        await ann.say("/new")
        await ann.press("Futures", await ann.reads("Which market"))
        await ann.press("BTCUSDT", await ann.reads("Which symbol"))
        await ann.press("Rest as suggested", await ann.reads("Which plan"))
        await ann.reads("3×, both ways")
        await ann.press("✏ Stop")
        await ann.press("0.5 %", await ann.reads("liquidates beyond"))
        await ann.press("✏ Target", await ann.reads("Check and create"))
        await ann.press("1 %", await ann.reads("in your favour"))
        await ann.press("✏ Limits", await ann.reads("Check and create"))
        await ann.press("Trades a day", await ann.reads("Limits: when it shall not enter"))
        await ann.press("no limit", await ann.reads("At most how many trades"))
        await ann.press("Next", await ann.reads("Limits: when it shall not enter"))
        await ann.press("Create and start", await ann.reads("Check and create"))
        await ann.reads("3× isolated, both ways")

        await ann.sees(lambda m: "Sold short BTC" in m["text"], PATIENCE, "a short")
        await ann.sees(lambda m: "Bought back BTC" in m["text"], PATIENCE, "its end")
        await ann.sees(lambda m: "LONG 3× futures" in m["text"], PATIENCE, "a long")

        await ann.say("/panic")
        await ann.press("Stop and close everything", await ann.reads("no new entry"))
        await ann.reads("what came of it")
        async with asyncio.timeout(PATIENCE):
            while not any("stopped and flat" in m["text"] for m in ann.board.values()):
                await ann.press("Refresh", await ann.reads("what came of it"))
                await ann.look(0.5)
        trades = await w.service.ask("trades")
        assert {t["side"] for t in trades} == {"long", "short"}
        await exact_statistics(ann, [Decimal(t["net"]) for t in trades])


async def exact_statistics(person, nets):
    """What the chat says of all trades is what the books hold."""
    await person.say("/profit")
    shown = await person.reads("Closed trades only")
    assert signed(money(sum(nets))) in shown["text"]
    assert f"{len(nets)} trades: {sum(net > 0 for net in nets)} won" in shown["text"]
    await person.press("Details", shown)
    await person.reads("ended by")
    await person.press("Back")
    await person.press("Days", await person.reads("Closed trades only"))
    last = (await person.reads("together"))["text"].splitlines()[-1]
    assert last.split()[1:] == [str(len(nets)), last.split()[2], signed(money(sum(nets)))]
