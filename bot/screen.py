"""PURE vocabulary of the chat: what came in (Press, Said), what goes out (Screen)."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts, as Telegram identifies them; ``language`` is a hint like ``en``."""

    telegram_id: int
    name: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Press:
    """A tap on an inline button of message ``message_id``."""

    person: Person
    chat_id: int
    message_id: int
    data: str
    query_id: str


@dataclass(frozen=True, slots=True)
class Said:
    """A message; ``at`` is when it was written, seconds UTC.

    ``text`` is the caption of a photo or a file, and empty where there are no words at all.
    """

    person: Person
    chat_id: int
    message_id: int
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button: its label and its callback data (at most 64 bytes)."""

    text: str
    data: str


@dataclass(frozen=True, slots=True)
class Screen:
    """One message to show. ``text`` is HTML whose foreign parts are already escaped.

    A screen that answers a tap edits the tapped message unless ``fresh`` asks for a new one.
    ``again`` is the callback data that draws it anew, for one that changes by itself meanwhile.
    ``toast`` is shown over the chat (an empty ``text`` shows nothing else); ``alert`` makes it a
    pop-up. ``forget_input`` deletes the user's own message (a secret) before anything else.
    """

    text: str
    rows: tuple[tuple[Button, ...], ...] = ()
    toast: str = ""
    alert: bool = False
    fresh: bool = False
    forget_input: bool = False
    silent: bool = False
    reply_to: int | None = None
    again: str = ""
    tags: dict[str, str] = field(default_factory=dict)
