"""PURE keyboards: buttons made of text keys and actions."""

from bot.actions import Action, encode
from bot.screen import Button
from bot.texts import Texts

Row = tuple[Button, ...]
_MAX_LABEL = 30


def button(texts: Texts, key: str, action: Action, **figures: object) -> Button:
    """A button whose label is a text of the catalogue."""
    return Button(texts.plain(key, **figures), encode(action))


def named(label: str, action: Action) -> Button:
    """A button whose label is a name or a value."""
    short = label if len(label) <= _MAX_LABEL else f"{label[: _MAX_LABEL - 1]}…"
    return Button(short, encode(action))


def home(texts: Texts) -> Button:
    """The way home."""
    return button(texts, "button.home", Action("h", "home"))


def rows_of(buttons: list[Button], width: int) -> tuple[Row, ...]:
    """Buttons in rows of ``width``."""
    return tuple(tuple(buttons[i : i + width]) for i in range(0, len(buttons), width))
