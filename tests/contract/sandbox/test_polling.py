"""getUpdates: order, confirmation, lifetimes, and who may read."""

import asyncio

import httpx
import pytest
from telegram import Bot
from telegram.error import Conflict

from tests.contract.sandbox.wire import TOKEN, Person

POLL = f"/bot{TOKEN}/getUpdates"


async def _texts(bot: Bot, **options: object) -> list[str]:
    return [update.message.text for update in await bot.get_updates(**options)]


async def test_updates_stay_until_they_are_confirmed(bot: Bot, ann: Person) -> None:
    for text in "abc":
        await ann.say(text)
    assert await _texts(bot) == await _texts(bot) == ["/start", "a", "b", "c"]
    assert await _texts(bot, limit=2) == ["/start", "a"]
    assert await _texts(bot, offset=3) == ["b", "c"]
    assert await _texts(bot, offset=-1) == ["c"]
    assert (await bot.get_webhook_info()).pending_update_count == 1
    await bot.delete_webhook(drop_pending_updates=True)
    assert await _texts(bot) == []


async def test_a_poll_waits_for_the_first_update(bot: Bot, http) -> None:
    poll = asyncio.gather(bot.get_updates(timeout=20), Person(http, 5).say("hello"))
    updates, _ = await asyncio.wait_for(poll, 5)
    assert updates[0].effective_user.id == 5


async def test_an_update_grows_too_old(bot: Bot, ann: Person, http) -> None:
    await ann.post("/press", message_id=9, data="x")
    await http.post("/sandbox/advance", json={"seconds": 149})
    assert len(await bot.get_updates()) == 2
    await http.post("/sandbox/advance", json={"seconds": 2})
    assert await _texts(bot) == ["/start"]
    await http.post("/sandbox/advance", json={"seconds": 24 * 3600})
    assert await bot.get_updates() == ()


async def test_the_kinds_asked_for_are_remembered_and_apply_when_an_update_comes_about(
    bot: Bot, ann: Person
) -> None:
    await bot.get_updates(offset=-1, allowed_updates=["callback_query"])
    await ann.say("not wanted")
    await ann.post("/press", message_id=1, data="x")
    updates = await bot.get_updates(offset=2)
    assert [update.callback_query.data for update in updates] == ["x"]
    assert (await bot.get_webhook_info()).allowed_updates == ("callback_query",)


async def test_the_older_of_two_polls_is_sent_away(bot: Bot, http: httpx.AsyncClient) -> None:
    older = asyncio.gather(bot.get_updates(timeout=20), return_exceptions=True)
    while not (await http.get("/sandbox/log")).json()["calls"][1:]:
        pass
    newer, (error,) = await asyncio.gather(bot.get_updates(timeout=1), older)
    assert newer == ()
    assert isinstance(error, Conflict)
    assert "terminated by other getUpdates request" in str(error)


async def test_a_dropped_poll_consumes_nothing(bot: Bot, http: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await http.post(POLL, data={"timeout": 20}, timeout=0.1)
    await Person(http, 1).say("still here")
    assert await _texts(bot, timeout=0) == ["still here"]
