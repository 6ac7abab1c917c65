"""Strategies of third parties in the chat: their own words are shown, never as markup."""

import pytest

from engine.strategies import registry
from engine.strategies.base import Param
from engine.strategies.frames import FrameStrategy
from tests.fakes.office import account_of, office_at
from tests.unit.bot_content.chat import Chat


@pytest.fixture
async def chat(tmp_path):
    async with office_at(tmp_path) as office:
        yield Chat(office, await account_of(office))


@pytest.fixture
def register():
    yield lambda **told: registry.register(FrameStrategy(source="some:WHERE", **told))
    registry.forget_registered()


async def to_strategies(chat):
    await chat.say("/new")
    for label in ("Spot", "BTCUSDT", "My own", "1m"):
        await chat.tap(label)


async def test_a_plug_in_is_offered_with_its_settings_and_in_its_own_words(chat, register):
    help_ = "candles of the <range> & more."
    params = (Param("candles", "int", 20, help_, low=2, high=500),)
    register(name="breakout", title="Break <out>", about="Buys <new> highs.", params=params)
    await to_strategies(chat)
    assert "Buys <new> highs." in chat.text
    await chat.tap("Break <out>")
    assert "Break <out>" in chat.text
    await chat.tap("✏ candles: 20")
    assert "candles of the <range> & more." in chat.text
    await chat.say("30")
    for label in ("Next", "25", "1 %", "2 %", "Next", "Next", "Paper", "Next", "Create and start"):
        await chat.tap(label)
    assert "Break <out>" in chat.text


async def test_a_plug_in_without_settings_makes_a_bot_too(chat, register):
    register(name="plain", title="Plain", params=())
    await to_strategies(chat)
    for label in ("Plain", "Next", "25", "1 %", "2 %", "Next", "Next", "Paper", "Next"):
        await chat.tap(label)
    assert "Check and create" in chat.text
    await chat.tap("Create and start")
    assert "Plain" in chat.text
