"""Engine: everything that trades, started in the one right order and stopped in reverse.

Starting up is recovering: rows are read, the account is compared with the exchange, positions
are guarded, and only then does the scheduler run.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import structlog

from engine.core.bot_config import Environment, Mode
from engine.core.liquidity import NO_FLOOR, LiquidityFloor
from engine.core.signal import Signal
from engine.cycles import tell
from engine.cycles.account_guard import AccountGuard
from engine.cycles.accounts import Accounts
from engine.cycles.analyst import Advising, make_analyst
from engine.cycles.analyst_judge import AiJudge
from engine.cycles.attendant import Attendant
from engine.cycles.daily_reset import DailyReset
from engine.cycles.desk import Desk
from engine.cycles.endurance import Endurance
from engine.cycles.fleet import Fleet, Member
from engine.cycles.foreign import Foreign
from engine.cycles.guard import Guard
from engine.cycles.insight import LiveInsight
from engine.cycles.judges import JudgeMakers
from engine.cycles.ledger import Ledger
from engine.cycles.meeting import Meeting
from engine.cycles.nudges import Nudges
from engine.cycles.operators import Operators
from engine.cycles.parking import Parking
from engine.cycles.readiness import Place, Readiness
from engine.cycles.reconcile import Reconciler
from engine.cycles.risk import RiskCycle
from engine.cycles.rulebook import Rulebook
from engine.cycles.scheduler import Job, Scheduler
from engine.cycles.signal import SignalCycle
from engine.cycles.strays import Strays
from engine.cycles.timeout import TimeoutCycle
from engine.cycles.trailing import TrailingCycle
from engine.cycles.transfers import TransferCycle
from engine.cycles.trouble import Trouble
from engine.cycles.venue import Venue
from engine.cycles.verifying import Verifier
from engine.market.feed import Feed
from engine.ports.clock import Clock, ExchangeTime
from engine.ports.storage import Storage, Unit
from engine.ports.trader import Brokerage
from engine.runtime.nursery import Nursery
from engine.runtime.plugins import FrameJudge, load
from engine.runtime.worker import Worker
from engine.strategies.ai.strategy import AiStrategy
from engine.strategies.frames import FrameStrategy

_log = structlog.get_logger("engine")
# An exchange that does not answer at start must not keep the rest from starting.
_PATIENCE = 15.0
_LANDING = 20.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What the wiring hands to the engine. ``times``: one exchange clock per market.

    ``give_up`` ends the service: it is called with the reason when trading on would be wrong.
    ``floor`` bounds where entries go; ``advising`` is what AI bots need.
    """

    storage: Storage
    clock: Clock
    nursery: Nursery
    brokerage: Brokerage
    rulebook: Rulebook
    feeds: dict[Environment, Feed]
    times: dict[Place, ExchangeTime]
    modes: frozenset[Mode]
    nudges: Nudges
    give_up: Callable[[str], None]
    floor: LiquidityFloor = NO_FLOOR
    advising: Advising = field(default_factory=Advising)


