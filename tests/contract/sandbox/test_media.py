"""Photos, documents, albums, menus and the bot's own profile."""

import struct
import zlib

import httpx
import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InputMediaDocument,
    InputMediaPhoto,
    MenuButtonCommands,
)
from telegram.error import BadRequest

from tests.contract.sandbox.wire import Person, assert_fully_parsed


def png(width: int, height: int) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\x80" * width) * height)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


async def test_a_photo_arrives_with_caption_and_bytes(bot: Bot, ann: Person, http) -> None:
    message = await bot.send_photo(1, png(40, 30), caption="<b>x</b>", parse_mode="HTML")
    assert (message.photo[-1].width, message.photo[-1].height) == (40, 30)
    assert message.caption_entities[0].type == "bold"
    shown = await ann.read()
    assert (await http.get(shown["photo"]["url"])).content == png(40, 30)
    again = await bot.send_photo(1, message.photo[-1].file_id)
    assert again.photo[-1].file_unique_id == message.photo[-1].file_unique_id
    await message.edit_caption("new")
    assert (await ann.read())["text"] == "new"
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await message.edit_text("x")


async def test_a_document_keeps_its_name_and_can_be_fetched(bot: Bot, ann: Person) -> None:
    message = await bot.send_document(1, b"a,b\n1,2\n", filename="trades Ümläut.csv")
    assert message.document.file_name == "trades Ümläut.csv"
    file = await bot.get_file(message.document)
    assert bytes(await file.download_as_bytearray()) == b"a,b\n1,2\n"
    assert (await ann.read())["document"]["size"] == 8


async def test_a_text_becomes_a_photo_and_never_a_text_again(bot: Bot, ann: Person) -> None:
    message = await bot.send_message(1, "text")
    changed = await message.edit_media(InputMediaPhoto(png(5, 5), caption="now a photo"))
    assert changed.photo
    assert changed.text is None
    shown = await ann.read()
    assert (shown["id"], shown["text"], shown["photo"]["width"]) == (2, "now a photo", 5)
    changed = await message.edit_media(InputMediaDocument(b"x", filename="x.txt"))
    assert changed.document.file_name == "x.txt"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no picture", "IMAGE_PROCESS_FAILED"),
        (png(10_000, 1), "PHOTO_INVALID_DIMENSIONS"),
        (png(1, 1) + bytes(11 * 1024 * 1024), "is too big for a photo"),
        (b"", "file must be non-empty"),
    ],
)
@pytest.mark.usefixtures("ann")
async def test_a_bad_photo_is_refused(bot, http, data, words) -> None:
    answer = await http.post(
        f"/bot{bot.token}/sendPhoto", data={"chat_id": 1}, files={"photo": ("x.png", data)}
    )
    assert answer.status_code == 400
    assert words in answer.json()["description"]


async def test_a_person_sends_a_file(bot: Bot, ann: Person, http: httpx.AsyncClient) -> None:
    files = {"file": ("candles.csv", b"1,2,3", "text/csv")}
    await http.post("/sandbox/users/1/messages", files=files, data={"text": "here"})
    photo = {"file": ("p.png", png(7, 8), "image/png")}
    await http.post("/sandbox/users/1/messages", files=photo, data={"as": "photo"})
    by_json = {"file": {"name": "x.bin", "content": "AAE="}}
    await http.post("/sandbox/users/1/messages", json=by_json)
    updates = await bot.get_updates(offset=2)
    assert_fully_parsed(updates)
    document, picture, raw = [update.message for update in updates]
    assert (document.caption, document.document.file_name) == ("here", "candles.csv")
    assert picture.photo[-1].height == 8
    file = await bot.get_file(raw.document.file_id)
    assert bytes(await file.download_as_bytearray()) == b"\0\1"


async def test_an_album_and_a_copy_are_messages(bot: Bot, ann: Person) -> None:
    sent = await bot.send_media_group(1, [InputMediaPhoto(png(5, 5)), InputMediaPhoto(png(6, 6))])
    assert [message.photo[-1].width for message in sent] == [5, 6]
    copy = await bot.copy_message(1, 1, sent[1].message_id)
    assert (await ann.read())["id"] == copy.message_id
    assert await bot.delete_messages(1, [2, 3, 99])
    gone = [m["id"] for m in (await ann.look())["messages"] if m["deleted"]]
    assert gone == [2, 3]


async def test_everybody_has_the_command_menu_meant_for_them(bot: Bot, ann: Person, http) -> None:
    await Person(http, 2).say("/start")
    await bot.set_my_commands([BotCommand("help", "Help")])
    await bot.set_my_commands([BotCommand("admin", "Rule")], scope=BotCommandScopeChat(1))
    await bot.set_my_commands([BotCommand("help", "Hilfe")], language_code="de")
    await http.post("/sandbox/users/2/profile", json={"language_code": "de"})
    first, second = [(await http.get(f"/sandbox/users/{n}")).json()["commands"] for n in (1, 2)]
    assert (first[0]["command"], second[0]["description"]) == ("admin", "Hilfe")
    assert [c.command for c in await bot.get_my_commands()] == ["help"]
    await bot.delete_my_commands(scope=BotCommandScopeChat(1))
    assert (await http.get("/sandbox/users/1")).json()["commands"][0]["command"] == "help"
    with pytest.raises(BadRequest, match="Bot_command_invalid"):
        await bot.set_my_commands([BotCommand("Bad-Name", "x")])


async def test_the_bot_describes_itself(bot: Bot, ann: Person, http) -> None:
    await bot.set_my_name("Mate")
    await bot.set_my_description("Runs bots.")
    await bot.set_my_short_description("Bots.")
    assert (await bot.get_my_name()).name == (await bot.get_me()).first_name == "Mate"
    assert (await bot.get_my_description()).description == "Runs bots."
    assert (await bot.get_my_short_description()).short_description == "Bots."
    assert (await http.get("/sandbox/users/1")).json()["bot"]["description"] == "Runs bots."
    await bot.set_chat_menu_button(1, MenuButtonCommands())
    assert (await bot.get_chat_menu_button(1)).type == "commands"
    assert (await bot.get_chat(1)).first_name == "User 1"
    await bot.pin_chat_message(1, 1)
    assert (await bot.get_chat(1)).pinned_message.message_id == 1
    await bot.unpin_chat_message(1)
    assert (await ann.look(all=1))["pinned"] == []
