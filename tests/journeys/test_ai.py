"""AI bots over the wire: one whose model is sure trades, one whose model is down waits."""

import asyncio
from decimal import Decimal

import pytest

from engine.core.account import Role
from engine.core.bot_config import BotConfig
from storage.opening import open_storage
from tests.fakes.model import serving, verdict
from tests.journeys.world import OPERATOR, world

pytestmark = pytest.mark.journey
# A verdict counts within a minute of the market: at this speed, three seconds.
SPEED = 20.0
GUEST = 7
PATIENCE = 90.0
WORDS = "Buyers <b>return</b> on volume."
_AI = """
[ai]
provider = "gemini"
model = "stub-1"
base_url = "{url}"
api_key = "a-key-for-the-model-0123456789"
price_in = 0.3
price_out = 2.5
"""


def answers(asked):
    """Sure about one symbol, broken for the other."""
    if asked["symbol"] == "ETHUSDT":
        return {"status": 503}
    return verdict("BUY", 90, asked["price"], asked["symbol"], reason=WORDS)


async def has_bot(folder, person, name, symbol):
    """A bot on paper, made in former days."""
    config = BotConfig(
        name=name,
        symbol=symbol,
        strategy="ai",
        params={"ask": "every", "exits": "own", "min_confidence": 60},
        size=Decimal(100),
        stop_loss=Decimal("0.1"),
        take_profit=Decimal("0.1"),
        max_holding_minutes=30,
    )
    storage = await open_storage(f"sqlite+aiosqlite:///{folder / 'skipper.db'}")
    async with storage.system() as unit:
        account = await unit.accounts.add(person, name, Role.TRADER, 0)
        await unit.commit()
    async with storage.of(account.id) as unit:
        await unit.bots.add(config, 0)
        await unit.commit()
    await storage.close()


async def start(person, name):
    await person.say("/start")
    await person.say("/bots")
    await person.press(name)
    await person.press("Start")


async def why(person):
    """Ask for the verdicts until there is one; returns their list."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await person.press("Why?")
            told = await person.reads("What the AI told Silent")
            if "the AI service failed" in told["text"]:
                return told
            await person.press("Card", told)
            await person.reads("without it:")


async def test_a_sure_model_is_followed_and_one_that_is_down_is_named(tmp_path):
    async with serving(answers) as stub, world(tmp_path, speed=SPEED) as w:
        with w.service.config.open("a") as config:
            config.write(_AI.format(url=stub.url))
        await has_bot(tmp_path, OPERATOR, "Oracle", "BTCUSDT")
        await has_bot(tmp_path, GUEST, "Silent", "ETHUSDT")
        await w.service.start()
        trader, waiting = w.person(), w.person(GUEST)
        await start(trader, "Oracle")
        await start(waiting, "Silent")

        bought = await trader.sees(lambda m: "Bought" in m["text"], PATIENCE, "an entry")
        assert f"🤖 “{WORDS}”" in bought["text"]
        assert "the AI says BUY, confidence 90 of 60" in bought["text"]
        await trader.sees(lambda m: " after " in m["text"], PATIENCE, "an exit")

        await waiting.say("/bots")
        await waiting.press("Silent")
        await waiting.reads("without it:")
        told = await why(waiting)
        assert "of 200 calls" in told["text"]
        await waiting.press("1. ")
        await waiting.press("Question and answer")
        await waiting.reads('"symbol":"ETHUSDT"')

        assert await w.service.ask("orders") != []
        assert all(order["symbol"] == "BTCUSDT" for order in await w.service.ask("orders"))
        assert "a-key-for-the-model" not in w.service.log.read_text()