class Engine:
    """The running engine; ``insight`` is what the chat may know of it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.fleet = Fleet(parts.storage, parts.clock, parts.rulebook.public)
        self.analyst = make_analyst(
            parts.advising, self.fleet, parts.storage, parts.clock, self._may_enter
        )
        self.worker = Worker()
        judges: JudgeMakers = {
            AiStrategy: partial(AiJudge, self.analyst),
            FrameStrategy: partial(FrameJudge, self.worker),
        }
        self.signals = SignalCycle(self.fleet, parts.feeds, parts.clock, parts.nursery, judges)
        self.readiness = Readiness(parts.feeds, parts.times)
        self._desk = Desk(
            self.fleet, parts.rulebook, self.readiness, parts.clock, parts.modes, parts.floor
        )
        self.insight = LiveInsight(
            self.fleet, self.signals, self.readiness, self._desk, parts.nursery, parts.clock
        )
        self._meeting = Meeting(parts.times, parts.rulebook, parts.clock, parts.nursery)
        self.operators = Operators(parts.storage, parts.clock, parts.nursery, parts.nudges)
        self._scheduler: Scheduler | None = None
        self._accounts: Accounts | None = None
        self._deciding: RiskCycle | None = None
        self._risk: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Recover, then trade; returns once reconciled or once the exchange proved silent."""
        parts = self._parts
        began = parts.clock.now_ms()
        install = await self._boot(began)
        for environment in parts.feeds:
            self.signals.hear(environment)
        await asyncio.gather(self._meeting.all(), load(self.worker))
        await self.fleet.load()
        guard = Guard(parts.rulebook, parts.clock, install, self.fleet.zone_of)
        endurance = Endurance(parts.give_up)
        ledger = Ledger(parts.storage, self.fleet, guard, parts.nudges, endurance)
        accounts = self._accounts = self._make_accounts(ledger)
        attendant = Attendant(
            self.fleet, ledger, self.signals, accounts, parts.nudges, parts.nursery
        )
        self._meeting.late = attendant.guard_all
        await _restart_naked_clocks(ledger)
        await attendant.sync()
        await self._reconcile(accounts)
        await attendant.guard_all()
        reset = DailyReset(ledger, parts.clock)
        await reset.run()
        risk = self._deciding = self._make_risk(ledger, accounts)
        await risk.account_guard.run()
        parts.nursery.supervise("account guard", risk.account_guard.watch)
        self._risk = parts.nursery.supervise("risk", risk.run)
        parts.nursery.supervise("attendant", attendant.run)
        parts.nursery.supervise("verifier", self._make_verifier(accounts).run)
        self._scheduler = Scheduler(parts.clock, self._table(risk, accounts, attendant, reset))
        self._scheduler.start()
        await self._tell_restart(ledger, install, began)

    async def stop(self) -> None:
        """Start nothing more, then wait (bounded) for what was sent to be answered and booked."""
        try:
            async with asyncio.timeout(_LANDING):
                if self._risk is not None:
                    self._risk.cancel()
                if self._scheduler is not None:
                    await self._scheduler.stop()
                if self._accounts is not None:
                    await self._accounts.land()
        except TimeoutError:
            _log.warning("stopped with requests unanswered; the next start looks them up")

    async def close(self) -> None:
        """Let go of the worker and the model service; nothing may be asked any more."""
        await self.worker.close()
        if self._parts.advising.advisor is not None:
            await self._parts.advising.advisor.close()

    async def _boot(self, at: int) -> str:
        """Count this start: whatever an earlier process still writes is refused from now on."""
        storage = self._parts.storage
        async with storage.system() as unit:
            boot = await unit.installs.boot(at)
            await unit.outbox.release_claimed()
            await unit.commit()
        storage.hold(boot.lease)
        return boot.install

    def _may_enter(self, member: Member, signal: Signal) -> bool:
        return self._deciding is not None and self._deciding.would_enter(member, signal)

    def _make_risk(self, ledger: Ledger, accounts: Accounts) -> RiskCycle:
        parts = self._parts
        return RiskCycle(
            fleet=self.fleet,
            ledger=ledger,
            signals=self.signals,
            desk=self._desk,
            trailing=TrailingCycle(self.fleet, ledger, self.signals),
            clock=parts.clock,
            install=ledger.guard.install,
            sender_of=accounts.sender,
            parking=Parking(ledger, self.signals),
            account_guard=AccountGuard(ledger, parts.clock),
        )

    def _make_verifier(self, accounts: Accounts) -> Verifier:
        parts = self._parts
        about = (self.fleet, accounts, parts.nudges, parts.nursery, parts.clock, self.readiness)
        return Verifier(*about)

    def _make_accounts(self, ledger: Ledger) -> Accounts:
        parts = self._parts
        return Accounts(
            brokerage=parts.brokerage,
            ledger=ledger,
            reconciler=Reconciler(
                ledger, self.fleet, Venue(ledger, self.fleet, Foreign(ledger)), Strays(ledger)
            ),
            readiness=self.readiness,
            desk=self._desk,
            trouble=Trouble(ledger, parts.clock),
            clock=parts.clock,
            nursery=parts.nursery,
            measure_clocks=self._meeting.clocks,
        )

    def _table(
        self, risk: RiskCycle, accounts: Accounts, attendant: Attendant, reset: DailyReset
    ) -> list[Job]:
        """THE TABLE: name, market seconds between runs (None: 00:00 UTC), work."""

        return [
            Job("signal", 60, risk.catch_up),
            Job("reconcile", 60, accounts.reconcile_all),
            Job("protection", 60, attendant.guard_all),
            Job("trailing stops", 60, risk.trailing.catch_up),
            Job("naked or closing", 1, attendant.urgent, real=True),
            Job("account limits", 60, risk.account_guard.run),
            Job("upkeep", 60, attendant.upkeep),
            Job("time-out", 2, TimeoutCycle(accounts.ledger, self._parts.clock).run),
            Job("transfers", 60, self._make_transfers(risk.ledger).run),
            Job("daily reset", None, reset.run),
            Job("paused bots", 60, reset.run),
            Job("old analyses", 86_400, self.analyst.forget_old),
            Job("exchange clock", 300, self._meeting.clocks, real=True),
            Job("catalogue", 3_600, self._meeting.rules, real=True),
        ]

    def _make_transfers(self, ledger: Ledger) -> TransferCycle:
        parts = self._parts
        return TransferCycle(self.fleet, ledger, self.readiness, parts.brokerage, parts.clock)

    async def _reconcile(self, accounts: Accounts) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await accounts.reconcile_all()
        except TimeoutError:
            _log.error("not everything could be reconciled at start; trying on")

    async def _tell_restart(self, ledger: Ledger, install: str, began: int) -> None:
        held = Counter(m.bot.owner_id for m in self.fleet.members.values() if m.position)
        now = self._parts.clock.now_ms()
        if not held:
            return

        async def work(unit: Unit) -> tuple[set[int], bool]:
            for owner_id, positions in held.items():
                seconds = (now - began) // 1000
                alert = tell.restarted(owner_id, install, positions, seconds)
                await unit.outbox.add(alert, now)
            return set(), True

        await ledger.change(work)


async def _restart_naked_clocks(ledger: Ledger) -> None:
    """The naked limit counts time in which the engine could act, not the time it was down."""
    now = ledger.guard.clock.now_ms()
    async with ledger.storage.system() as unit:
        for position in await unit.positions.unfinished():
            if position.naked_since is not None and position.closed_at is None:
                await unit.positions.save(replace(position, naked_since=now))
        await unit.commit()
