"""What the chat's tests find: an office with a database, and a trader's chat."""

import pytest

from tests.fakes.office import account_of, office_at
from tests.unit.bot_content.chat import Chat


@pytest.fixture
async def office(tmp_path):
    async with office_at(tmp_path) as opened:
        yield opened


@pytest.fixture
async def chat(office):
    return Chat(office, await account_of(office))
