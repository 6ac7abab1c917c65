"""The memory: units of work and the repositories inside them.

``storage.of(owner)`` gives repositories that see one owner's rows alone: another user's id finds
nothing. ``storage.system()`` sees all and belongs to the cycles and the operator's commands.

A unit writes on ``await unit.commit()`` or not at all: leaving the block without it, or by an
exception, rolls back. ``commit`` returns once the rows are durable. No call to the exchange or
the chat is made inside a unit.
"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from engine.ports.people import Accounts, Audit, Drafts, Keys
from engine.ports.records import Analyses, Limits, Results, Transfers, Twins
from engine.ports.repos import (
    Bots,
    Counters,
    Fills,
    Fundings,
    Installs,
    Orders,
    Outbox,
    Positions,
    Signals,
    Streams,
    Trades,
)


class Unit(Protocol):
    """One unit of work."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def bots(self) -> Bots: ...
    @property
    def streams(self) -> Streams: ...
    @property
    def signals(self) -> Signals: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def fills(self) -> Fills: ...
    @property
    def positions(self) -> Positions: ...
    @property
    def trades(self) -> Trades: ...
    @property
    def results(self) -> Results: ...
    @property
    def fundings(self) -> Fundings: ...
    @property
    def counters(self) -> Counters: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def transfers(self) -> Transfers: ...
    @property
    def analyses(self) -> Analyses: ...
    @property
    def twins(self) -> Twins: ...
    @property
    def drafts(self) -> Drafts: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def installs(self) -> Installs: ...

    async def commit(self) -> None:
        """Make the unit's writes durable; returns after the commit that holds them."""
        ...


class Storage(Protocol):
    """Opens units of work."""

    def hold(self, lease: int) -> None:
        """From now on every unit trades under this lease (``Installs.boot``).

        The database then refuses (``LeaseLost``) an intent of a process that was paused while
        another one took over, however late it wakes.
        """
        ...

    def of(self, owner_id: int) -> AbstractAsyncContextManager[Unit]:
        """Unit that sees and writes one owner's rows only."""
        ...

    def system(self) -> AbstractAsyncContextManager[Unit]:
        """Unit that sees everything."""
        ...

    def reading(self, owner_id: int | None = None) -> AbstractAsyncContextManager[Unit]:
        """Read-only snapshot, beside the writer; of one owner or of all."""
        ...
