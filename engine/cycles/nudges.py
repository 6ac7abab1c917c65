"""Nudges: wake-ups gathered until their cycle looks; many for one thing count once."""

import asyncio
from collections import defaultdict


class Nudges:
    """Implements the Wake port for one running engine."""

    def __init__(self) -> None:
        self.bots: set[int] = set()
        self.limits = False
        self.positions: set[int] = set()
        self.changed_accounts: set[str] = set()
        self.attention = asyncio.Event()
        self.outbox_due = asyncio.Event()
        self.closed = asyncio.Event()
        self.unverified: set[str] = set()
        self.unverified_due = asyncio.Event()
        self._order_events: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def orders(self, account: str) -> None:
        """Orders of an account wait."""
        self._order_events[account].set()

    def position(self, bot_id: int) -> None:
        """A position must be looked at."""
        self.positions.add(bot_id)
        self.attention.set()

    def bot(self, bot_id: int) -> None:
        """A bot must be read again."""
        self.bots.add(bot_id)
        self.attention.set()

    def account_limits(self) -> None:
        """Limits over all bots of a user must be read again."""
        self.limits = True
        self.attention.set()

    def account(self, account: str) -> None:
        """An account must be opened anew."""
        self.changed_accounts.add(account)
        self.attention.set()

    def verify(self, account: str) -> None:
        """An account must be read once its bots hold nothing any more."""
        self.unverified.add(account)
        self.unverified_due.set()

    def outbox(self) -> None:
        """An alert is due."""
        self.outbox_due.set()

    def order_event(self, account: str) -> asyncio.Event:
        """The event that the account's sender waits for."""
        return self._order_events[account]
