"""Reconcile: our unfinished orders against what the exchange says; a failed read proves nothing.

It runs when an account is opened, after every reconnect of its stream and every minute. Orders
that the exchange no longer holds open are read one by one, with their trades; UNKNOWN, planned
and cancelling ones are the sender's. Foreign orders are left alone.
"""

from collections import defaultdict
from dataclasses import dataclass

import structlog

from engine.core.client_id import decode_client_id
from engine.core.errors import OrderGone
from engine.core.order import Order, OrderReport, OrderState
from engine.cycles.fleet import Fleet
from engine.cycles.ledger import Ledger
from engine.ports.trader import Trader

_log = structlog.get_logger("reconcile")
_RESTING = frozenset({OrderState.OPEN, OrderState.PART_FILLED})


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Brings one account's rows in line with the exchange."""

    ledger: Ledger
    fleet: Fleet

    async def account(self, account: str, trader: Trader) -> None:
        """Balances and orders; raises ``ExchangeError`` when the exchange did not answer all."""
        self.fleet.balances[account] = await trader.balances()
        async with self.ledger.storage.reading() as unit:
            unfinished = await unit.orders.unfinished(account)
        by_symbol: dict[str, list[Order]] = defaultdict(list)
        for order in unfinished:
            if order.state in _RESTING or order.filled_qty > order.booked_qty:
                by_symbol[order.symbol].append(order)
        for symbol, orders in by_symbol.items():
            await self._symbol(trader, symbol, orders)

    async def _symbol(self, trader: Trader, symbol: str, orders: list[Order]) -> None:
        on_exchange = {report.client_id: report for report in await trader.open_orders(symbol)}
        await self._report_strays(on_exchange)
        reports = []
        for order in orders:
            seen = on_exchange.get(order.client_id)
            if seen is not None and seen.filled_qty <= order.booked_qty:
                reports.append(seen)
                continue
            try:
                reports.append(await trader.look_up(order))
            except OrderGone:
                # Never a proof: the read store may lag. The next round asks again.
                _log.warning("the exchange does not know an order of ours", id=order.client_id)
        await self.ledger.record(reports)

    async def _report_strays(self, on_exchange: dict[str, OrderReport]) -> None:
        """Orders that carry our prefix and have no row are named in the log, not touched."""
        for client_id in on_exchange:
            if decode_client_id(client_id) is None:
                continue
            async with self.ledger.storage.reading() as unit:
                known = await unit.orders.by_client_id(client_id)
            if known is None:
                _log.error("an order with our prefix has no row", id=client_id)
