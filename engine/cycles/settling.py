"""Settling: cancels, look-ups and the end of doubts for one account's orders."""

import asyncio
from dataclasses import dataclass, field

import structlog

from engine.core.errors import ExchangeError, OrderGone
from engine.core.order import Order, OrderEvent, OrderState, move
from engine.cycles.doubt import Doubts
from engine.cycles.ledger import Ledger
from engine.cycles.trouble import Trouble
from engine.ports.clock import Clock
from engine.ports.trader import Trader

_log = structlog.get_logger("settling")
_CANCEL_EVERY = 1.0


@dataclass(slots=True)
class Settler:
    """Reads what became of orders and books it; sends nothing but cancels."""

    ledger: Ledger
    doubts: Doubts
    trouble: Trouble
    clock: Clock
    asked: dict[str, float] = field(default_factory=dict)

    async def tend(self, trader: Trader, order: Order) -> None:
        """Do what an order needs that was sent before: cancel, settle, or fetch its trades."""
        if order.state is OrderState.CANCELLING:
            await self._cancel(trader, order)
        elif order.state is OrderState.UNKNOWN:
            await self._settle(trader, order)
        else:
            await self.look_up(trader, order)

    async def look_up(self, trader: Trader, order: Order) -> bool:
        """Read an order and book it; False when the exchange has none or did not answer."""
        try:
            report = await trader.look_up(order)
        except ExchangeError as error:
            _log.info("look-up without result", order=order.client_id, error=str(error))
            return False
        await self.ledger.record([report])
        return True

    async def _cancel(self, trader: Trader, order: Order) -> None:
        """Ask at most once a second; after a refusal the order itself says what it became."""
        now = asyncio.get_running_loop().time()
        key = order.list_id or order.client_id
        if now < self.asked.get(key, 0.0):
            return
        self.asked[key] = now + _CANCEL_EVERY
        try:
            reports = await trader.cancel(order)
        except ExchangeError as error:
            _log.info("cancel without result", order=order.client_id, error=str(error))
            await self._look_up_list(trader, order)
            return
        self.asked.pop(key, None)
        await self.ledger.record(reports)

    async def _look_up_list(self, trader: Trader, order: Order) -> None:
        orders = [order]
        if order.list_id is not None:
            async with self.ledger.storage.reading() as unit:
                orders = await unit.orders.of_list(order.list_id)
        for one in orders:
            if not one.state.final:
                await self.look_up(trader, one)

    async def _settle(self, trader: Trader, order: Order) -> None:
        """One round of the doubt about an UNKNOWN order."""
        if not self.doubts.due(order):
            return
        try:
            report = await trader.look_up(order)
        except OrderGone:
            if await self.doubts.absent(trader, order):
                await self._prove_absent(order)
                return
        except ExchangeError:
            self.doubts.no_answer(order)
        else:
            asked = self.doubts.asked(order)
            self.doubts.end(order)
            await self.ledger.record([report])
            await self.trouble.tell_settled(order, asked)
            return
        await self.trouble.tell_unknown(order, self.doubts.asked(order))

    async def _prove_absent(self, order: Order) -> None:
        asked = self.doubts.asked(order)
        note = order.note or "it never reached the exchange"
        gone = move(order, OrderEvent.PROVE_ABSENT, at=self.clock.now_ms(), note=note)
        self.doubts.end(order)
        await self.ledger.save([(gone, order)])
        await self.trouble.entry_not_placed(order, note, retry=False)
        await self.trouble.tell_settled(order, asked)
