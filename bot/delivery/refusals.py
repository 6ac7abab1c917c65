"""What Telegram's refusals mean for a screen that was to be shown."""

import os
from enum import Enum, auto

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.post import (
    Flooded,
    MaybeDelivered,
    NotDelivered,
    PostError,
    Undeliverable,
    Unreachable,
)

_NOTHING_SENT = (httpx.PoolTimeout, httpx.ConnectError, httpx.ConnectTimeout)
_GRACE = 1.0
# The library's opt-in to the coming type of ``retry_after``; it warns at every 429 without.
os.environ.setdefault("PTB_TIMEDELTA", "true")


class Flaw(Enum):
    """What a 400 says about the request; the words are those of the Bot API server."""

    NONE_NEEDED = auto()
    """Nothing to do: it looks so already, or the tap was answered."""
    MESSAGE_GONE = auto()
    """The message cannot be edited any more, or holds no text: a fresh one is needed."""
    MARKUP = auto()
    """The text's markup or length: it can be shown as plain text."""
    NOBODY = auto()
    """There is no such chat."""
    OTHER = auto()


_WORDS = (
    ("message is not modified", Flaw.NONE_NEEDED),
    ("query is too old", Flaw.NONE_NEEDED),
    ("message to edit not found", Flaw.MESSAGE_GONE),
    ("message can't be edited", Flaw.MESSAGE_GONE),
    ("there is no text in the message", Flaw.MESSAGE_GONE),
    ("message_id_invalid", Flaw.MESSAGE_GONE),
    ("can't parse entities", Flaw.MARKUP),
    ("is too long", Flaw.MARKUP),
    ("message_too_long", Flaw.MARKUP),
    ("chat not found", Flaw.NOBODY),
    ("peer_id_invalid", Flaw.NOBODY),
)


def flaw(error: BadRequest) -> Flaw:
    """What a 400 is about."""
    said = str(error).lower()
    return next((meaning for words, meaning in _WORDS if words in said), Flaw.OTHER)


def told(error: TelegramError) -> PostError:
    """The error in our own terms: did it arrive, and is trying again sane?"""
    match error:
        case RetryAfter():
            return Flooded(_seconds(error) + _GRACE)
        case Forbidden():
            return Unreachable(str(error))
        case InvalidToken():
            return NotDelivered("Telegram refuses the bot token")
        case BadRequest():
            nobody = flaw(error) is Flaw.NOBODY
            return Unreachable(str(error)) if nobody else Undeliverable(str(error))
        case ChatMigrated():
            return Undeliverable(str(error))
        case NetworkError() if isinstance(error.__cause__, _NOTHING_SENT):
            return NotDelivered(type(error.__cause__).__name__)
        case _:
            return MaybeDelivered(f"{type(error).__name__}, {type(error.__cause__).__name__}")


def _seconds(error: RetryAfter) -> float:
    after = error.retry_after
    return float(after) if isinstance(after, int) else after.total_seconds()
