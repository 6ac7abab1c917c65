"""What each of Telegram's refusals means for a screen."""

import httpx
import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)

from bot.delivery.refusals import Flaw, flaw, told
from bot.post import Flooded, MaybeDelivered, NotDelivered, Undeliverable, Unreachable


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (RetryAfter(7), Flooded),
        (Forbidden("bot was blocked by the user"), Unreachable),
        (BadRequest("Chat not found"), Unreachable),
        (BadRequest("BUTTON_DATA_INVALID"), Undeliverable),
        (ChatMigrated(-100), Undeliverable),
        (InvalidToken("The token `1:secret` was rejected"), NotDelivered),
        (caused(TimedOut(), httpx.PoolTimeout("")), NotDelivered),
        (caused(TimedOut(), httpx.ConnectTimeout("")), NotDelivered),
        (caused(NetworkError("x"), httpx.ConnectError("")), NotDelivered),
        (caused(TimedOut(), httpx.ReadTimeout("")), MaybeDelivered),
        (caused(NetworkError("x"), httpx.RemoteProtocolError("")), MaybeDelivered),
        (NetworkError("Bad Gateway"), MaybeDelivered),
    ],
)
def test_errors_say_whether_the_screen_arrived(error, meaning):
    assert type(told(error)) is meaning


def test_a_flood_lasts_a_second_longer_than_told():
    assert told(RetryAfter(7)).seconds == 8.0


def test_a_refused_token_is_not_repeated_in_the_error():
    assert "secret" not in str(told(InvalidToken("The token `1:secret` was rejected")))


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("Message is not modified: specified new message content", Flaw.NONE_NEEDED),
        ("Query is too old and response timeout expired or query ID is invalid", Flaw.NONE_NEEDED),
        ("Message to edit not found", Flaw.MESSAGE_GONE),
        ("There is no text in the message to edit", Flaw.MESSAGE_GONE),
        ("Can't parse entities: unmatched end tag at byte offset 3", Flaw.MARKUP),
        ("Message is too long", Flaw.MARKUP),
        ("MESSAGE_TOO_LONG", Flaw.MARKUP),
        ("Something else", Flaw.OTHER),
    ],
)
def test_a_400_is_read_by_its_words(words, meaning):
    assert flaw(BadRequest(words)) is meaning
