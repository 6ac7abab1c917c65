"""Trouble: what is written and told when an order or a key does not work out."""

from dataclasses import dataclass, replace

from engine.core.account import KeyState
from engine.core.bot_state import BotEvent, next_bot_state
from engine.core.decide import another_attempt
from engine.core.errors import KeyRefused, NotFound
from engine.core.events import Alert, AlertKind
from engine.core.order import Leg, Order
from engine.cycles import tell
from engine.cycles.ledger import Ledger
from engine.ports.clock import Clock
from engine.ports.storage import Unit

# Questions asked in vain before the user is told that an order is in doubt.
_TOLD_AFTER = 3


@dataclass(frozen=True, slots=True)
class Trouble:
    """Writes the rows and alerts of what went wrong."""

    ledger: Ledger
    clock: Clock

    async def entry_not_placed(self, order: Order, note: str, *, retry: bool) -> None:
        """Plan one more attempt where that is sane and still in time, else tell the user."""
        if order.leg is not Leg.ENTRY:
            return
        again = another_attempt(order, self.clock.now_ms(), self.clock.rate) if retry else None

        async def work(unit: Unit) -> tuple[set[int], bool]:
            if again is not None:
                await unit.orders.add([again])
            else:
                bot = await unit.bots.get(order.bot_id)
                alert = tell.entry_failed(order, bot, note)
                await unit.outbox.add(alert, self.clock.now_ms())
            return {order.bot_id}, True

        await self.ledger.change(work)

    async def tell_unknown(self, order: Order, asked: int) -> None:
        """Say that an order is in doubt, once it has lasted."""
        if asked != _TOLD_AFTER:
            return
        await self._tell(order, settled=False)

    async def tell_settled(self, order: Order, asked: int) -> None:
        """Say how it ended, if it was told to be in doubt."""
        if asked >= _TOLD_AFTER:
            await self._tell(order, settled=True)

    async def _tell(self, order: Order, *, settled: bool) -> None:
        async def work(unit: Unit) -> tuple[set[int], bool]:
            bot = await unit.bots.get(order.bot_id)
            now = await unit.orders.by_client_id(order.client_id) or order
            build = tell.order_settled if settled else tell.order_unknown
            return set(), await unit.outbox.add(build(now, bot), self.clock.now_ms())

        await self.ledger.change(work)

    async def key_refused(self, account: str, error: KeyRefused) -> None:
        """Park the account's bots and tell their owner what to mend."""
        if not account.startswith("key:"):
            return
        key_id = int(account.removeprefix("key:"))

        async def work(unit: Unit) -> tuple[set[int], bool]:
            try:
                key = await unit.keys.get(key_id)
            except NotFound:
                return set(), False
            now = self.clock.now_ms()
            why = {"code": str(error.code), "message": error.detail, "label": key.label}
            await unit.keys.set_state(key_id, KeyState.REFUSED, error.detail, now)
            bots = [bot for bot in await unit.bots.all() if bot.account == account]
            for bot in bots:
                if bot.state.running:
                    state = next_bot_state(bot.state, BotEvent.FAIL)
                    failed = replace(bot, state=state, why="why.key_refused", why_params=why)
                    await unit.bots.save(failed)
            alert = Alert(
                owner_id=key.owner_id,
                kind=AlertKind.KEY_REFUSED,
                dedup=f"key_refused:{key_id}:{now // 3_600_000}",
                params=why,
            )
            await unit.outbox.add(alert, now)
            return {bot.id for bot in bots}, True

        await self.ledger.change(work)
