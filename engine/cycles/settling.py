"""Settling: cancels, look-ups and the end of doubts for one account's orders."""

from dataclasses import dataclass

import structlog

from engine.core.errors import Conflict, ExchangeError, LeaseLost, OrderGone, SkipperError
from engine.core.order import Order, OrderEvent, OrderReport, OrderState
from engine.cycles.doubt import Doubts
from engine.cycles.ledger import Ledger
from engine.cycles.trouble import Trouble
from engine.ports.clock import Clock
from engine.ports.trader import Trader

_log = structlog.get_logger("settling")


@dataclass(slots=True)
class Settler:
    """Reads what became of orders and books it; sends nothing but cancels."""

    ledger: Ledger
    doubts: Doubts
    trouble: Trouble
    clock: Clock

    async def tend(self, trader: Trader, order: Order) -> None:
        """Do what an order needs that was sent before: cancel, settle, or fetch its trades."""
        if order.state is OrderState.CANCELLING:
            await self._cancel(trader, order)
        elif self.doubts.may_fence(order):
            await self._fence(trader, order)
        elif not await self.look_up(trader, order) and self.doubts.must_tell(order):
            await self.trouble.tell_unknown(order)

    async def look_up(self, trader: Trader, order: Order, *, fenced: bool = False) -> bool:
        """Read an order and book it; True when the exchange knows it.

        What it does not know is proven absent in time, after a cancel in vain (``fenced``) sooner.
        """
        try:
            report = await trader.look_up(order)
        except OrderGone:
            if await self.doubts.absent(trader, order, fenced=fenced):
                await self._absent(order)
            return False
        except ExchangeError as error:
            _log.info("look-up without result", order=order.client_id, error=str(error))
            self.doubts.no_answer(order)
            return False
        self.doubts.no_answer(order)
        await self.ledger.record([report])
        return True

    async def reappeared(self, trader: Trader, order: Order) -> bool:
        """Whether an order that was proven absent exists after all; then it is booked.

        An entry can not be while its bot holds another position: that is told, and it is booked
        once the bot is free.
        """
        try:
            report = await trader.look_up(order)
        except OrderGone:
            return False
        try:
            await self.ledger.record([report])
        except LeaseLost:
            raise
        except Conflict:
            await self.trouble.tell_beside(order, report.filled_qty)
        except SkipperError as error:
            _log.error("not booked", order=order.client_id, error=str(error))
        return True

    async def _cancel(self, trader: Trader, order: Order) -> None:
        """After a cancel that was not carried out the order itself says what it became."""
        try:
            reports = await trader.cancel(order)
        except ExchangeError as error:
            _log.info("cancel without result", order=order.client_id, error=str(error))
            for one in await self._of_its_list(order):
                await self.look_up(trader, one)
            return
        self.doubts.no_answer(order)
        await self.ledger.record(reports)

    async def _fence(self, trader: Trader, order: Order) -> None:
        """Settle an exit in doubt by cancelling it: no cover is better than an unknown one.

        The position is covered anew, or closed, as soon as nothing can stand in the way.
        """
        try:
            reports = await trader.cancel(order)
        except OrderGone:
            await self.look_up(trader, order, fenced=True)
        except ExchangeError as error:
            _log.info("fence without result", order=order.client_id, error=str(error))
            self.doubts.no_answer(order)
        else:
            await self.ledger.record(reports)

    async def _of_its_list(self, order: Order) -> list[Order]:
        if order.list_id is None:
            return [order]
        async with self.ledger.storage.reading() as unit:
            return [o for o in await unit.orders.of_list(order.list_id) if not o.state.final]

    async def _absent(self, order: Order) -> None:
        """Absent for good: an unknown one was never placed, a resting one is over."""
        if order.state in {OrderState.SENT, OrderState.UNKNOWN}:
            note = order.note or "it never reached the exchange"
            await self.trouble.end([order], OrderEvent.PROVE_ABSENT, note, retry=False)
            return
        _log.error("a resting order vanished from the exchange", order=order.client_id)
        report = OrderReport(
            client_id=order.client_id,
            exchange_id=order.exchange_id or "",
            event=OrderEvent.EXPIRE,
            filled_qty=order.filled_qty,
            filled_quote=order.filled_quote,
            at=self.clock.now_ms(),
            note="the exchange does not know it any more",
        )
        await self.ledger.record([report])
