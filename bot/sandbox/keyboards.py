"""Keyboards under and beside a message: what is accepted, and in which words it is not."""

from dataclasses import dataclass
from typing import Any

from bot.sandbox.params import Params
from bot.sandbox.refusals import bad_request

Button = dict[str, Any]
Rows = list[list[Button]]

_DATA_BYTES = 64
_PER_ROW = 12
_IN_ALL = 300
_COPIED = 256
_ACTIONS = ("callback_data", "url", "copy_text", "switch_inline_query", "web_app", "pay")
_LOOKS = ("style", "icon_custom_emoji_id")
_STYLES = frozenset({"danger", "success", "primary"})


@dataclass(frozen=True, slots=True)
class Markup:
    """One reply_markup: buttons under the message, or a change of the person's keyboard."""

    inline: Rows
    reply: list[list[str]] | None = None
    """None leaves the person's keyboard alone; an empty list removes it."""


def read_markup(params: Params, *, inline_only: bool = False) -> Markup:
    """The reply_markup of a call; edits accept inline keyboards only."""
    raw = params.json("reply_markup", "reply keyboard markup")
    if raw is None:
        return Markup([])
    if not isinstance(raw, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in raw:
        return Markup(_inline(raw["inline_keyboard"]))
    if inline_only:
        raise bad_request("inline keyboard expected")
    if "keyboard" in raw:
        return Markup([], _reply(raw["keyboard"]))
    return Markup([], [] if raw.get("remove_keyboard") else None)


def _rows(raw: Any, name: str) -> list[list[Any]]:
    if not isinstance(raw, list):
        raise bad_request(f'field "{name}" of the ReplyMarkup should be an Array of Arrays')
    for row in raw:
        if not isinstance(row, list):
            raise bad_request(f'field "{name}" of the ReplyMarkup should be an Array of Arrays')
    return raw


def _inline(raw: Any) -> Rows:
    """Rows of checked buttons; like the real server, what lies past the limits is dropped."""
    rows: Rows = []
    left = _IN_ALL
    for row in _rows(raw, "inline_keyboard"):
        kept = [_button(button) for button in row][: min(_PER_ROW, left)]
        left -= len(kept)
        if kept:
            rows.append(kept)
    return rows


def _button(raw: Any) -> Button:
    prefix = "can't parse inline keyboard button: "
    if not isinstance(raw, dict):
        raise bad_request(prefix + "InlineKeyboardButton must be an Object")
    if not isinstance(raw.get("text"), str):
        raise bad_request(prefix + 'Can\'t find field "text"')
    if not raw["text"].strip():
        raise bad_request("inline keyboard button text must be non-empty")
    action = next((name for name in _ACTIONS if name in raw), None)
    if action is None:
        raise bad_request(prefix + "Text buttons are unallowed in the inline keyboard")
    _check_action(action, raw[action])
    if raw.get("style", "primary") not in _STYLES:
        raise bad_request(prefix + "Invalid button style specified")
    return {name: raw[name] for name in ("text", *_LOOKS, action) if name in raw}


def _check_action(action: str, value: Any) -> None:
    match action:
        case "callback_data":
            size = len(str(value).encode())
            if not 1 <= size <= _DATA_BYTES:
                raise bad_request("BUTTON_DATA_INVALID")
        case "url":
            if not str(value).startswith(("http://", "https://", "tg://")):
                raise bad_request(
                    f"inline keyboard button URL '{value}' is invalid: Wrong HTTP URL"
                )
        case "copy_text":
            size = len(value.get("text", "")) if isinstance(value, dict) else 0
            if not 1 <= size <= _COPIED:
                raise bad_request("BUTTON_COPY_TEXT_INVALID")
        case _:
            pass


def _reply(raw: Any) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in _rows(raw, "keyboard"):
        labels = [button if isinstance(button, str) else button.get("text", "") for button in row]
        if not all(isinstance(label, str) and label.strip() for label in labels):
            raise bad_request("keyboard button text must be non-empty")
        rows.append(labels)
    return rows
