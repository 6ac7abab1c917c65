"""Execution: the only sender of orders.

One sender per account drains its rows: PLANNED orders are marked SENT and committed, then sent
with no session held; the answer is classified and booked. Entries may come as SENT already (see
``engine.cycles.departures``). What was sent before (UNKNOWN, CANCELLING, missing trades) is
tended by the settler, never sent again. Exits come before entries, and a slow answer delays
nobody: every request flies on its own.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field

import structlog

from engine.core.checks import Refused as CheckRefused
from engine.core.decide import entry_expired
from engine.core.errors import (
    AlreadySent,
    ExchangeError,
    NotSent,
    OrderGone,
    OutcomeUnknown,
    Refused,
    SkipperError,
    Unavailable,
)
from engine.core.order import Order, OrderEvent, OrderReport, OrderState, move
from engine.cycles.answers import Answers, Group
from engine.cycles.desk import Desk
from engine.cycles.doubt import Doubts
from engine.cycles.ledger import Ledger, has_work
from engine.cycles.readiness import Readiness
from engine.cycles.settling import Settler
from engine.cycles.trouble import Trouble
from engine.ports.clock import Clock
from engine.ports.storage import Unit
from engine.ports.trader import Brokerage, FuturesAccount, Trader
from engine.runtime.nursery import Nursery

_log = structlog.get_logger("execution")
_AT_ONCE = 20
_IDLE, _BUSY, _LEAST = 60.0, 1.0, 0.05


@dataclass(slots=True)
class Sender:
    """Sends the orders of one account.

    ``flights`` are requests under way by client order id, ``expected`` the ids of orders that
    are handed over by ``send`` as soon as they are durable.
    """

    account: str
    brokerage: Brokerage
    ledger: Ledger
    doubts: Doubts
    settler: Settler
    answers: Answers
    trouble: Trouble
    readiness: Readiness
    desk: Desk
    clock: Clock
    nursery: Nursery
    flights: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    expected: set[str] = field(default_factory=set)
    closing: bool = False
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def run(self) -> None:
        """Drain, then wait for the next nudge or the next due question, for ever."""
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
        orders = [o for o in unfinished if has_work(o) or self.doubts.missing(o)]
        for settled in self.doubts.settle_but({o.client_id for o in orders}):
            self._fly([settled], self.trouble.tell_settled(settled))
        taken = self.flights.keys() | self.expected
        resting = [o for o in orders if o.client_id not in taken]
        held = self.answers.hold.wait(entry=False)
        if resting and held > 0:
            return held
        trader = await self._open() if resting else None
        if trader is not None:
            await self._start(trader, resting)
        return self._pause(bool(orders))

    def _pause(self, busy: bool) -> float:
        due = self.doubts.next_due()
        patience = _BUSY if busy or self.flights else _IDLE
        return patience if due is None else min(max(due, _LEAST), patience)

    async def _start(self, trader: Trader, orders: list[Order]) -> None:
        planned = _groups([o for o in orders if o.state is OrderState.PLANNED])
        await self._send_all(trader, [g for g in planned if g[0].leg.exit])
        for order in orders:
            if order.state is OrderState.SENT:
                # Nobody waits for its answer: the process that sent it died, or booking failed.
                self._fly([order], self.answers.lose((order,), order.note))
            elif order.state is not OrderState.PLANNED and self.doubts.due(order):
                self._fly([order], self.settler.tend(trader, order))
        if self.takes_entries():
            entries = [g for g in planned if not g[0].leg.exit]
            await self._send_all(trader, await self._timely(entries))

    def takes_entries(self) -> bool:
        """Whether account and exchange are in order for entries at this moment."""
        ready = self.readiness.account(self.account) and not self.closing
        return ready and self.answers.hold.wait(entry=True) <= 0

    def send(self, order: Order) -> None:
        """Send an order that is durable as SENT and of which nobody else knows yet."""
        self._fly([order], self._send_opened(order))

    async def land(self) -> None:
        """Send no entry any more; wait until every request in flight is answered and booked."""
        self.closing = True
        while self.flights:
            await asyncio.gather(*self.flights.values(), return_exceptions=True)

    async def _open(self) -> Trader | None:
        try:
            return await self.brokerage.trader(self.account)
        except SkipperError as error:
            _log.warning("account cannot be opened", account=self.account, error=str(error))
            return None

    async def _timely(self, groups: list[Group]) -> list[Group]:
        """Entries that may be sent now; what came too late or is not wanted any more is ended.

        Where stream, clock or account are not in order at this moment, or something that a check
        needs is not known, an entry waits until it expires. What has waited passes all checks
        again, with what is known now.
        """
        now = self.clock.now_ms()
        timely = []
        for group in groups:
            order = group[0]
            member = self.ledger.fleet.members.get(order.bot_id)
            if member is None or not member.bot.state.running:
                await self._withdraw(group, "its bot was stopped")
            elif entry_expired(order, now, self.clock.rate):
                await self._withdraw(group, "it came too late to be sent")
            elif self.readiness.entry(member.bot, self.ledger.fleet.stream_of(member.bot)):
                try:
                    refused = self.desk.again(member, order)
                except Unavailable:
                    continue  # the symbol's rules are not known yet
                if refused is None:
                    timely.append(group)
                elif not refused.unknown:
                    await self._withdraw(group, refused)
        return timely

    async def _withdraw(self, group: Group, why: str | CheckRefused) -> None:
        await self.trouble.end(group, OrderEvent.WITHDRAW, why, retry=False)

    async def _send_all(self, trader: Trader, groups: list[Group]) -> None:
        """Mark SENT in one commit, then send: nothing leaves whose intent is not durable."""
        for group in await self._mark_sent(groups):
            self._fly(group, self._send(trader, group))

    async def _mark_sent(self, groups: list[Group]) -> list[Group]:
        """SENT rows, durable; an entry whose bot was stopped meanwhile stays PLANNED."""
        now = self.clock.now_ms()
        marked: list[Group] = []

        async def work(unit: Unit) -> tuple[set[int], bool]:
            marked.clear()
            pairs: list[tuple[Order, Order]] = []
            buyers = {group[0].bot_id for group in groups if not group[0].leg.exit}
            running = {bot.id for bot in await unit.bots.many(buyers) if bot.state.running}
            for group in groups:
                if not group[0].leg.exit and group[0].bot_id not in running:
                    continue
                sent = tuple(move(order, OrderEvent.SEND, at=now) for order in group)
                pairs += zip(sent, group, strict=True)
                marked.append(sent)
            await unit.orders.save_all(pairs)
            return {group[0].bot_id for group in marked}, bool(marked)

        if groups:
            # Memory knows the order as under way already: nothing may delay the sending.
            await self.ledger.write(work)
        return marked

    def _fly(self, orders: Group | list[Order], work: Coroutine[object, object, None]) -> None:
        """Run a request beside all others; its orders are left alone until it has landed."""
        ids = [order.client_id for order in orders]
        task = self.nursery.start(f"order {ids[0]}", work)
        self.flights |= dict.fromkeys(ids, task)

        def landed(_: object) -> None:
            for client_id in ids:
                self.flights.pop(client_id, None)

        task.add_done_callback(landed)

    async def _send_opened(self, order: Order) -> None:
        trader = None if self.closing else await self._open()
        if trader is None:
            error = NotSent("the account is not open")
            await self.answers.not_taken(self.account, (order,), error)
        else:
            await self._send(trader, (order,))

    async def _send(self, trader: Trader, group: Group) -> None:
        try:
            async with self.slots:
                reports = await self._place(trader, group)
        except ExchangeError as error:
            await self.answers.not_taken(self.account, group, error)
            return
        except Exception as error:  # noqa: BLE001 - whatever broke, the order may be live
            _log.exception("sending broke", order=group[0].client_id)
            await self.answers.lose(group, type(error).__name__)
            return
        self.answers.hold.taken()
        await self.ledger.record(reports)
        await self._refresh_paper(trader)

    async def _refresh_paper(self, trader: Trader) -> None:
        """A paper wallet follows its fills at once; an exchange tells of balances by itself."""
        if self.account.startswith("paper:"):
            self.ledger.fleet.balances[self.account] = await trader.balances()

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
        if trader.futures is not None and not group[0].leg.exit:
            await _prepare(trader.futures, group[0].symbol, member.bot.config.leverage)
        return [await trader.place(group[0], rules)]


async def _prepare(futures: FuturesAccount, symbol: str, leverage: int) -> None:
    """Mode, margin and leverage of a symbol; whatever went wrong, no order was sent yet."""
    try:
        await futures.prepare(symbol, leverage)
    except (OutcomeUnknown, AlreadySent, OrderGone) as error:
        raise NotSent(error.detail, code=error.code) from error


def _groups(orders: list[Order]) -> list[Group]:
    """Single orders, and the two legs of each list as (target, stop)."""
    groups: dict[str, list[Order]] = {}
    for order in orders:
        groups.setdefault(order.list_id or order.client_id, []).append(order)
    return [tuple(sorted(g, key=lambda o: o.stop_price is not None)) for g in groups.values()]
