"""A running sandbox, the real client library pointed at it, and people to talk to it."""

from collections.abc import AsyncIterator

import httpx
import pytest
import telegram

from bot.sandbox.server import ChatOptions, LocalChat
from tests.contract.sandbox.wire import TOKEN, Person, RecordingRequest, check_answers, check_calls


@pytest.fixture
async def chat() -> AsyncIterator[LocalChat]:
    local = LocalChat(ChatOptions(token=TOKEN))
    await local.start()
    yield local
    await local.stop()


@pytest.fixture
async def http(chat: LocalChat) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=chat.url, trust_env=False, timeout=15) as client:
        yield client


@pytest.fixture
async def bot(chat: LocalChat, http: httpx.AsyncClient) -> AsyncIterator[telegram.Bot]:
    answers: list[tuple[str, int, bytes]] = []
    client = telegram.Bot(
        TOKEN,
        base_url=chat.base_url,
        base_file_url=chat.base_file_url,
        request=RecordingRequest(answers, read_timeout=2),
        get_updates_request=RecordingRequest(answers),
    )
    await client.initialize()
    yield client
    await client.shutdown()
    check_answers(answers)
    calls = (await http.get("/sandbox/log")).json()["calls"]
    check_calls([call for call in calls if call["status"] == 200])


@pytest.fixture
async def ann(http: httpx.AsyncClient) -> Person:
    """A person who has already started the bot and seen everything so far."""
    person = Person(http, 1)
    await person.say("/start")
    return person
