"""Repositories of what surrounds trading: limits, transfers, analyses, twins, and results."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from engine.core.account_guard import AccountPause
from engine.core.account_limits import AccountLimits
from engine.core.analysis import Analysis, Twin
from engine.core.bot_config import Mode
from engine.core.position import ExitReason
from engine.core.transfer import Transfer


@dataclass(frozen=True, slots=True)
class Result:
    """What a closed trade brought (see ``core.statistics.tally.Closed``), and in which books.

    ``mode`` is how it was traded, whatever its bot does by now. ``id`` is the trade's.
    """

    id: int
    bot_id: int
    mode: Mode
    base: str
    quote: str
    opened_at: int
    closed_at: int
    gross: Decimal
    net: Decimal
    funding: Decimal
    fees: dict[str, Decimal]
    reason: ExitReason


class Limits(Protocol):
    """Account limits; whoever set none has the defaults."""

    async def get(self, owner_id: int) -> AccountLimits: ...
    async def all(self) -> dict[int, AccountLimits]:
        """Those that were set, by owner."""
        ...

    async def put(self, owner_id: int, limits: AccountLimits, at: int) -> None: ...
    async def pauses(self, owner_id: int) -> list[AccountPause]:
        """The latest pause of the user's bots for each check."""
        ...

    async def put_pause(self, pause: AccountPause) -> None:
        """Write it over the one before of the same check."""
        ...


class Transfers(Protocol):
    """Moves of money between wallets. The database guards: one unfinished per key and asset."""

    async def add(self, transfer: Transfer) -> Transfer:
        """Insert it with its id; raises ``Conflict`` while another one is unfinished.

        Raises ``LeaseLost`` when another process started since this one took its lease.
        """
        ...

    async def save(self, transfer: Transfer, *, was: Transfer) -> None:
        """Update where the state is still that of ``was``; else raises ``Stale``."""
        ...

    async def unfinished(self) -> list[Transfer]: ...
    async def recent(self, *, limit: int, bot_id: int | None = None) -> list[Transfer]: ...


class Analyses(Protocol):
    """Calls of a model, one per owner, judge and candle."""

    async def add(self, analysis: Analysis) -> Analysis:
        """Insert it with its id; raises ``Conflict`` when that candle was analysed."""
        ...

    async def get(self, analysis_id: int) -> Analysis: ...
    async def recent(
        self, *, limit: int, part: str | None = None, stream: str | None = None
    ) -> list[Analysis]:
        """The newest first; those of one judge, of one stream, or all."""
        ...

    async def count_since(self, owner_id: int, at: int) -> int:
        """How many calls of an owner were made at ``at`` (ms) or later."""
        ...

    async def costs_since(self, owner_id: int, at: int) -> list[Decimal | None]:
        """Estimated cost of each of those calls, None where no price was set."""
        ...

    async def count_all_since(self, at: int) -> int:
        """How many calls of everybody were made at ``at`` (ms) or later."""
        ...

    async def delete_before(self, at: int) -> int:
        """Forget older ones; returns how many."""
        ...


class Twins(Protocol):
    """The twins of bots that ask a model."""

    async def get(self, bot_id: int) -> Twin | None: ...
    async def many(self, bot_ids: Collection[int]) -> dict[int, Twin]: ...
    async def put(self, twin: Twin) -> None:
        """Write it over the one before."""
        ...


class Results(Protocol):
    """What closed trades brought. Deleted bots and removed keys count: their trades were made."""

    async def page(self, *, limit: int, after: int = 0, bot_id: int | None = None) -> list[Result]:
        """The next results by id, after that of the trade ``after``; of one bot or of all."""
        ...

    async def nets(self) -> dict[int, Decimal]:
        """What all closed trades of each bot brought, net, in its quote asset."""
        ...

    async def capitals(self, bot_ids: Collection[int]) -> dict[int, Decimal]:
        """Initial capital of each of the bots as it is set now, in its quote asset."""
        ...
