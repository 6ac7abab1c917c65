"""PURE contract of delivering: what sending a screen may come to, without Telegram's words."""

from typing import Protocol

from bot.screen import Screen


class PostError(Exception):
    """A screen did not arrive, or nobody knows."""


class Unreachable(PostError):
    """The person blocked the bot, is gone, or never wrote to it."""


class Flooded(PostError):
    """Provably not delivered: this chat takes nothing for ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the chat takes nothing for {seconds:g} s")
        self.seconds = seconds


class NotDelivered(PostError):
    """Provably not delivered: nothing was sent, or Telegram refuses our token."""


class MaybeDelivered(PostError):
    """The line broke after sending, or the server failed: it may have arrived."""


class Undeliverable(PostError):
    """Refused for what it is; trying the same again is pointless."""


class Post(Protocol):
    """Sends alerts."""

    async def answers(self) -> bool:
        """Whether Telegram answers at all; shows nothing to anybody."""
        ...

    async def send_alert(self, chat_id: int, screen: Screen) -> int:
        """Send a new message and return its id; raises ``PostError``."""
        ...
