"""A whole program on the real client library, polling the sandbox as it would poll Telegram."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, MessageHandler, filters

from bot.sandbox.server import LocalChat
from tests.contract.sandbox.wire import (
    TOKEN,
    Person,
    RecordingRequest,
    assert_fully_parsed,
    check_answers,
)


async def _start(update: Update, _context: object) -> None:
    assert_fully_parsed(update)
    keys = [
        [
            InlineKeyboardButton("Go", callback_data="go"),
            InlineKeyboardButton("No", url="https://a.b"),
        ]
    ]
    payload = update.message.text.partition(" ")[2]
    await update.message.reply_html(
        f"<b>hi</b> {update.effective_user.first_name} 🟢 {payload}",
        reply_markup=InlineKeyboardMarkup(keys),
        do_quote=True,
    )


async def _press(update: Update, _context: object) -> None:
    assert_fully_parsed(update)
    query = update.callback_query
    await query.answer(f"got {query.data}", show_alert=query.data == "forged")
    if query.message.is_accessible:
        await query.edit_message_text("gone", reply_markup=None)


async def _secret(update: Update, _context: object) -> None:
    await update.message.delete()


@pytest.fixture
async def app(chat: LocalChat) -> AsyncIterator[Application]:
    answers: list[tuple[str, int, bytes]] = []
    program = (
        Application.builder()
        .token(TOKEN)
        .base_url(chat.base_url)
        .base_file_url(chat.base_file_url)
        .request(RecordingRequest(answers))
        .get_updates_request(RecordingRequest(answers))
        .job_queue(None)
        .build()
    )
    program.add_handler(CommandHandler("start", _start))
    program.add_handler(CallbackQueryHandler(_press))
    program.add_handler(MessageHandler(filters.TEXT & ~filters.COMMAND, _secret))
    await program.initialize()
    await program.start()
    await program.updater.start_polling()
    yield program
    await program.updater.stop()
    await program.stop()
    await program.shutdown()
    check_answers(answers)


@pytest.mark.usefixtures("app")
async def test_a_command_is_answered_and_a_button_edits_the_answer(http) -> None:
    ann = Person(http, 1)
    await ann.say("/start")
    message = await ann.read()
    assert message["text"] == "hi User 1 🟢"
    assert message["entities"] == [{"type": "bold", "offset": 0, "length": 2}]
    assert message["reply_to"] == 1
    assert [[b["text"] for b in row] for row in message["buttons"]] == [["Go", "No"]]
    await ann.press(message["id"], "Go")
    view = await ann.look()
    assert [toast["text"] for toast in view["toasts"]] == ["got go"]
    edited = view["messages"][0] if view["messages"] else await ann.read()
    assert (edited["id"], edited["text"], edited["edited"], edited["buttons"]) == (
        2,
        "gone",
        1,
        [],
    )


@pytest.mark.usefixtures("app")
async def test_a_deep_link_carries_its_payload(http) -> None:
    ann = Person(http, 1)
    await ann.post("/start", payload="invite_7")
    assert (await ann.read())["text"].endswith("invite_7")


@pytest.mark.usefixtures("app")
async def test_forged_data_on_a_message_that_never_was_reaches_the_bot(http) -> None:
    ann = Person(http, 1)
    await ann.say("/start")
    await ann.read()
    await ann.post("/press", message_id=99, data="forged")
    toast = (await ann.look())["toasts"][0]
    assert (toast["text"], toast["alert"]) == ("got forged", True)


@pytest.mark.usefixtures("app")
async def test_the_bot_deletes_what_a_person_wrote(http) -> None:
    ann = Person(http, 1)
    message_id = await ann.say("my secret")
    message = await ann.read()
    assert (message["id"], message["from"], message["deleted"]) == (message_id, "user", True)
    assert "my secret" not in str(message)


@pytest.mark.usefixtures("app")
async def test_two_people_do_not_see_each_other(http) -> None:
    ann, ben = Person(http, 1), Person(http, 2)
    await asyncio.gather(ann.say("/start a"), ben.say("/start b"))
    first, second = await asyncio.gather(ann.read(), ben.read())
    assert first["text"].endswith("User 1 🟢 a")
    assert second["text"].endswith("User 2 🟢 b")
    assert (first["id"], second["id"]) == (2, 2)
    assert len((await ann.look(after=0, all=1))["messages"]) == 2
