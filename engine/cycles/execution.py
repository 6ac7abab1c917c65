"""Execution: the only sender of orders.

One sender per account drains its rows: PLANNED orders are marked SENT and committed, then sent
with no session held; the answer is classified and booked. What was sent before (UNKNOWN,
CANCELLING, missing trades) is tended by the settler, never sent again. Exits come before
entries, and a slow answer delays nobody: every request flies on its own.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field

import structlog

from engine.core.decide import entry_expired
from engine.core.errors import (
    AlreadySent,
    ClockOff,
    ExchangeError,
    KeyRefused,
    NotSent,
    Overloaded,
    RateLimited,
    Refused,
    SkipperError,
    Unavailable,
)
from engine.core.order import Order, OrderEvent, OrderReport, OrderState, move
from engine.cycles.ledger import Ledger, has_work
from engine.cycles.settling import Settler
from engine.cycles.trouble import Trouble
from engine.ports.clock import Clock, ExchangeTime
from engine.ports.trader import Brokerage, Trader
from engine.runtime.nursery import Nursery

_log = structlog.get_logger("execution")
_AT_ONCE = 20
_IDLE = 60.0
_BACK_OFF = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

Group = tuple[Order, ...]


@dataclass(slots=True)
class Sender:
    """Sends the orders of one account."""

    account: str
    brokerage: Brokerage
    ledger: Ledger
    settler: Settler
    trouble: Trouble
    clock: Clock
    exchange_time: ExchangeTime
    nursery: Nursery
    flights: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    failures: int = 0
    hold_until: float = 0.0
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def run(self) -> None:
        """Drain, then wait for the next nudge or the next due look-up, for ever."""
        woken = self.ledger.nudges.order_event(self.account)
        while True:
            woken.clear()
            pause = await self.drain()
            try:
                async with asyncio.timeout(pause):
                    await woken.wait()
            except TimeoutError:
                continue

    async def drain(self) -> float:
        """Start everything that is due; returns real seconds until something may be due again."""
        async with self.ledger.storage.reading() as unit:
            unfinished = await unit.orders.unfinished(self.account)
        orders = [o for o in unfinished if has_work(o) and o.client_id not in self.flights]
        if not orders:
            return 1.0 if self.flights else _IDLE
        now = asyncio.get_running_loop().time()
        if now < self.hold_until:
            return self.hold_until - now
        trader = await self._open()
        if trader is None:
            return 1.0
        planned = _groups([o for o in orders if o.state is OrderState.PLANNED])
        await self._send_all(trader, [g for g in planned if g[0].leg.exit])
        for order in orders:
            if order.state is OrderState.SENT:
                # Nobody waits for its answer: the process that sent it died, or booking failed.
                self._fly([order], self._lose(trader, (order,), order.note, look_now=True))
            elif order.state is not OrderState.PLANNED:
                self._fly([order], self.settler.tend(trader, order))
        await self._send_all(trader, [g for g in planned if not g[0].leg.exit])
        return min(self.settler.doubts.next_due() or 1.0, 1.0)

    async def land(self) -> None:
        """Wait until every request in flight has been answered and booked."""
        while self.flights:
            await asyncio.gather(*self.flights.values(), return_exceptions=True)

    async def _open(self) -> Trader | None:
        try:
            return await self.brokerage.trader(self.account)
        except SkipperError as error:
            _log.warning("account cannot be opened", account=self.account, error=str(error))
            return None

    async def _send_all(self, trader: Trader, groups: list[Group]) -> None:
        """Mark SENT in one commit, then send: nothing leaves whose intent is not durable."""
        now = self.clock.now_ms()
        late = [group[0] for group in groups if entry_expired(group[0], now, self.clock.rate)]
        for order in late:
            gone = move(order, OrderEvent.WITHDRAW, at=now, note="it came too late to be sent")
            await self.ledger.save([(gone, order)])
            await self.trouble.entry_not_placed(order, gone.note, retry=False)
        timely = [group for group in groups if group[0] not in late]
        if not timely:
            return
        sent = [tuple(move(o, OrderEvent.SEND, at=now) for o in group) for group in timely]
        pairs = [
            pair
            for group, was in zip(sent, timely, strict=True)
            for pair in zip(group, was, strict=True)
        ]
        await self.ledger.save(pairs)
        for group in sent:
            self._fly(group, self._send(trader, group))

    def _fly(self, orders: Group | list[Order], work: Coroutine[object, object, None]) -> None:
        """Run a request beside all others; its orders are left alone until it has landed."""
        ids = [order.client_id for order in orders]
        task = self.nursery.start(f"order {ids[0]}", work)
        self.flights |= dict.fromkeys(ids, task)

        def landed(_: object) -> None:
            for client_id in ids:
                self.flights.pop(client_id, None)
            self.ledger.nudges.orders(self.account)

        task.add_done_callback(landed)

    async def _send(self, trader: Trader, group: Group) -> None:
        try:
            async with self.slots:
                reports = await self._place(trader, group)
        except ExchangeError as error:
            await self._not_placed(trader, group, error)
            return
        except Exception as error:  # noqa: BLE001 - whatever broke, the order may be live
            _log.exception("sending broke", order=group[0].client_id)
            await self._lose(trader, group, type(error).__name__, look_now=True)
            return
        self.failures = 0
        await self.ledger.record(reports)

    async def _place(self, trader: Trader, group: Group) -> list[OrderReport]:
        member = self.ledger.fleet.members.get(group[0].bot_id)
        if member is None:
            raise Refused("its bot does not exist any more")
        try:
            rules = self.ledger.guard.rulebook.of(member.bot, group[0].symbol)
        except Unavailable as missing:
            raise NotSent(str(missing)) from missing
        if len(group) == 2:
            return list(await trader.place_oco(group[0], group[1], rules))
        return [await trader.place(group[0], rules)]

    async def _not_placed(self, trader: Trader, group: Group, error: ExchangeError) -> None:
        """Act on the class of the answer (reliability.md 1.6)."""
        note = f"{error.code} {error.detail}".strip()
        _log.warning(
            "order not placed",
            order=group[0].client_id,
            answer=type(error).__name__,
            note=note,
        )
        match error:
            case Refused() | KeyRefused():
                await self._end(group, OrderEvent.REFUSE, note, retry=False)
            case NotSent() | RateLimited() | Overloaded() | ClockOff():
                self._hold(error)
                await self._end(group, OrderEvent.PROVE_ABSENT, note, retry=True)
            case _:
                await self._lose(trader, group, note, look_now=isinstance(error, AlreadySent))
        if isinstance(error, ClockOff):
            await self._measure_clock()
        if isinstance(error, KeyRefused):
            await self.trouble.key_refused(self.account, error)

    async def _end(self, group: Group, event: OrderEvent, note: str, *, retry: bool) -> None:
        now = self.clock.now_ms()
        await self.ledger.save([(move(o, event, at=now, note=note), o) for o in group])
        await self.trouble.entry_not_placed(group[0], note, retry=retry)

    async def _lose(self, trader: Trader, group: Group, note: str, *, look_now: bool) -> None:
        now = self.clock.now_ms()
        lost = [move(o, OrderEvent.LOSE, at=now, note=note) for o in group]
        await self.ledger.save(zip(lost, group, strict=True))
        for order in lost:
            self.settler.doubts.begin(order)
            if look_now and await self.settler.look_up(trader, order):
                self.settler.doubts.end(order)

    def _hold(self, error: ExchangeError) -> None:
        pause = error.retry_after or _BACK_OFF[min(self.failures, len(_BACK_OFF) - 1)]
        self.failures += 1
        self.hold_until = asyncio.get_running_loop().time() + pause

    async def _measure_clock(self) -> None:
        try:
            await self.exchange_time.measure()
        except ExchangeError as error:
            _log.warning("the exchange's clock could not be read", error=str(error))


def _groups(orders: list[Order]) -> list[Group]:
    """Single orders, and the two legs of each list as (target, stop)."""
    groups: dict[str, list[Order]] = {}
    for order in orders:
        groups.setdefault(order.list_id or order.client_id, []).append(order)
    return [tuple(sorted(g, key=lambda o: o.stop_price is not None)) for g in groups.values()]
