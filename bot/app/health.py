"""How the chat does, for the health report."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChatHealth:
    """``poll_age``: real seconds since Telegram last answered a poll well, None: never so far.

    The counts are since the start: ``conflicts`` (another program polls with our token),
    ``refusals`` (the token was refused), ``floods`` (we were told to slow down).
    """

    poll_age: float | None
    conflicts: int
    refusals: int
    floods: int
