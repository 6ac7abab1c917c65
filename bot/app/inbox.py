"""Inbox: what an update of Telegram says, in the chat's own words."""

import re
from dataclasses import dataclass

from telegram import CallbackQuery, ChatMemberUpdated, Message, Update, User
from telegram.constants import ChatMemberStatus, ChatType

from bot.screen import Person, Press, Said

WANTED = (Update.MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER)
"""Kinds of updates we ask for; edited messages are not among them, so no old words act again."""
_MAX_NAME = 64
# Control, zero-width and direction-changing characters: a name must not rearrange a screen.
_UNSEEN = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb]"
)


@dataclass(frozen=True, slots=True)
class Reach:
    """A person blocked the bot, or took it back."""

    telegram_id: int
    reachable: bool


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Somebody talks to the bot outside a private chat."""

    chat_id: int


Item = Press | Said | Reach | Elsewhere


def read(update: Update) -> Item | None:
    """What happened; None for what is none of our business.

    Edited, forwarded, channel's and other bots' messages are ignored.
    """
    if update.callback_query is not None:
        return _press(update.callback_query)
    if update.message is not None:
        return _said(update.message)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member)
    return None


def sender(update: object) -> int:
    """Telegram id of who caused an update, 0 when nobody did: whose turn it is."""
    user = update.effective_user if isinstance(update, Update) else None
    return user.id if user is not None else 0


def _press(query: CallbackQuery) -> Item | None:
    message = query.message
    if message is None or query.data is None:
        return None
    if message.chat.type != ChatType.PRIVATE:
        return Elsewhere(message.chat.id)
    person = _person(query.from_user)
    return Press(person, message.chat.id, message.message_id, query.data, query.id)


def _said(message: Message) -> Item | None:
    user = message.from_user
    if message.chat.type == ChatType.CHANNEL:
        return None
    if message.chat.type != ChatType.PRIVATE:
        return Elsewhere(message.chat.id)
    if user is None or user.is_bot or message.via_bot or message.forward_origin:
        return None
    at = int(message.date.timestamp())
    text = message.text or message.caption or ""
    return Said(_person(user), message.chat.id, message.message_id, text, at)


def _membership(change: ChatMemberUpdated) -> Item | None:
    gone = change.new_chat_member.status in {ChatMemberStatus.BANNED, ChatMemberStatus.LEFT}
    if change.chat.type == ChatType.PRIVATE:
        return Reach(change.from_user.id, not gone)
    return None if gone or change.chat.type == ChatType.CHANNEL else Elsewhere(change.chat.id)


def _person(user: User) -> Person:
    name = _UNSEEN.sub("", user.full_name)[:_MAX_NAME].strip()
    return Person(user.id, name or str(user.id), user.language_code or "en")
