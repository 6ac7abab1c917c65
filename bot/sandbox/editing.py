"""Bot API methods that change or remove what is already in a chat."""

from datetime import timedelta

from bot.sandbox.keyboards import Rows, read_markup
from bot.sandbox.params import Params
from bot.sandbox.refusals import NOT_MODIFIED, bad_request
from bot.sandbox.richtext import Text
from bot.sandbox.sending import read_caption, read_input_media, read_text
from bot.sandbox.world import Chat, Json, Media, Message, World

DELETABLE = timedelta(hours=48)
_MANY = 100


def edit_message_text(world: World, params: Params) -> Json:
    """editMessageText."""
    chat, message = _editable(world, params)
    if message.media is not None:
        raise bad_request("there is no text in the message to edit")
    content = read_text(params, too_long="MESSAGE_TOO_LONG")
    return _change(world, chat, message, content, None, _buttons(params))


def edit_message_caption(world: World, params: Params) -> Json:
    """editMessageCaption."""
    chat, message = _editable(world, params)
    if message.media is None:
        raise bad_request("there is no caption in the message to edit")
    content = read_caption(params, too_long="MEDIA_CAPTION_TOO_LONG")
    return _change(world, chat, message, content, message.media, _buttons(params))


def edit_message_media(world: World, params: Params) -> Json:
    """editMessageMedia: also turns a text message into a photo or document, never back."""
    chat, message = _editable(world, params)
    content, media = read_input_media(world, params, params.json("media", "InputMedia"))
    return _change(world, chat, message, content, media, _buttons(params))


def edit_message_reply_markup(world: World, params: Params) -> Json:
    """editMessageReplyMarkup."""
    chat, message = _editable(world, params)
    return _change(world, chat, message, message.content, message.media, _buttons(params))


def delete_message(world: World, params: Params) -> bool:
    """deleteMessage: the bot's and the person's messages alike, within 48 hours."""
    chat = world.reachable(params.text("chat_id"))
    message = chat.message(params.number("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    _check_age(world, message)
    world.delete(chat, message)
    return True


def delete_messages(world: World, params: Params) -> bool:
    """deleteMessages: ids that are not there are skipped."""
    chat = world.reachable(params.text("chat_id"))
    wanted = params.json("message_ids", "message identifiers")
    if not isinstance(wanted, list) or not wanted:
        raise bad_request("message identifiers are not specified")
    if len(wanted) > _MANY:
        raise bad_request("too many message identifiers specified")
    found = (chat.message(int(message_id)) for message_id in wanted)
    messages = [message for message in found if message is not None]
    for message in messages:
        _check_age(world, message)
    for message in messages:
        world.delete(chat, message)
    return True


def pin_chat_message(world: World, params: Params) -> bool:
    """pinChatMessage."""
    chat = world.reachable(params.text("chat_id"))
    message = chat.message(params.number("message_id"))
    if message is None:
        raise bad_request("message to pin not found")
    chat.pinned = [*(pinned for pinned in chat.pinned if pinned != message.id), message.id]
    world.stir(chat)
    return True


def unpin_chat_message(world: World, params: Params) -> bool:
    """unpinChatMessage: the given message, or the one pinned last."""
    chat = world.reachable(params.text("chat_id"))
    wanted = params.number("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if wanted not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(wanted)
    world.stir(chat)
    return True


def unpin_all_chat_messages(world: World, params: Params) -> bool:
    """unpinAllChatMessages."""
    chat = world.reachable(params.text("chat_id"))
    chat.pinned = []
    world.stir(chat)
    return True


def _check_age(world: World, message: Message) -> None:
    if world.now() - message.date > DELETABLE:
        raise bad_request("message can't be deleted for everyone")


def _editable(world: World, params: Params) -> tuple[Chat, Message]:
    if not params.text("chat_id") and params.text("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    chat = world.reachable(params.text("chat_id"))
    if not params.number("message_id"):
        raise bad_request("message identifier is not specified")
    message = chat.message(params.number("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if not message.own:
        raise bad_request("message can't be edited")
    return chat, message


def _buttons(params: Params) -> Rows:
    return read_markup(params, inline_only=True).inline


def _change(
    world: World, chat: Chat, message: Message, content: Text, media: Media | None, buttons: Rows
) -> Json:
    """Store the new content; leaving out the keyboard removes it, changing nothing is refused."""
    if (message.content, message.media, message.buttons) == (content, media, buttons):
        raise bad_request(NOT_MODIFIED)
    message.content, message.media, message.buttons = content, media, buttons
    return world.as_message(chat, world.edit(chat, message))
