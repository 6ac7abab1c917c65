"""Everything the sandbox remembers: people, their private chats, and what changed when."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.files import Files, Kind, StoredFile
from bot.sandbox.keyboards import Rows
from bot.sandbox.refusals import bad_request, forbidden
from bot.sandbox.richtext import Text
from bot.sandbox.updates import Bell, Updates

Json = dict[str, Any]

QUERY_LIFETIME = timedelta(seconds=150)
TYPING = timedelta(seconds=5)


@dataclass(slots=True)
class Person:
    """A human with an account; the id is also the id of the private chat with the bot."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = "en"
    started: bool = False
    blocked: bool = False
    deactivated: bool = False

    def as_user(self) -> Json:
        """The User object."""
        return {"id": self.id, "is_bot": False, **self._names(), **self._language()}

    def as_chat(self) -> Json:
        """The Chat object of the private chat."""
        return {"id": self.id, "type": "private", **self._names()}

    def _language(self) -> Json:
        return {"language_code": self.language_code} if self.language_code else {}

    def _names(self) -> Json:
        names = {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "username": self.username,
        }
        return {key: value for key, value in names.items() if value}


@dataclass(frozen=True, slots=True)
class Media:
    """A photo or document of a message."""

    kind: Kind
    file: StoredFile


@dataclass(slots=True)
class Message:
    """One message; ``seq`` is the number of its last change, ``revision`` counts its edits."""

    id: int
    own: bool
    """Written by the bot."""
    date: datetime
    content: Text
    seq: int
    media: Media | None = None
    buttons: Rows = field(default_factory=list)
    reply_to: int = 0
    edited: datetime | None = None
    revision: int = 0
    deleted: bool = False
    silent: bool = False
    protected: bool = False


@dataclass(frozen=True, slots=True)
class Toast:
    """What answerCallbackQuery showed: a line that fades, or an alert to close."""

    seq: int
    query_id: str
    text: str
    alert: bool
    url: str = ""


@dataclass(slots=True)
class Chat:
    """The private chat of one person with the bot."""

    person: Person
    messages: dict[int, Message] = field(default_factory=dict)
    toasts: list[Toast] = field(default_factory=list)
    keyboard: list[list[str]] = field(default_factory=list)
    typing_until: datetime | None = None
    pinned: list[int] = field(default_factory=list)
    seq: int = 0

    def message(self, message_id: int) -> Message | None:
        """The message, unless it never was or has been deleted."""
        message = self.messages.get(message_id)
        return None if message is None or message.deleted else message


@dataclass(slots=True)
class Query:
    """One press of a button, waiting for its answer."""

    id: str
    chat: Chat
    asked: datetime


class World:
    """The state behind both faces of the sandbox: the Bot API and the people."""

    def __init__(self, now: Callable[[], datetime], bot: Json) -> None:
        self._wall = now
        self._ahead = timedelta()
        self.bot = bot
        self.texts: dict[tuple[str, str], str] = {}
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.menu_buttons: dict[int, Json] = {}
        self.chats: dict[int, Chat] = {}
        self.queries: dict[str, Query] = {}
        self.files = Files()
        self.updates = Updates(self.now)
        self.bell = Bell()
        self.born = now()
        self.seq = 0
        self.closed = False
        self._query_count = 0

    def now(self) -> datetime:
        """The sandbox's time: real time plus everything it was advanced by."""
        return self._wall() + self._ahead

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self._ahead += by
        self.bell.ring()

    def close(self) -> None:
        """Answer everybody who waits."""
        self.closed = True
        self.updates.close()
        self.bell.ring()

    def chat(self, person_id: int) -> Chat:
        """The chat of a person, who comes into being here if need be."""
        if person_id not in self.chats:
            person = Person(person_id, f"User {person_id}", username=f"user{person_id}")
            self.chats[person_id] = Chat(person)
        return self.chats[person_id]

    def reachable(self, chat_id: str) -> Chat:
        """The chat the bot may write to; raises a Refusal in the real server's words."""
        if not chat_id.strip():
            raise bad_request("chat_id is empty")
        number = int(chat_id) if chat_id.strip().lstrip("-").isdecimal() else 0
        chat = self.chats.get(number)
        if chat is None or not chat.person.started:
            raise bad_request("chat not found")
        if chat.person.deactivated:
            raise forbidden("user is deactivated")
        if chat.person.blocked:
            raise forbidden("bot was blocked by the user")
        return chat

    def stir(self, chat: Chat) -> int:
        """Give the chat the next sequence number and wake those who watch it."""
        self.seq += 1
        chat.seq = self.seq
        self.bell.ring()
        return self.seq

    def typing(self, chat: Chat) -> bool:
        """Whether the chat shows the bot as busy."""
        return chat.typing_until is not None and self.now() < chat.typing_until

    def write(self, chat: Chat, message: Message) -> Message:
        """Add a message under the next id of its chat."""
        stored = replace(message, id=len(chat.messages) + 1, seq=self.stir(chat))
        chat.messages[stored.id] = stored
        if stored.own:
            chat.typing_until = None
        return stored

    def draft(self, content: Text, *, own: bool, media: Media | None = None) -> Message:
        """A message dated now that is in no chat yet."""
        return Message(0, own, self.now(), content, 0, media)

    def edit(self, chat: Chat, message: Message) -> Message:
        """Date and count an edit."""
        message.edited = self.now()
        message.revision += 1
        message.seq = self.stir(chat)
        return message

    def delete(self, chat: Chat, message: Message) -> None:
        """Take a message from both sides of the chat."""
        message.deleted = True
        message.seq = self.stir(chat)
        chat.pinned = [pinned for pinned in chat.pinned if pinned != message.id]

    def ask(self, chat: Chat) -> Query:
        """Open a callback query."""
        self._query_count += 1
        query = Query(f"{chat.person.id}{self._query_count:06d}", chat, self.now())
        self.queries[query.id] = query
        return query

    def as_message(self, chat: Chat, message: Message) -> Json:
        """The Message object the Bot API shows."""
        body: Json = {
            "message_id": message.id,
            "from": self.bot_user() if message.own else chat.person.as_user(),
            "chat": chat.person.as_chat(),
            "date": int(message.date.timestamp()),
            **_content(message),
        }
        if message.edited is not None:
            body["edit_date"] = int(message.edited.timestamp())
        if message.protected:
            body["has_protected_content"] = True
        if message.buttons:
            body["reply_markup"] = {"inline_keyboard": message.buttons}
        quoted = chat.message(message.reply_to)
        if quoted is not None:
            quoted = replace(quoted, reply_to=0)
            body["reply_to_message"] = self.as_message(chat, quoted)
        return body

    def bot_user(self) -> Json:
        """The bot as the User object inside messages."""
        return {key: self.bot[key] for key in ("id", "is_bot", "first_name", "username")}


def _content(message: Message) -> Json:
    words, entities = message.content.text, list(message.content.entities)
    if message.media is None:
        return {"text": words} | ({"entities": entities} if entities else {})
    file = message.media.file
    shown: Json = (
        {"photo": file.as_photo()}
        if message.media.kind == "photo"
        else {"document": file.as_document()}
    )
    if words:
        shown["caption"] = words
    if entities:
        shown["caption_entities"] = entities
    return shown
