"""What the server says no to, in the real server's words."""

import httpx
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, ReplyKeyboardMarkup
from telegram.error import BadRequest, Forbidden

from tests.contract.sandbox.wire import TOKEN, Person

INLINE = '{"inline_keyboard": [[%s]]}'


async def _refused(http: httpx.AsyncClient, method: str, **params: object) -> str:
    response = await http.post(f"/bot{TOKEN}/{method}", data=params)
    body = response.json()
    assert (body["ok"], body["error_code"]) == (False, response.status_code)
    return body["description"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "message text is empty"),
        ({"text": "  \n"}, "text must be non-empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "é" * 20_000}, "text is too long"),
        ({"text": "x", "chat_id": ""}, "chat_id is empty"),
        ({"text": "x", "chat_id": "7"}, "chat not found"),
        ({"text": "x", "chat_id": "@nobody"}, "chat not found"),
        ({"text": "x", "parse_mode": "MarkdownV2"}, "unsupported parse_mode"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"text": "x", "reply_markup": "[]"}, "object expected as reply markup"),
        (
            {"text": "x", "reply_markup": INLINE % '{"text": "a"}'},
            "can't parse inline keyboard button:"
            " Text buttons are unallowed in the inline keyboard",
        ),
        (
            {
                "text": "x",
                "reply_markup": INLINE % f'{{"text": "a", "callback_data": "{"x" * 65}"}}',
            },
            "BUTTON_DATA_INVALID",
        ),
        (
            {
                "text": "x",
                "reply_markup": INLINE % f'{{"text": "a", "callback_data": "{"é" * 33}"}}',
            },
            "BUTTON_DATA_INVALID",
        ),
        (
            {"text": "x", "reply_parameters": '{"message_id": 9}'},
            "message to be replied not found",
        ),
    ],
)
@pytest.mark.usefixtures("ann")
async def test_a_message_is_refused(http, params, words) -> None:
    assert (
        await _refused(http, "sendMessage", **{"chat_id": "1"} | params) == f"Bad Request: {words}"
    )


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("editMessageText", {"message_id": 9, "text": "x"}, "message to edit not found"),
        ("editMessageText", {"message_id": 1, "text": "x"}, "message can't be edited"),
        ("editMessageText", {"message_id": 2, "text": "x" * 4097}, "MESSAGE_TOO_LONG"),
        (
            "editMessageText",
            {"message_id": 2, "text": "x", "reply_markup": '{"keyboard": []}'},
            "inline keyboard expected",
        ),
        (
            "editMessageCaption",
            {"message_id": 2, "caption": "x"},
            "there is no caption in the message to edit",
        ),
        ("deleteMessage", {"message_id": 9}, "message to delete not found"),
        ("sendPhoto", {}, "there is no photo in the request"),
        ("sendDocument", {}, "there is no document in the request"),
        ("sendDocument", {"caption": "x" * 1025}, "message caption is too long"),
        ("sendChatAction", {"action": "dancing"}, "wrong parameter action in request"),
        (
            "answerCallbackQuery",
            {"callback_query_id": "1"},
            "query is too old and response timeout expired or query ID is invalid",
        ),
    ],
)
async def test_an_act_is_refused(http, ann, method, params, words) -> None:
    await http.post(f"/bot{TOKEN}/sendMessage", data={"chat_id": 1, "text": "first"})
    assert await _refused(http, method, chat_id=1, **params) == f"Bad Request: {words}"


async def test_the_limits_themselves_pass(bot: Bot, ann: Person) -> None:
    button = InlineKeyboardButton("x", callback_data="é" * 32)
    message = await bot.send_message(1, "😀" * 4096, reply_markup=InlineKeyboardMarkup([[button]]))
    assert len(message.text) == 4096
    assert (await bot.send_message(1, "<b>" + "x" * 4096 + "</b>", parse_mode="HTML")).text


async def test_the_same_content_again_is_no_edit(bot: Bot, ann: Person) -> None:
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("a", callback_data="a")]])
    message = await bot.send_message(1, "<b>x</b> y", parse_mode="HTML", reply_markup=keys)
    with pytest.raises(
        BadRequest, match=r"^Message is not modified: specified new message content"
    ):
        await message.edit_text("<b>x</b> y ", parse_mode="HTML", reply_markup=keys)
    assert (await message.edit_text("x y", reply_markup=keys)).entities == ()
    without = await message.edit_text("x y")
    assert without.reply_markup is None
    with pytest.raises(BadRequest, match="not modified"):
        await message.edit_reply_markup(None)


async def test_a_message_is_deletable_for_two_days(bot: Bot, ann: Person, http) -> None:
    young, old = [await bot.send_message(1, text) for text in ("young", "old")]
    await http.post("/sandbox/advance", json={"seconds": 48 * 3600 - 60})
    assert await young.delete()
    await http.post("/sandbox/advance", json={"seconds": 120})
    with pytest.raises(BadRequest, match="Message can't be deleted for everyone"):
        await old.delete()
    assert (await old.edit_text("still editable")).edit_date


async def test_a_press_is_answered_once_and_in_time(bot: Bot, ann: Person, http) -> None:
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("a", callback_data="a")]])
    message = await bot.send_message(1, "x", reply_markup=keys)
    answered, late = [
        (await ann.press(message.message_id, "a"))["callback_query_id"] for _ in range(2)
    ]
    assert await bot.answer_callback_query(answered)
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(answered)
    await http.post("/sandbox/advance", json={"seconds": 151})
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(late)


async def test_a_blocked_bot_is_told_and_told_off(bot: Bot, ann: Person) -> None:
    await bot.get_updates(offset=-1)
    await ann.post("/block")
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(1, "hello?")
    assert "error" in await ann.post("/messages", status=409, text="x")
    await ann.post("/unblock")
    await bot.send_message(1, "welcome back")
    changes = [update.my_chat_member for update in await bot.get_updates(offset=2)]
    assert [change.new_chat_member.status for change in changes] == ["kicked", "member"]
    await ann.post("/profile", deactivated=True)
    with pytest.raises(Forbidden, match="user is deactivated"):
        await bot.send_message(1, "gone")


async def test_a_reply_keyboard_goes_to_the_person_not_into_the_message(bot, ann) -> None:
    message = await bot.send_message(1, "pick", reply_markup=ReplyKeyboardMarkup([["A", "B"]]))
    assert message.reply_markup is None
    assert (await ann.look(all=1))["keyboard"] == [["A", "B"]]


async def test_an_unknown_method_is_not_found(http) -> None:
    assert await _refused(http, "sendDice") == "Not Found: method not found"
    assert await _refused(http, "nonsense") == "Not Found: method not found"


async def test_a_wrong_token_is_refused(http) -> None:
    wrong = await http.post(f"/bot1:{'x' * 35}/getMe")
    assert (wrong.status_code, wrong.json()["description"]) == (401, "Unauthorized")
    assert (await http.post("/botnonsense/getMe")).status_code == 404


async def test_every_body_a_client_may_send_is_read(http, ann) -> None:
    url = f"/BOT{TOKEN}/SENDMESSAGE".replace("BOT", "bot")
    by_json = await http.post(url, json={"chat_id": 1, "text": "json"})
    by_query = await http.get(url, params={"chat_id": 1, "text": "query"})
    by_parts = await http.post(url, data={"chat_id": "1", "text": "parts"}, files={"x": b"y"})
    texts = [answer.json()["result"]["text"] for answer in (by_json, by_query, by_parts)]
    assert texts == ["json", "query", "parts"]
