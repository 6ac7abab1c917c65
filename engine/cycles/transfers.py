"""Transfers: what a futures bot's stake lacks comes from the spot wallet of the same key.

An intent is committed before it is sent and sent once. The exchange takes no id of ours, so one
whose answer was lost is looked for in the wallet's history until it is found or surely absent;
until then no other of its key and asset is asked for.
"""

from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from decimal import Decimal

import structlog

from engine.core.errors import (
    AlreadySent,
    Conflict,
    ExchangeError,
    OutcomeUnknown,
    SkipperError,
    Unavailable,
)
from engine.core.events import Alert
from engine.core.hours import day_of, day_starts
from engine.core.market import Market
from engine.core.money import ZERO
from engine.core.transfer import (
    Transfer,
    TransferEvent,
    TransferState,
    allowed_amount,
    missing_stake,
    next_transfer_state,
)
from engine.cycles import tell_transfers as tell
from engine.cycles.fleet import Fleet, Member
from engine.cycles.ledger import Ledger
from engine.cycles.readiness import Readiness
from engine.ports.clock import Clock
from engine.ports.storage import Unit
from engine.ports.trader import Brokerage, Moved, Wallets

_log = structlog.get_logger("transfers")
# A history may be written later than the transfer; nobody waits for this, so it is generous.
_ABSENT_AFTER_MS = 300_000
# How far apart our clock and the one of the history may be: nothing must be missed there.
_AROUND_MS = 60_000
_MANY = 1_000


