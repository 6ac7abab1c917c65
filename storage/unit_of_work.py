"""Units of work: repositories that share one session, one owner and one commit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from storage.database import Database, Work
from storage.repos.accounts import SqlAccounts
from storage.repos.analyses import SqlAnalyses, SqlTwins
from storage.repos.bots import SqlBots
from storage.repos.drafts import SqlAudit, SqlDrafts
from storage.repos.fills import SqlFills
from storage.repos.fundings import SqlFundings
from storage.repos.installs import SqlInstalls
from storage.repos.keys import SqlKeys
from storage.repos.limits import SqlLimits
from storage.repos.orders import SqlOrders
from storage.repos.outbox import SqlOutbox
from storage.repos.positions import SqlPositions
from storage.repos.results import SqlResults
from storage.repos.signals import SqlSignals, SqlStreams
from storage.repos.trades import SqlCounters, SqlTrades
from storage.repos.transfers import SqlTransfers


class SqlUnit:
    """One unit of work (``engine.ports.storage.Unit``)."""

    def __init__(self, work: Work, owner: int | None, lease: int | None = None) -> None:
        self._work = work
        self._scope = (work, owner)
        self._lease = lease

    @property
    def accounts(self) -> SqlAccounts:
        """People and invites."""
        return SqlAccounts(*self._scope)

    @property
    def keys(self) -> SqlKeys:
        """Exchange keys."""
        return SqlKeys(*self._scope)

    @property
    def bots(self) -> SqlBots:
        """Trading bots."""
        return SqlBots(*self._scope)

    @property
    def streams(self) -> SqlStreams:
        """Progress of candle streams."""
        return SqlStreams(*self._scope)

    @property
    def signals(self) -> SqlSignals:
        """BUY and SELL signals."""
        return SqlSignals(*self._scope)

    @property
    def orders(self) -> SqlOrders:
        """Orders."""
        return SqlOrders(*self._scope, self._lease)

    @property
    def fills(self) -> SqlFills:
        """Executions."""
        return SqlFills(*self._scope)

    @property
    def positions(self) -> SqlPositions:
        """Positions."""
        return SqlPositions(*self._scope)

    @property
    def trades(self) -> SqlTrades:
        """Closed trades."""
        return SqlTrades(*self._scope)

    @property
    def results(self) -> SqlResults:
        """What closed trades brought."""
        return SqlResults(*self._scope)

    @property
    def fundings(self) -> SqlFundings:
        """Funding payments."""
        return SqlFundings(*self._scope)

    @property
    def counters(self) -> SqlCounters:
        """Figures of a day."""
        return SqlCounters(*self._scope)

    @property
    def limits(self) -> SqlLimits:
        """What users let their bots do together."""
        return SqlLimits(*self._scope)

    @property
    def transfers(self) -> SqlTransfers:
        """Moves of money between wallets."""
        return SqlTransfers(*self._scope, self._lease)

    @property
    def analyses(self) -> SqlAnalyses:
        """What analysts said."""
        return SqlAnalyses(*self._scope)

    @property
    def twins(self) -> SqlTwins:
        """What bots would have done without an analyst."""
        return SqlTwins(*self._scope)

    @property
    def drafts(self) -> SqlDrafts:
        """Conversations in progress."""
        return SqlDrafts(*self._scope)

    @property
    def outbox(self) -> SqlOutbox:
        """Alerts on their way."""
        return SqlOutbox(*self._scope)

    @property
    def audit(self) -> SqlAudit:
        """Log of acts."""
        return SqlAudit(*self._scope)

    @property
    def installs(self) -> SqlInstalls:
        """Identity of the installation."""
        return SqlInstalls(*self._scope)

    async def commit(self) -> None:
        """Make the unit's writes durable; raises ``NotWritten`` when the database fails."""
        await self._work.commit()


class SqlStorage:
    """Opens units of work (``engine.ports.storage.Storage``)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lease: int | None = None

    def hold(self, lease: int) -> None:
        """From now on every unit trades under this lease (``Installs.boot``)."""
        self._lease = lease

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the operator should be told at start."""
        return self._database.warnings

    @asynccontextmanager
    async def of(self, owner_id: int) -> AsyncIterator[SqlUnit]:
        """Unit that sees and writes one owner's rows only."""
        async with self._database.writing() as work:
            yield SqlUnit(work, owner_id, self._lease)

    @asynccontextmanager
    async def system(self) -> AsyncIterator[SqlUnit]:
        """Unit that sees everything."""
        async with self._database.writing() as work:
            yield SqlUnit(work, None, self._lease)

    @asynccontextmanager
    async def reading(self, owner_id: int | None = None) -> AsyncIterator[SqlUnit]:
        """Read-only snapshot, beside the writer; of one owner or of all."""
        async with self._database.reading() as work:
            yield SqlUnit(work, owner_id)

    async def close(self) -> None:
        """Finish the units that wait, then close every connection."""
        await self._database.close()
