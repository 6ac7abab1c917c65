"""What a person can do in the chat; every doing becomes the update the real server would send."""

from dataclasses import replace
from typing import Any

from bot.sandbox.entities import annotated
from bot.sandbox.files import Kind, picture_size
from bot.sandbox.keyboards import Button
from bot.sandbox.params import Upload
from bot.sandbox.richtext import Text
from bot.sandbox.sending import CAPTION_LIMIT, TEXT_LIMIT
from bot.sandbox.views import message_view
from bot.sandbox.world import Chat, Json, Media, Message, World

_PROFILE = ("first_name", "last_name", "username", "language_code")


class Impossible(Exception):
    """Something no person could do here; ``status`` is the HTTP status to answer."""

    def __init__(self, status: int, reason: str, **details: Any) -> None:
        super().__init__(reason)
        self.status = status
        self.body: Json = {"error": reason, **details}


def say(world: World, chat: Chat, text: str, reply_to: int = 0) -> Json:
    """Send a text message."""
    content = annotated(Text(text))
    if not content.text:
        raise Impossible(400, "the message is empty")
    if len(content.text) > TEXT_LIMIT:
        raise Impossible(400, f"a message has at most {TEXT_LIMIT} characters")
    return _write(world, chat, replace(world.draft(content, own=False), reply_to=reply_to))


def send_file(world: World, chat: Chat, upload: Upload, caption: str, *, photo: bool) -> Json:
    """Send a file, as a photo when asked to and when it is a picture."""
    content = annotated(Text(caption))
    if len(content.text) > CAPTION_LIMIT:
        raise Impossible(400, f"a caption has at most {CAPTION_LIMIT} characters")
    if photo and picture_size(upload.data) is None:
        raise Impossible(400, "only PNG, JPEG and GIF pictures can be sent as photos")
    kind: Kind = "photo" if photo else "document"
    media = Media(kind, world.files.add(upload, kind))
    return _write(world, chat, world.draft(content, own=False, media=media))


def rewrite(world: World, chat: Chat, message_id: int, text: str) -> Json:
    """Edit one's own message."""
    message = _own(chat, message_id)
    message.content = annotated(Text(text))
    world.edit(chat, message)
    world.updates.add("edited_message", world.as_message(chat, message))
    return {"message_id": message.id, "seq": message.seq}


def withdraw(world: World, chat: Chat, message_id: int) -> Json:
    """Delete a message for both sides; the bot is not told, as on the real server."""
    message = chat.message(message_id)
    if message is None:
        raise Impossible(404, f"there is no message {message_id} in this chat")
    world.delete(chat, message)
    return {"message_id": message.id, "seq": message.seq}


def press(world: World, chat: Chat, message_id: int, label: str | None, data: str | None) -> Json:
    """Press a button by its text, or forge a press with raw ``data`` no button needs to carry."""
    _may_write(chat)
    message = chat.message(message_id)
    if data is None:
        button = _button(message_id, message, label or "")
        if "callback_data" not in button:
            return {"pressed": button["text"], "seq": world.seq} | _local(button)
        data = button["callback_data"]
    query = world.ask(chat)
    shown: Json = {"chat": chat.person.as_chat(), "message_id": message_id, "date": 0}
    if message is not None:
        shown = world.as_message(chat, message)
    payload = {
        "id": query.id,
        "from": chat.person.as_user(),
        "message": shown,
        "chat_instance": str(7_000_000_000 + chat.person.id),
        "data": data,
    }
    seq = world.seq
    world.updates.add("callback_query", payload)
    return {"callback_query_id": query.id, "data": data, "seq": seq}


def block(world: World, chat: Chat, *, blocked: bool) -> Json:
    """Block or unblock the bot."""
    if chat.person.blocked != blocked:
        chat.person.blocked = blocked
        world.stir(chat)
        statuses = ("member", "kicked") if blocked else ("kicked", "member")
        old, new = (_membership(world, status) for status in statuses)
        world.updates.add(
            "my_chat_member",
            {
                "chat": chat.person.as_chat(),
                "from": chat.person.as_user(),
                "date": int(world.now().timestamp()),
                "old_chat_member": old,
                "new_chat_member": new,
            },
        )
    return {"blocked": blocked, "seq": world.seq}


def set_profile(chat: Chat, values: Json) -> None:
    """Change names or language, as in the settings of the app."""
    unknown = set(values) - {*_PROFILE, "deactivated"}
    if unknown or not all(isinstance(values[name], str) for name in values if name in _PROFILE):
        raise Impossible(400, f"a profile has the texts {', '.join(_PROFILE)}")
    for name, value in values.items():
        setattr(chat.person, name, value)


def _write(world: World, chat: Chat, draft: Message) -> Json:
    _may_write(chat)
    chat.person.started = True
    message = world.write(chat, draft)
    world.updates.add("message", world.as_message(chat, message))
    return {"message_id": message.id, "seq": message.seq}


def _may_write(chat: Chat) -> None:
    if chat.person.blocked:
        raise Impossible(409, "this person has blocked the bot; unblock it first")


def _own(chat: Chat, message_id: int) -> Message:
    message = chat.message(message_id)
    if message is None or message.own:
        raise Impossible(404, f"this person wrote no message {message_id}")
    return message


def _button(message_id: int, message: Message | None, label: str) -> Button:
    if message is None:
        raise Impossible(404, f"there is no message {message_id} in this chat")
    for row in message.buttons:
        for button in row:
            if button["text"] == label:
                return button
    raise Impossible(
        404,
        f"message {message_id} has no button {label!r}",
        buttons=message_view(message)["buttons"],
    )


def _local(button: Button) -> Json:
    """What the app does by itself when a button carries no data for the bot."""
    if "copy_text" in button:
        return {"copied": button["copy_text"]["text"]}
    return {"url": button.get("url")}


def _membership(world: World, status: str) -> Json:
    member: Json = {"status": status, "user": world.bot_user()}
    return member | ({"until_date": 0} if status == "kicked" else {})