@dataclass(slots=True)
class TransferCycle:
    """Once a minute: settles what is open, then moves what running bots lack."""

    fleet: Fleet
    ledger: Ledger
    readiness: Readiness
    brokerage: Brokerage
    clock: Clock
    _flying: set[int] = field(default_factory=set)

    async def run(self) -> None:
        """One round; a bot whose transfer fails does not keep the others waiting."""
        async with self.ledger.storage.reading() as unit:
            unfinished = await unit.transfers.unfinished()
        for transfer in unfinished:
            if transfer.id not in self._flying:
                await self._guarded(self._settle(transfer))
        for member in [m for m in self.fleet.members.values() if self._may_lack(m)]:
            await self._guarded(self._supply(member))

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except SkipperError as error:
            _log.warning("transfer put off", error=str(error))

    def _may_lack(self, member: Member) -> bool:
        config = member.bot.config
        return (
            config.auto_transfer
            and config.market is Market.FUTURES
            and config.mode.keyed
            and member.bot.state.running
            and not self.fleet.holding(member)
            and self.readiness.account(member.bot.account)
        )

    async def _supply(self, member: Member) -> None:
        bot = member.bot
        rules = self.ledger.guard.rulebook.of(bot, bot.config.symbol)
        if not missing_stake(bot.config, self.fleet.free(bot.account, rules.quote).free):
            return
        trader = await self.brokerage.trader(bot.account)
        wallets = trader.futures.wallets if trader.futures is not None else None
        if wallets is None:
            return
        # Memory may not show yet what was moved a minute ago, for this bot or for another one.
        held = (await trader.balances()).get(rules.quote)
        missing = missing_stake(bot.config, held.free if held is not None else ZERO)
        if not missing:
            return
        day, moved = await self._moved_today(member)
        amount = allowed_amount(bot.config, missing, moved)
        spot = await wallets.spot_free(rules.quote) if amount else ZERO
        if not amount or spot < amount:
            there = spot if amount else None
            alert = tell.funds_short(
                bot, rules.quote, day, missing=missing, spot=there, moved=moved
            )
            await self._tell(alert)
            return
        sent = await self._intend(member, rules.quote, amount)
        if sent is not None:
            await self._send(wallets, sent)

    async def _wallets(self, account: str) -> Wallets | None:
        trader = await self.brokerage.trader(account)
        return trader.futures.wallets if trader.futures is not None else None

    async def _moved_today(self, member: Member) -> tuple[str, Decimal]:
        """The owner's day, and what was or may have been moved for the bot in it."""
        bot = member.bot
        async with self.ledger.storage.reading(bot.owner_id) as unit:
            zone = (await unit.limits.get(bot.owner_id)).day_zone
            known = await unit.transfers.recent(limit=_MANY, bot_id=bot.id)
        day = day_of(self.clock.now_ms(), zone)
        begins = day_starts(day, zone)
        counted = (
            transfer.amount
            for transfer in known
            if transfer.created_at >= begins and transfer.state is not TransferState.FAILED
        )
        return day, sum(counted, ZERO)

    async def _intend(self, member: Member, asset: str, amount: Decimal) -> Transfer | None:
        """The intent, durable and about to be sent; None while another one is unfinished."""
        bot, now = member.bot, self.clock.now_ms()
        if bot.config.key_id is None:
            return None
        planned = Transfer(0, bot.owner_id, bot.id, bot.config.key_id, asset, amount, now)
        state = next_transfer_state(planned.state, TransferEvent.SEND)
        try:
            async with self.ledger.storage.system() as unit:
                sent = await unit.transfers.add(replace(planned, state=state, signed_at=now))
                self._flying.add(sent.id)
                await unit.commit()
        except Conflict:
            return None
        return sent

    async def _send(self, wallets: Wallets, sent: Transfer) -> None:
        try:
            number = await wallets.move_in(sent.asset, sent.amount, sent.signed_at or 0)
        except (OutcomeUnknown, AlreadySent) as error:
            await self._end(sent, TransferEvent.LOSE, note=error.detail)
        except ExchangeError as error:
            # Everything else says that it was not carried out.
            await self._end(sent, TransferEvent.REFUSE, note=f"{error.code} {error.detail}")
        else:
            await self._end(sent, TransferEvent.CONFIRM, exchange_id=number)
        finally:
            self._flying.discard(sent.id)

    async def _settle(self, transfer: Transfer) -> None:
        """Look for one whose answer we do not have; SENT is what a crash left behind."""
        if transfer.state is TransferState.SENT:
            transfer = await self._end(transfer, TransferEvent.LOSE, note="no answer")
        wallets = await self._wallets(f"futures:{transfer.key_id}")
        if wallets is None:
            raise Unavailable("no wallets to ask")
        signed = transfer.signed_at or transfer.created_at
        history = await wallets.moved_in(transfer.asset, signed - _AROUND_MS)
        found = await self._ours(transfer, history)
        if found is not None and found.done:
            await self._end(transfer, TransferEvent.CONFIRM, exchange_id=found.exchange_id)
        elif found is not None:
            _log.info("a transfer is pending", transfer=transfer.id)
        elif (self.clock.now_ms() - signed) / self.clock.rate > _ABSENT_AFTER_MS:
            await self._end(transfer, TransferEvent.PROVE_ABSENT, note="not carried out")

    async def _ours(self, transfer: Transfer, history: list[Moved]) -> Moved | None:
        """The oldest of this amount that belongs to no other transfer of ours."""
        async with self.ledger.storage.reading() as unit:
            known = {other.exchange_id for other in await unit.transfers.recent(limit=_MANY)}
        fitting = [
            moved
            for moved in history
            if moved.amount == transfer.amount and moved.exchange_id not in known
        ]
        return min(fitting, key=lambda moved: moved.at, default=None)

    async def _end(
        self,
        was: Transfer,
        event: TransferEvent,
        *,
        note: str = "",
        exchange_id: str | None = None,
    ) -> Transfer:
        """Write what became of it, and tell it once it is over, in one commit."""
        state = next_transfer_state(was.state, event)
        now = replace(was, state=state, note=note, exchange_id=exchange_id)

        async def work(unit: Unit) -> tuple[set[int], bool]:
            await unit.transfers.save(now, was=was)
            if state.final:
                bot = await unit.bots.get(was.bot_id)
                await unit.outbox.add(tell.transfer_ended(now, bot), self.clock.now_ms())
            return set(), True

        await self.ledger.change(work)
        return now

    async def _tell(self, alert: Alert) -> None:
        async def work(unit: Unit) -> tuple[set[int], bool]:
            return set(), await unit.outbox.add(alert, self.clock.now_ms())

        await self.ledger.change(work)
