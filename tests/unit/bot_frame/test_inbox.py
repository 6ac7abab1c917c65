"""Which updates are heard, and as what."""

import pytest
from telegram import Update

from bot.app.inbox import Elsewhere, Reach, read, sender
from bot.screen import Press, Said

USER = {"id": 5, "is_bot": False, "first_name": "Ada", "language_code": "de"}
PRIVATE = {"id": 5, "type": "private"}


def message(**changes):
    body = {"message_id": 9, "date": 1_780_000_000, "chat": PRIVATE, "from": USER, "text": "hi"}
    return Update.de_json({"update_id": 1, "message": body | changes}, None)


def press(**changes):
    shown = {"message_id": 9, "date": 0, "chat": PRIVATE}
    body = {"id": "q", "from": USER, "chat_instance": "1", "data": "b:card::", "message": shown}
    return Update.de_json({"update_id": 1, "callback_query": body | changes}, None)


def membership(status, chat=PRIVATE):
    user = {"id": 1, "is_bot": True, "first_name": "Skipper"}
    old = {"user": user, "status": "member"}
    new = {"user": user, "status": status} | ({"until_date": 0} if status == "kicked" else {})
    body = {"chat": chat, "from": USER, "date": 1_780_000_000}
    changes = {"old_chat_member": old, "new_chat_member": new}
    return Update.de_json({"update_id": 1, "my_chat_member": body | changes}, None)


def test_a_private_text_is_heard_with_its_time():
    said = read(message())

    assert isinstance(said, Said)
    assert (said.text, said.at, said.person.telegram_id) == ("hi", 1_780_000_000, 5)
    assert said.person.language == "de"


def test_a_tap_on_a_message_too_old_to_be_shown_is_heard():
    tap = read(press())

    assert isinstance(tap, Press)
    assert (tap.message_id, tap.data, tap.query_id) == (9, "b:card::", "q")


ORIGIN = {"type": "hidden_user", "sender_user_name": "x", "date": 1}
BOT = {"id": 6, "is_bot": True, "first_name": "b"}


@pytest.mark.parametrize(
    "update",
    [
        message(forward_origin=ORIGIN),
        message(via_bot=BOT),
        message(**{"from": BOT}),
        message(chat={"id": -1, "type": "channel"}),
        press(data=None),
        press(message=None),
        membership("kicked", {"id": -3, "type": "group"}),
        Update(1),
    ],
)
def test_what_is_none_of_our_business_is_ignored(update):
    assert read(update) is None


@pytest.mark.parametrize("kind", ["group", "supergroup"])
def test_groups_are_noticed_as_places_where_we_do_not_speak(kind):
    group = {"id": -3, "type": kind, "title": "g"}

    assert read(message(chat=group)) == Elsewhere(-3)
    assert read(membership("member", group)) == Elsewhere(-3)


def test_blocking_and_taking_it_back_is_heard():
    assert read(membership("kicked")) == Reach(5, reachable=False)
    assert read(membership("member")) == Reach(5, reachable=True)


def test_a_picture_is_something_without_words():
    said = read(message(text=None))

    assert isinstance(said, Said)
    assert said.text == ""


def test_the_words_beside_a_photo_are_its_text():
    assert read(message(text=None, caption="hi")).text == "hi"


def test_a_name_cannot_rearrange_a_screen():
    evil = USER | {"first_name": "\u202e<b>&\u200b\n" + "x" * 100}

    said = read(message(**{"from": evil}))

    assert said.person.name.startswith("<b>&x")
    assert len(said.person.name) == 64


def test_an_update_is_in_the_turn_of_who_caused_it():
    assert sender(press()) == 5
    assert sender(Update(1)) == 0
    assert sender("no update") == 0
