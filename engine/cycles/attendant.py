"""Attendant: acts on nudges: reads changed bots again, follows their streams, guards positions."""

from dataclasses import dataclass, field

import structlog

from engine.core.bot_config import Environment
from engine.core.errors import NotFound, Refused, SkipperError
from engine.core.market import Market
from engine.core.position import PositionState, ProtectionState
from engine.cycles.accounts import Accounts
from engine.cycles.fleet import Fleet, Member
from engine.cycles.ledger import Ledger
from engine.cycles.nudges import Nudges
from engine.cycles.recount import recount
from engine.cycles.signal import SignalCycle
from engine.runtime.nursery import Nursery

_log = structlog.get_logger("attendant")
_Symbol = tuple[Environment, Market, str]


@dataclass(slots=True)
class Attendant:
    """Keeps streams, prices and accounts in step with what the bots need."""

    fleet: Fleet
    ledger: Ledger
    signals: SignalCycle
    accounts: Accounts
    nudges: Nudges
    nursery: Nursery
    _watched: dict[int, _Symbol] = field(default_factory=dict)
    _warming: set[int] = field(default_factory=set)
    _asking: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Wait for nudges and act on them, for ever."""
        while True:
            await self.nudges.attention.wait()
            self.nudges.attention.clear()
            await self.attend()

    async def attend(self) -> None:
        """Act on everything nudged so far."""
        while self.nudges.changed_accounts:
            account = self.nudges.changed_accounts.pop()
            try:
                await self.accounts.renew(account)
            except SkipperError:
                self.nudges.changed_accounts.add(account)
                raise
        if self.nudges.limits:
            self.nudges.limits = False
            await self.fleet.read_limits()
        await self._recount()
        while self.nudges.bots:
            bot_id = self.nudges.bots.pop()
            try:
                await self.fleet.reload(bot_id)
            except SkipperError:
                self.nudges.bots.add(bot_id)
                raise
            self.nudges.positions.add(bot_id)
        await self.sync()
        while self.nudges.positions:
            await self._guard(self.nudges.positions.pop())

    async def upkeep(self) -> None:
        """The net behind the nudges: limits, and bots whose rows moved on, are read again."""
        self.nudges.limits = True
        for bot_id in await self.fleet.outdated():
            self.nudges.bots.add(bot_id)
        await self.attend()

    async def _recount(self) -> None:
        """Count today anew where a user's days begin at another time than they did.

        The commit that changed it did so too, but for what was booked before we heard of it.
        """
        while self.fleet.rezoned:
            owner_id = self.fleet.rezoned.pop()
            try:
                await recount(self.ledger, owner_id)
            except SkipperError:
                self.fleet.rezoned.add(owner_id)
                raise

    async def sync(self) -> None:
        """Bring accounts, streams and prices in line with the fleet."""
        await self.accounts.keep(self.fleet.accounts())
        self.signals.forget_unused()
        self._sync_prices()
        for member in list(self.fleet.members.values()):
            bot = member.bot
            missing = member.needs_candles and not self.signals.follows(member)
            if missing and bot.id not in self._warming:
                self._warming.add(bot.id)
                self.nursery.start(f"warm up bot {bot.id}", self._follow(member))
        for account in self._lacking_terms():
            if account not in self._asking:
                self._asking.add(account)
                self.nursery.start(f"terms of {account}", self._ask_terms(account))

    async def urgent(self) -> None:
        """Every second: positions that are naked, watched, moving their stop or closing."""
        for bot_id, member in list(self.fleet.members.items()):
            position = member.position
            if position is None:
                continue
            waits = position.naked_since is not None or position.watches_target
            moves = position.protection is ProtectionState.MOVING
            if waits or moves or position.state is PositionState.CLOSING:
                await self._guard(bot_id)

    async def guard_all(self) -> None:
        """The minute's net: every position that is not closed, and leftovers of closed ones."""
        async with self.ledger.storage.reading() as unit:
            positions = await unit.positions.unfinished()
        for position in positions:
            try:
                await self.ledger.look_after_position(position.id)
            except SkipperError as error:
                _log.error("not guarded", position=position.id, error=str(error))

    def _sync_prices(self) -> None:
        rulebook = self.ledger.guard.rulebook
        wanted = {
            bot_id: (rulebook.environment(m.bot), m.bot.config.market, m.bot.config.symbol)
            for bot_id, m in self.fleet.members.items()
            if m.needs_prices and rulebook.environment(m.bot) in rulebook.prices
        }
        for bot_id, (environment, market, symbol) in wanted.items():
            if self._watched.get(bot_id) != (environment, market, symbol):
                rulebook.prices[environment].watch(market, symbol)
        for bot_id, (environment, market, symbol) in self._watched.items():
            if wanted.get(bot_id) != (environment, market, symbol):
                rulebook.prices[environment].unwatch(market, symbol)
        self._watched = wanted

    def _lacking_terms(self) -> set[str]:
        """Accounts with a running futures bot on a symbol whose terms are not known yet."""
        return {
            member.bot.account
            for member in self.fleet.members.values()
            if member.bot.state.running
            and member.bot.config.market is Market.FUTURES
            and (member.bot.account, member.bot.config.symbol) not in self.fleet.terms
        }

    async def _ask_terms(self, account: str) -> None:
        """They come with the reading of the account, which the minute's job would do too."""
        try:
            await self.accounts.reconcile(account)
        finally:
            self._asking.discard(account)

    async def _follow(self, member: Member) -> None:
        """Warming up may wait out an outage of the exchange, so it runs in the background."""
        try:
            await self.signals.follow(member)
        except (Refused, KeyError) as error:
            _log.error("no candles", bot=member.bot.id, error=str(error))
        except NotFound:
            _log.info("stream dropped while it warmed up", bot=member.bot.id)
        finally:
            self._warming.discard(member.bot.id)

    async def _guard(self, bot_id: int) -> None:
        try:
            await self.ledger.look_after(bot_id)
        except SkipperError as error:
            _log.error("not guarded", bot=bot_id, error=str(error))
