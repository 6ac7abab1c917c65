"""Verifying: after a panic each account is read once its bots hold nothing, whoever else needs it.

What the exchange still holds beside our books is shown as not ours, and left alone.
"""

import asyncio
from dataclasses import dataclass, field

import structlog

from engine.core.bot_state import FLATTEN
from engine.cycles.accounts import Accounts
from engine.cycles.fleet import Fleet
from engine.cycles.nudges import Nudges
from engine.cycles.readiness import Readiness
from engine.ports.clock import Clock
from engine.runtime.nursery import Nursery

_log = structlog.get_logger("verifying")
_FIRST, _LONGEST = 0.5, 60.0
_GIVE_UP = 3_600.0


@dataclass(slots=True)
class Verifier:
    """Reads accounts that were named to ``Nudges.verify``, and at start those of past panics."""

    fleet: Fleet
    accounts: Accounts
    nudges: Nudges
    nursery: Nursery
    clock: Clock
    readiness: Readiness
    _waiting: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Take what is named, for ever."""
        for member in self.fleet.members.values():
            if member.bot.why == FLATTEN and member.bot.config.mode.keyed:
                self.nudges.verify(member.bot.account)
        while True:
            await self.nudges.unverified_due.wait()
            self.nudges.unverified_due.clear()
            while self.nudges.unverified:
                account = self.nudges.unverified.pop()
                if account not in self._waiting:
                    self._waiting.add(account)
                    self.nursery.start(f"verify {account}", self._verify(account))

    async def _verify(self, account: str) -> None:
        """Keep the account open until it was read after its bots had nothing left."""
        pause = _FIRST
        try:
            async with self.accounts.held(account), asyncio.timeout(_GIVE_UP):
                while not (self._empty(account) and await self.accounts.reconcile(account)):
                    await self.clock.sleep_real(pause)
                    pause = min(pause * 2, _LONGEST) if self._empty(account) else _FIRST
            self.readiness.verified[account] = self.clock.now_ms()
        except TimeoutError:
            _log.error("an account could not be verified", account=account)
        finally:
            self._waiting.discard(account)
            self.nudges.attention.set()

    def _empty(self, account: str) -> bool:
        """Whether no bot there that shall hold nothing holds or awaits anything."""
        emptied = (
            member
            for member in self.fleet.members.values()
            if member.bot.account == account and member.bot.why == FLATTEN
        )
        return not any(self.fleet.holding(member) for member in emptied)
