"""Bot API methods that put something new into a chat."""

from typing import Any

from bot.sandbox.entities import formatted
from bot.sandbox.files import Kind, StoredFile
from bot.sandbox.keyboards import Markup, read_markup
from bot.sandbox.params import Params
from bot.sandbox.refusals import bad_request
from bot.sandbox.richtext import Text
from bot.sandbox.world import TYPING, Chat, Json, Media, Message, World

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
_RAW_LIMIT = 32_768
_ALBUM = range(2, 11)
_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)


def read_text(params: Params, too_long: str = "message is too long") -> Text:
    """The text of a message; raises a Refusal when it is empty, too long or badly marked up."""
    raw = params.text("text")
    if not raw:
        raise bad_request("message text is empty")
    if len(raw.encode()) > _RAW_LIMIT:
        raise bad_request("text is too long")
    text = formatted(raw, params.text("parse_mode"), params.json("entities", "message entities"))
    if not text.text:
        raise bad_request("text must be non-empty")
    if len(text.text) > TEXT_LIMIT:
        raise bad_request(too_long)
    return text


def read_caption(params: Params, too_long: str = "message caption is too long") -> Text:
    """The caption of a photo or document, possibly empty."""
    marked = params.json("caption_entities", "caption entities")
    caption = formatted(params.text("caption"), params.text("parse_mode"), marked)
    if len(caption.text) > CAPTION_LIMIT:
        raise bad_request(too_long)
    return caption


def read_file(
    world: World, params: Params, kind: Kind, reference: str | None = None
) -> StoredFile:
    """The file of a parameter: an upload, ``attach://name`` or the id of a known file."""
    given = params.text(kind) if reference is None else reference
    name = given.removeprefix("attach://")
    if given.startswith("attach://") and name not in params.files:
        raise bad_request(f"there is no {kind} in the request")
    upload = params.files.get(name if given.startswith("attach://") else kind)
    if upload is not None and (reference is None or given.startswith("attach://")):
        return world.files.add(upload, kind)
    if not given:
        raise bad_request(f"there is no {kind} in the request")
    file = world.files.by_id(given)
    if kind == "photo" and not file.width:
        raise bad_request("can't use file of type Document as Photo")
    return file


def send_message(world: World, params: Params) -> Json:
    """sendMessage."""
    chat = world.reachable(params.text("chat_id"))
    return _post(world, chat, params, read_text(params))


def send_photo(world: World, params: Params) -> Json:
    """sendPhoto."""
    return _send_media(world, params, "photo")


def send_document(world: World, params: Params) -> Json:
    """sendDocument."""
    return _send_media(world, params, "document")


def send_media_group(world: World, params: Params) -> list[Json]:
    """sendMediaGroup: two to ten photos or documents, each a message of its own."""
    chat = world.reachable(params.text("chat_id"))
    media = params.json("media", "media")
    if not isinstance(media, list) or len(media) not in _ALBUM:
        raise bad_request("group send failed")
    drafts = [read_input_media(world, params, item) for item in media]
    sent = [_write(world, chat, params, caption, item, Markup([])) for caption, item in drafts]
    return [world.as_message(chat, message) for message in sent]


def copy_message(world: World, params: Params) -> Json:
    """copyMessage."""
    chat = world.reachable(params.text("chat_id"))
    source = world.reachable(params.text("from_chat_id")).message(params.number("message_id"))
    if source is None:
        raise bad_request("message to copy not found")
    content = read_caption(params) if "caption" in params.values else source.content
    copy = _write(world, chat, params, content, source.media, read_markup(params))
    return {"message_id": copy.id}


def send_chat_action(world: World, params: Params) -> bool:
    """sendChatAction: the status is shown for five seconds or until the next message."""
    chat = world.reachable(params.text("chat_id"))
    if params.text("action").lower() not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat.typing_until = world.now() + TYPING
    world.stir(chat)
    return True


def read_input_media(world: World, params: Params, item: Any) -> tuple[Text, Media]:
    """One InputMedia object with its caption; raises a Refusal for kinds not kept here."""
    if not isinstance(item, dict) or "media" not in item:
        raise bad_request("can't parse InputMedia: media not found")
    kind = item.get("type")
    if kind not in {"photo", "document"}:
        raise bad_request("can't parse InputMedia: wrong type specified")
    inner = Params({key: value for key, value in item.items() if isinstance(value, str)})
    file = read_file(world, params, kind, str(item["media"]))
    return read_caption(inner), Media(kind, file)


def _send_media(world: World, params: Params, kind: Kind) -> Json:
    chat = world.reachable(params.text("chat_id"))
    caption = read_caption(params)
    return _post(world, chat, params, caption, Media(kind, read_file(world, params, kind)))


def _post(
    world: World, chat: Chat, params: Params, content: Text, media: Media | None = None
) -> Json:
    message = _write(world, chat, params, content, media, read_markup(params))
    return world.as_message(chat, message)


def _write(
    world: World, chat: Chat, params: Params, content: Text, media: Media | None, markup: Markup
) -> Message:
    message = world.draft(content, own=True, media=media)
    message.buttons = markup.inline
    message.reply_to = _replied(chat, params)
    message.silent = params.flag("disable_notification")
    message.protected = params.flag("protect_content")
    if markup.reply is not None:
        chat.keyboard = markup.reply
    return world.write(chat, message)


def _replied(chat: Chat, params: Params) -> int:
    reply = params.json("reply_parameters", "reply parameters") or {}
    message_id = int(reply.get("message_id", 0)) or params.number("reply_to_message_id")
    if not message_id or chat.message(message_id) is not None:
        return message_id
    lenient = reply.get("allow_sending_without_reply") or params.flag(
        "allow_sending_without_reply"
    )
    if lenient:
        return 0
    raise bad_request("message to be replied not found")
