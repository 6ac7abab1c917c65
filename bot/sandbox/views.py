"""What a chat window shows, as JSON for the page and for tests."""

from typing import Any

from bot.sandbox.account import commands_for
from bot.sandbox.keyboards import Button
from bot.sandbox.world import Chat, Json, Message, World


def shown(world: World, chat: Chat, after: int, *, everything: bool) -> Json:
    """What changed in the chat after sequence number ``after``.

    Without ``everything`` these are the bot's doings alone: its messages, their edits, and what it
    deleted. With it also the person's own messages, the reply keyboard and pinned messages.
    """
    changed = [message for message in chat.messages.values() if message.seq > after]
    body: Json = {
        "seq": world.seq,
        "messages": [
            message_view(message)
            for message in sorted(changed, key=lambda message: (message.seq, message.id))
            if everything or message.own or message.deleted
        ],
        "toasts": [
            {
                "seq": toast.seq,
                "callback_query_id": toast.query_id,
                "text": toast.text,
                "alert": toast.alert,
                "url": toast.url,
            }
            for toast in chat.toasts
            if toast.seq > after
        ],
        "typing": world.typing(chat),
    }
    if everything:
        body |= {
            "keyboard": chat.keyboard,
            "pinned": chat.pinned,
            "blocked": chat.person.blocked,
            "born": world.born.isoformat(),
        }
    return body


def message_view(message: Message) -> Json:
    """One message as a person sees it; a deleted one has lost its content."""
    gone = message.deleted
    return {
        "seq": message.seq,
        "id": message.id,
        "from": "bot" if message.own else "user",
        "date": int(message.date.timestamp()),
        "text": "" if gone else message.content.text,
        "entities": [] if gone else list(message.content.entities),
        "buttons": [] if gone else [[_button(b) for b in row] for row in message.buttons],
        "photo": None if gone else _media(message, "photo"),
        "document": None if gone else _media(message, "document"),
        "reply_to": message.reply_to or None,
        "edited": message.revision,
        "deleted": gone,
        "silent": message.silent,
        "protected": message.protected,
    }


def profile(world: World, chat: Chat) -> Json:
    """The person, the bot as this person sees it, and the command menu."""
    person = chat.person
    language = person.language_code
    described = world.texts.get(("description", language)) or world.texts.get(("description", ""))
    return {
        "id": person.id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "username": person.username,
        "language_code": language,
        "blocked": person.blocked,
        "started": person.started,
        "bot": world.bot_user() | {"description": described or ""},
        "commands": commands_for(world, chat),
    }


def _button(button: Button) -> Json:
    shown_button: dict[str, Any] = {"text": button["text"], "data": button.get("callback_data")}
    for name in ("url", "style"):
        if name in button:
            shown_button[name] = button[name]
    if "copy_text" in button:
        shown_button["copy"] = button["copy_text"]["text"]
    return shown_button


def _media(message: Message, kind: str) -> Json | None:
    if message.media is None or message.media.kind != kind:
        return None
    file = message.media.file
    return {
        "url": f"/sandbox/files/{file.path}",
        "name": file.name,
        "mime": file.mime,
        "size": len(file.data),
        "width": file.width,
        "height": file.height,
    }
