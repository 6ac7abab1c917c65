"""A local Telegram, the chat's frame at it, and people to talk to it."""

import pytest

from bot.sandbox.server import ChatOptions, LocalChat
from engine.runtime.clock import MarketClock
from tests.contract.chat.house import TOKEN, House
from tests.fakes.office import office_at


@pytest.fixture
async def telegram():
    local = LocalChat(ChatOptions(token=TOKEN))
    await local.start()
    yield local
    await local.stop()


@pytest.fixture
async def office(tmp_path):
    async with office_at(tmp_path, clock=MarketClock()) as made:
        yield made


@pytest.fixture
async def house(telegram, office):
    """The chat runs; person 1 is an operator and 2 a trader."""
    made = House(telegram, office)
    await made.open()
    yield made
    await made.close()
