"""Nudges: they only make a cycle look sooner; the interval behind it is the net."""

from typing import Protocol


class Wake(Protocol):
    """Called after a commit; losing a call costs seconds, never an order or an alert."""

    def orders(self, account: str) -> None:
        """Orders of an account wait to be sent, cancelled or looked up."""
        ...

    def position(self, bot_id: int) -> None:
        """A bot's position or its orders changed."""
        ...

    def bot(self, bot_id: int) -> None:
        """A bot was made, changed, started, stopped or deleted."""
        ...

    def account_limits(self) -> None:
        """Limits over all bots of a user were changed."""
        ...

    def account(self, account: str) -> None:
        """A key was added, changed or removed."""
        ...

    def verify(self, account: str) -> None:
        """An account must be read once its bots hold nothing any more."""
        ...

    def outbox(self) -> None:
        """An alert is due."""
        ...
