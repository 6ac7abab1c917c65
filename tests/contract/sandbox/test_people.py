"""The user side: pressing, watching, and keeping strangers' web pages out."""

import asyncio

import pytest
from telegram import Bot, CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from tests.contract.sandbox.wire import Person


def _keys(**button: object) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("Key", **button)]])


async def test_a_button_that_is_not_there_cannot_be_pressed(bot: Bot, ann: Person) -> None:
    message = await bot.send_message(1, "x", reply_markup=_keys(callback_data="k"))
    answer = await ann.post("/press", status=404, message_id=2, button="Other")
    assert answer["error"] == "message 2 has no button 'Other'"
    assert answer["buttons"] == [[{"text": "Key", "data": "k"}]]
    await message.delete()
    await ann.post("/press", status=404, message_id=2, button="Key")
    await ann.post("/press", status=400, message_id=2)


async def test_buttons_without_data_stay_in_the_app(bot: Bot, ann: Person) -> None:
    await bot.send_message(1, "x", reply_markup=_keys(url="https://a.b"))
    await bot.send_message(1, "y", reply_markup=_keys(copy_text=CopyTextButton("abc")))
    assert (await ann.press(2, "Key"))["url"] == "https://a.b"
    assert (await ann.press(3, "Key"))["copied"] == "abc"
    assert len(await bot.get_updates()) == 1


async def test_watching_reports_edits_deletions_and_typing(bot: Bot, ann: Person, http) -> None:
    message = await bot.send_message(1, "one")
    assert (await ann.read())["edited"] == 0
    await message.edit_text("two")
    await message.edit_text("three")
    assert [(m["text"], m["edited"]) for m in (await ann.look())["messages"]] == [("three", 2)]
    await bot.send_chat_action(1, "typing")
    assert (await ann.look(wait=0))["typing"] is True
    await http.post("/sandbox/advance", json={"seconds": 6})
    assert (await ann.look(wait=0))["typing"] is False
    await message.delete()
    assert [(m["id"], m["deleted"]) for m in (await ann.look())["messages"]] == [(2, True)]


async def test_a_watcher_is_woken_by_the_bot_and_not_by_the_person(bot: Bot, ann: Person) -> None:
    watch = asyncio.gather(ann.look(wait=10))
    await ann.say("own words")
    await bot.send_message(1, "answer")
    (view,) = await asyncio.wait_for(watch, 5)
    assert [m["text"] for m in view["messages"]] == ["answer"]


async def test_a_watcher_of_an_earlier_sandbox_is_shown_everything(bot: Bot, ann: Person) -> None:
    await bot.send_message(1, "hello")
    view = await asyncio.wait_for(ann.look(after=999, wait=20), 5)
    assert [m["text"] for m in view["messages"]] == ["hello"]


async def test_a_person_edits_and_withdraws_own_words(bot: Bot, ann: Person, http) -> None:
    home = "/sandbox/users/1/messages"
    await http.patch(f"{home}/1", json={"text": "/panic"})
    update = (await bot.get_updates())[-1]
    assert update.edited_message.text == "/panic"
    assert (await http.delete(f"{home}/1")).status_code == 200
    assert (await http.patch(f"{home}/1", json={"text": "x"})).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "SELF"}, 200),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "[::1]:1"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "[::1"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
async def test_foreign_pages_are_kept_out(chat, http, headers, status) -> None:
    headers = {name: chat.url if value == "SELF" else value for name, value in headers.items()}
    answer = await http.post("/sandbox/users/1/messages", json={"text": "x"}, headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/messages", b"{"),
        ("/messages", b"[]"),
        ("/messages", b'{"text": " "}'),
        ("/messages", b'{"file": "x"}'),
        ("/press", b'{"button": "x"}'),
        ("/profile", b'{"shoe_size": 1}'),
    ],
)
async def test_nonsense_gets_a_clear_answer(http, path, body) -> None:
    answer = await http.post(f"/sandbox/users/1{path}", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
