"""Accounts: one keeper per trading account: its stream, its balances, its sender."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import structlog

from engine.core.errors import ExchangeError, KeyRefused, SkipperError
from engine.cycles.answers import Answers
from engine.cycles.desk import Desk
from engine.cycles.doubt import Doubts
from engine.cycles.execution import Sender
from engine.cycles.ledger import Ledger
from engine.cycles.readiness import Readiness
from engine.cycles.reconcile import Reconciler
from engine.cycles.settling import Settler
from engine.cycles.trouble import Trouble
from engine.ports.clock import Clock
from engine.ports.trader import AccountEvent, BalanceEvent, Brokerage, ForeignEvent, Trader
from engine.runtime.nursery import Nursery, end

_log = structlog.get_logger("accounts")
_REOPEN = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
_PATIENCE = 30.0
_BETWEEN_DOUBTS = 1.0
# A futures account costs about 10 of the 2,400 request weight that all share in a minute.
_AT_ONCE = 100
_LANDING = 5.0


@dataclass(slots=True)
class Keeper:
    """What runs for one account.

    ``hearing``: its stream is open; ``doubted``: it shall be read soon; ``read_at`` is the loop's
    time of the last reading.
    """

    sender: Sender
    tasks: tuple[asyncio.Task[None], asyncio.Task[None]]
    hearing: bool = False
    doubted: bool = False
    read_at: float = float("-inf")


@dataclass(slots=True)
class Accounts:
    """Opens accounts as bots need them and keeps their rows in line with the exchange."""

    brokerage: Brokerage
    ledger: Ledger
    reconciler: Reconciler
    readiness: Readiness
    desk: Desk
    trouble: Trouble
    clock: Clock
    nursery: Nursery
    measure_clocks: Callable[[], Awaitable[None]]
    keepers: dict[str, Keeper] = field(default_factory=dict)
    _held: set[str] = field(default_factory=set)

    async def keep(self, accounts: set[str]) -> None:
        """Start what these accounts need, end the others; those already kept go on."""
        accounts = accounts | self._held
        for account in self.keepers.keys() - accounts:
            if not self.keepers[account].sender.flights:
                await self.renew(account)
        for account in accounts - self.keepers.keys():
            self.keepers[account] = self._keeper(account)

    def _keeper(self, account: str) -> Keeper:
        doubts = Doubts(self.clock)
        answers = Answers(
            ledger=self.ledger,
            doubts=doubts,
            trouble=self.trouble,
            clock=self.clock,
            nursery=self.nursery,
            on_doubt=partial(self._doubt, account),
            measure_clocks=self.measure_clocks,
        )
        sender = Sender(
            account=account,
            brokerage=self.brokerage,
            ledger=self.ledger,
            doubts=doubts,
            settler=Settler(self.ledger, doubts, self.trouble, self.clock),
            answers=answers,
            trouble=self.trouble,
            readiness=self.readiness,
            desk=self.desk,
            clock=self.clock,
            nursery=self.nursery,
        )
        tasks = (
            self.nursery.supervise(f"sender {account}", sender.run),
            self.nursery.supervise(f"stream {account}", partial(self._stream, account)),
        )
        return Keeper(sender, tasks)

    @asynccontextmanager
    async def held(self, account: str) -> AsyncIterator[None]:
        """Keep an account meanwhile, whether or not a bot needs it."""
        self._held.add(account)
        try:
            if account not in self.keepers:
                self.keepers[account] = self._keeper(account)
            yield
        finally:
            self._held.discard(account)

    def sender(self, account: str) -> Sender | None:
        """Who sends the account's orders, None while it is not kept."""
        keeper = self.keepers.get(account)
        return keeper.sender if keeper else None

    async def renew(self, account: str) -> None:
        """Close an account that is not needed, or whose key changed: it is then opened anew."""
        keeper = self.keepers.pop(account, None)
        self.readiness.accounts.discard(account)
        if keeper is not None:
            await end(keeper.tasks)
            await _landed(keeper.sender)
        await self.brokerage.forget(account)

    async def reconcile(self, account: str) -> bool:
        """Read the account now; False when the exchange did not answer."""
        keeper = self.keepers.get(account)
        if keeper is None:
            return False
        keeper.read_at = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(_PATIENCE):
                trader = await self.brokerage.trader(account)
                await self.reconciler.account(account, trader, keeper.sender.settler)
        except KeyRefused as error:
            self.readiness.accounts.discard(account)
            await self.trouble.key_refused(account, error)
            return False
        except (SkipperError, TimeoutError) as error:
            _log.warning("not reconciled", account=account, error=str(error))
            return False
        if keeper.hearing:
            # Without its stream nobody would tell what becomes of an entry.
            self.readiness.accounts.add(account)
        self.ledger.nudges.orders(account)
        return True

    def _doubt(self, account: str) -> None:
        """Read the account soon: something happened there that its events do not explain."""
        keeper = self.keepers.get(account)
        if keeper is not None and not keeper.doubted:
            keeper.doubted = True
            self.nursery.start(f"reconcile {account}", self._reconcile_on_doubt(account, keeper))

    async def _reconcile_on_doubt(self, account: str, keeper: Keeper) -> None:
        """However much happens there, an account is read once a second at most."""
        rest = keeper.read_at + _BETWEEN_DOUBTS - asyncio.get_running_loop().time()
        if rest > 0:
            await self.clock.sleep_real(rest)
        keeper.doubted = False
        await self.reconcile(account)

    async def reconcile_all(self) -> None:
        """The minute's net: accounts in turn, so many as the exchange's limits bear at once."""
        oldest_first = sorted(self.keepers, key=lambda account: self.keepers[account].read_at)
        due = oldest_first[:_AT_ONCE]
        await asyncio.gather(*(self.reconcile(account) for account in due))

    async def land(self) -> None:
        """Send no more entries and wait for every request in flight."""
        await asyncio.gather(*(keeper.sender.land() for keeper in self.keepers.values()))

    async def _stream(self, account: str) -> None:
        """Follow the account's stream for ever: open, reconcile, listen, and again."""
        failures = 0
        while True:
            try:
                trader = await self.brokerage.trader(account)
                async with trader.events() as events:
                    self.keepers[account].hearing = True
                    if await self.reconcile(account):
                        failures = 0
                    async for event in events:
                        await self._hear(account, trader, event)
            except KeyRefused as error:
                await self.trouble.key_refused(account, error)
            except SkipperError as error:
                _log.warning("account stream lost", account=account, error=str(error))
            self._deaf(account)
            await self.clock.sleep_real(_REOPEN[min(failures, len(_REOPEN) - 1)])
            failures += 1

    def _deaf(self, account: str) -> None:
        self.readiness.accounts.discard(account)
        keeper = self.keepers.get(account)
        if keeper is not None:
            keeper.hearing = False

    async def _hear(self, account: str, trader: Trader, event: AccountEvent) -> None:
        if isinstance(event, BalanceEvent):
            known = self.ledger.fleet.balances.setdefault(account, {})
            known |= event.balances
            return
        if isinstance(event, ForeignEvent):
            self._doubt(account)
            return
        try:
            await self.ledger.record([event])
        except SkipperError as error:
            # One event that cannot be booked must not cost the others; reading again may heal it.
            _log.error("event not booked", account=account, id=event.client_id, error=str(error))
            self._doubt(account)
        if account.startswith("paper:"):
            await self._paper_balances(account, trader)

    async def _paper_balances(self, account: str, trader: Trader) -> None:
        """Paper has no balance events; its wallet follows from its fills."""
        try:
            self.ledger.fleet.balances[account] = await trader.balances()
        except ExchangeError as error:
            _log.warning("paper balances not read", account=account, error=str(error))


async def _landed(sender: Sender) -> None:
    """Wait a while for answers; what is still unanswered then is looked up by the next sender."""
    try:
        async with asyncio.timeout(_LANDING):
            await sender.land()
    except TimeoutError:
        _log.warning("account closed with requests unanswered", account=sender.account)
