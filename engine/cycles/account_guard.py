"""Account guard: pauses all bots of a user whose limits are passed, each minute and at each close.

Memory gives what is open, one indexed read per user what closed. A price that nobody knows is
never guessed: that limit is not judged, and entries are refused until it is known again.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

import structlog

from engine.core.account_guard import (
    AccountPause,
    Breach,
    Stake,
    day_loss,
    facts_of,
    first_breach,
    looks_back_to,
    pause_for,
)
from engine.core.account_limits import AccountLimits
from engine.core.bot import Bot
from engine.core.bot_state import BotState
from engine.core.checks import Refused, lost
from engine.core.errors import SkipperError, Unavailable
from engine.cycles import tell_account
from engine.cycles.days import pause_for_today, paused
from engine.cycles.fleet import Member
from engine.cycles.ledger import Ledger
from engine.ports.clock import Clock
from engine.ports.storage import Unit

_log = structlog.get_logger("account_guard")


@dataclass(slots=True)
class AccountGuard:
    """Judges users by their limits."""

    ledger: Ledger
    clock: Clock
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def watch(self) -> None:
        """Look again whenever a position was closed, for ever."""
        while True:
            await self.ledger.nudges.closed.wait()
            self.ledger.nudges.closed.clear()
            await self.run()

    async def run(self) -> None:
        """Judge every user who has a limit, and every bot that has one of its own for the day."""
        async with self._one_at_a_time:
            await self.ledger.fleet.read_limits()
            for owner_id, members in self._by_owner().items():
                try:
                    await self._judge(owner_id, members)
                except SkipperError as error:
                    _log.error("account not judged", owner=owner_id, error=str(error))

    def _by_owner(self) -> dict[int, list[Member]]:
        found: dict[int, list[Member]] = defaultdict(list)
        for member in self.ledger.fleet.members.values():
            found[member.bot.owner_id].append(member)
        return found

    async def _judge(self, owner_id: int, members: list[Member]) -> None:
        limits = self.ledger.fleet.limits_of(owner_id)
        for member in members:
            await self._judge_day(member, limits)
        if limits.max_drawdown is None and limits.stop_guard is None:
            return
        for keyed in (False, True):
            mine = [m for m in members if m.bot.config.mode.keyed is keyed]
            if any(m.bot.state.running for m in mine):
                await self._judge_book(owner_id, mine, limits, keyed=keyed)

    async def _judge_book(
        self, owner_id: int, members: list[Member], limits: AccountLimits, *, keyed: bool
    ) -> None:
        now = self.clock.now_ms()
        try:
            stakes = [self._stake(member) for member in members]
        except Unavailable as missing:
            _log.info("account not judged yet", owner=owner_id, why=str(missing))
            return
        async with self.ledger.storage.reading(owner_id) as unit:
            trades = await unit.trades.since(looks_back_to(limits, now))
            pauses = await unit.limits.pauses(owner_id)
        facts = facts_of(stakes, trades, pauses, now, keyed=keyed)
        breach = first_breach(facts, limits)
        if breach is not None:
            pause = pause_for(breach, facts, limits, owner_id, keyed=keyed)
            await self._pause_all({m.bot.id for m in members}, breach, pause)

    def _stake(self, member: Member) -> Stake:
        """A bot with what it holds at the price of now; raises ``Unavailable`` (rules)."""
        bot, position = member.bot, member.position
        rulebook = self.ledger.guard.rulebook
        return Stake(
            bot_id=bot.id,
            keyed=bot.config.mode.keyed,
            quote=position.quote if position else rulebook.of(bot, bot.config.symbol).quote,
            capital=bot.config.initial_capital,
            position=position,
            price=rulebook.exit_price(bot, position) if position else None,
        )

    async def _pause_all(self, bot_ids: set[int], breach: Breach, pause: AccountPause) -> None:
        """Running bots pause, pauses that end sooner last as long; one commit with one alert."""

        async def work(unit: Unit) -> tuple[set[int], bool]:
            bots = [b for b in await unit.bots.many(bot_ids) if _sooner(b, pause.until)]
            if not any(bot.state.running for bot in bots):
                return set(), False
            refused = Refused(breach.check, breach.limit, breach.measured)
            for bot in bots:
                await unit.bots.save(paused(bot, refused, pause.until))
            await unit.limits.put_pause(pause)
            await unit.outbox.add(tell_account.paused(pause, breach), self.clock.now_ms())
            return {bot.id for bot in bots}, True

        await self.ledger.change(work)

    async def _judge_day(self, member: Member, limits: AccountLimits) -> None:
        """Pause a bot whose loss of the day, with what is open, is as large as it may be."""
        limit = member.bot.config.max_daily_loss
        if limit is None or member.position is None or not member.bot.state.running:
            return
        loss = day_loss(self.ledger.fleet.today(member).net, self._stake(member))
        refused = None if loss is None else lost(member.bot.config, -loss)
        if refused is None:
            return
        now = self.clock.now_ms()

        async def work(unit: Unit) -> tuple[set[int], bool]:
            bot = await unit.bots.get(member.bot.id)
            if not bot.state.running:
                return {bot.id}, False
            await pause_for_today(unit, bot, refused, limits.day_zone, now)
            return {bot.id}, True

        await self.ledger.change(work)


def _sooner(bot: Bot, until: int) -> bool:
    """Whether it runs, or pauses but not for so long."""
    if bot.state is not BotState.PAUSED:
        return bot.state.running
    return bot.paused_until is not None and bot.paused_until < until
