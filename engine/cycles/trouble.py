"""Trouble: what is written and told when an order or a key does not work out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.core.account import Key, KeyState
from engine.core.bot import Bot
from engine.core.bot_state import BotEvent, next_bot_state
from engine.core.checks import Refused as CheckRefused
from engine.core.decide import another_attempt
from engine.core.errors import (
    KeyRefused,
    NoFunds,
    NotFound,
    NothingToReduce,
    PriceBand,
    Refused,
    WouldTrigger,
)
from engine.core.events import Alert, AlertKind
from engine.core.market import Market
from engine.core.money import fixed
from engine.core.order import Leg, Order, OrderEvent, Refusal, move
from engine.cycles import tell, tell_bots
from engine.cycles.ledger import Ledger
from engine.ports.clock import Clock
from engine.ports.storage import Unit

_REFUSALS: tuple[tuple[type[Refused], Refusal], ...] = (
    (WouldTrigger, Refusal.WOULD_TRIGGER),
    (NoFunds, Refusal.NO_FUNDS),
    (PriceBand, Refusal.PRICE_BAND),
    (NothingToReduce, Refusal.NOTHING_TO_REDUCE),
)


def refusal_of(error: Refused) -> Refusal:
    """What the order's row remembers of a refusal."""
    found = (refusal for kind, refusal in _REFUSALS if isinstance(error, kind))
    return next(found, Refusal.OTHER)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Writes the rows and alerts of what went wrong."""

    ledger: Ledger
    clock: Clock

    async def end(
        self,
        orders: Sequence[Order],
        event: OrderEvent,
        why: str | CheckRefused,
        *,
        retry: bool,
        refusal: Refusal = Refusal.NONE,
    ) -> None:
        """End orders that were not placed, in one commit with what follows from it.

        ``why`` is the exchange's word or ours, or the check that an entry did not pass again. An
        entry gets one more attempt where that is sane, in time and still wanted; else its user is
        told. Exits are planned again by the guard.
        """
        note = why if isinstance(why, str) else f"{why.check}: {why.measured} ({why.limit})"
        now = self.clock.now_ms()

        async def work(unit: Unit) -> tuple[set[int], bool]:
            for order in orders:
                ended = replace(move(order, event, at=now, note=note), refusal=refusal)
                await unit.orders.save(ended, was=order)
                await self.ledger.guard_order(unit, ended)
                if order.leg is Leg.ENTRY:
                    await self._entry_ended(unit, order, why, retry=retry)
            return {order.bot_id for order in orders}, True

        await self.ledger.change(work)

    async def _entry_ended(
        self, unit: Unit, order: Order, why: str | CheckRefused, *, retry: bool
    ) -> None:
        bot = await unit.bots.get(order.bot_id)
        now = self.clock.now_ms()
        wanted = retry and bot.state.running
        again = another_attempt(order, now, self.clock.rate) if wanted else None
        if again is not None:
            await unit.orders.add([again])
        elif isinstance(why, str):
            await unit.outbox.add(tell.entry_failed(order, bot, why), now)
        else:
            await unit.outbox.add(tell_bots.entry_refused(bot, why, order.client_id), now)

    async def tell_unknown(self, order: Order) -> None:
        """Say that an order is in doubt."""
        await self._tell(order, tell.order_unknown)

    async def tell_settled(self, order: Order) -> None:
        """Say how an order ended that was told to be in doubt."""
        await self._tell(order, tell.order_settled)

    async def tell_beside(self, order: Order, filled: Decimal) -> None:
        """Say that an entry thought absent bought ``filled`` beside what its bot holds."""

        async def work(unit: Unit) -> tuple[set[int], bool]:
            position = await unit.positions.open_of(order.bot_id)
            if position is None:
                return set(), False
            bot = await unit.bots.get(order.bot_id)
            alert = tell.position_naked(position, bot, "alarm.beside")
            params = alert.params | {"qty": fixed(filled)}
            alert = replace(alert, dedup=f"alarm.beside:{order.id}", params=params)
            return set(), await unit.outbox.add(alert, self.clock.now_ms())

        await self.ledger.change(work)

    async def _tell(self, order: Order, build: Callable[[Order, Bot], Alert]) -> None:
        async def work(unit: Unit) -> tuple[set[int], bool]:
            bot = await unit.bots.get(order.bot_id)
            now = await unit.orders.by_client_id(order.client_id) or order
            return set(), await unit.outbox.add(build(now, bot), self.clock.now_ms())

        await self.ledger.change(work)

    async def key_refused(self, account: str, error: KeyRefused) -> None:
        """Park the account's bots and tell their owner what to mend.

        What is refused on futures alone says nothing of spot: only the right to trade there goes.
        """
        kind, _, number = account.partition(":")
        if kind == "paper":
            return
        key_id = int(number)

        async def work(unit: Unit) -> tuple[set[int], bool]:
            try:
                key = await unit.keys.get(key_id)
            except NotFound:
                return set(), False
            why = {"code": str(error.code), "message": error.detail, "label": key.label}
            why |= {"market": Market.FUTURES.value} if kind == "futures" else {}
            bots = await unit.bots.all()
            mine = [bot for bot in bots if bot.account == account and bot.state.running]
            for bot in mine:
                state = next_bot_state(bot.state, BotEvent.FAIL)
                failed = replace(bot, state=state, why="why.key_refused", why_params=why)
                await unit.bots.save(failed)
            good = key.state is KeyState.GOOD
            news = good and (kind != "futures" or key.futures or bool(mine))
            if news:
                await self._mark_refused(unit, key, why)
            return {bot.id for bot in mine}, bool(mine) or news

        await self.ledger.change(work)

    async def _mark_refused(self, unit: Unit, key: Key, why: dict[str, str]) -> None:
        """Told once: a key that holds exits is tried for ever, and refused each time."""
        now = self.clock.now_ms()
        if "market" in why:
            await unit.keys.set_rights(
                key.id,
                futures=False,
                ip_restricted=key.ip_restricted,
                transfers=key.transfers,
                at=now,
            )
        else:
            await unit.keys.set_state(key.id, KeyState.REFUSED, why["message"], now)
        alert = Alert(
            owner_id=key.owner_id,
            kind=AlertKind.KEY_REFUSED,
            dedup=f"key_refused:{key.id}:{key.checked_at}",
            params=why,
        )
        await unit.outbox.add(alert, now)
