"""Reconcile: our unfinished orders against what the exchange says; a failed read proves nothing.

It runs when an account is opened, after every reconnect of its stream and every minute. Orders
that the exchange no longer holds open are read one by one, with their trades; UNKNOWN, planned
and cancelling ones are the sender's. Foreign orders are left alone.
"""

from collections import defaultdict
from dataclasses import dataclass

import structlog

from engine.core.client_id import decode_client_id
from engine.core.errors import ExchangeError, SkipperError
from engine.core.order import Order, OrderReport, OrderState
from engine.cycles.fleet import Fleet
from engine.cycles.ledger import Ledger
from engine.cycles.settling import Settler
from engine.ports.trader import Trader

_log = structlog.get_logger("reconcile")
_RESTING = frozenset({OrderState.OPEN, OrderState.PART_FILLED})


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Brings one account's rows in line with the exchange."""

    ledger: Ledger
    fleet: Fleet

    async def account(self, account: str, trader: Trader, settler: Settler) -> None:
        """Balances and orders; raises ``ExchangeError`` when the exchange did not answer all."""
        self.fleet.balances[account] = await trader.balances()
        async with self.ledger.storage.reading() as unit:
            unfinished = await unit.orders.unfinished(account)
        by_symbol: dict[str, list[Order]] = defaultdict(list)
        for order in unfinished:
            if order.state in _RESTING or order.filled_qty > order.booked_qty:
                by_symbol[order.symbol].append(order)
        for symbol, orders in by_symbol.items():
            on_exchange = {r.client_id: r for r in await trader.open_orders(symbol)}
            await self._adopt_strays(on_exchange)
            for order in orders:
                await self._one(trader, order, on_exchange.get(order.client_id), settler)

    async def _one(
        self, trader: Trader, order: Order, seen: OrderReport | None, settler: Settler
    ) -> None:
        """Book what the exchange says; each order alone, so that none spoils another's."""
        try:
            if seen is not None and seen.filled_qty <= order.booked_qty:
                await self.ledger.record([seen])
            else:
                await settler.look_up(trader, order)
        except ExchangeError:
            raise
        except SkipperError as error:
            _log.error("not booked", order=order.client_id, error=str(error))

    async def _adopt_strays(self, on_exchange: dict[str, OrderReport]) -> None:
        """An order that was thought absent is adopted; one with our prefix and no row is named."""
        for client_id, report in on_exchange.items():
            if decode_client_id(client_id) is None:
                continue
            async with self.ledger.storage.reading() as unit:
                known = await unit.orders.by_client_id(client_id)
            if known is None:
                _log.error("an order with our prefix has no row", id=client_id)
            elif known.state is OrderState.NOT_PLACED:
                _log.error("an order thought absent is on the exchange", id=client_id)
                await self.ledger.record([report])
