"""Operators: what concerns the whole installation is told to every administrator."""

from dataclasses import dataclass

from engine.core.account import Role
from engine.core.events import Alert
from engine.cycles import tell
from engine.cycles.nudges import Nudges
from engine.ports.clock import Clock
from engine.ports.storage import Storage
from engine.runtime.nursery import Nursery


@dataclass(frozen=True, slots=True)
class Operators:
    """Writes alerts into the outbox of every active administrator."""

    storage: Storage
    clock: Clock
    nursery: Nursery
    nudges: Nudges

    def exchange_stopped(self, market: str, reason: str, seconds: float) -> None:
        """The exchange shuts this address out for so many real seconds."""
        until = self.clock.now_ms() + round(seconds * 1000 * self.clock.rate)
        work = self._tell_stopped(market, reason, until)
        self.nursery.start("tell the operators", work)

    async def _tell_stopped(self, market: str, reason: str, until: int) -> None:
        async with self.storage.system() as unit:
            for account in await unit.accounts.all():
                if account.role is Role.ADMIN and account.active:
                    alert: Alert = tell.exchange_stopped(account.id, market, reason, until)
                    await unit.outbox.add(alert, self.clock.now_ms())
            await unit.commit()
        self.nudges.outbox()
