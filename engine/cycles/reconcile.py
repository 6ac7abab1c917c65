"""Reconcile: our unfinished orders against what the exchange says; a failed read proves nothing.

It runs when an account is opened, after every reconnect of its stream, every minute and on doubt.
Orders that the exchange no longer holds open are read one by one, with their trades; UNKNOWN,
planned and cancelling ones are the sender's. Foreign orders are left alone.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog

from engine.core.errors import ExchangeError, Refused, SkipperError
from engine.core.order import Order, OrderReport, OrderState
from engine.cycles.fleet import Fleet
from engine.cycles.ledger import Ledger
from engine.cycles.settling import Settler
from engine.cycles.strays import Ground, Strays
from engine.cycles.venue import Venue
from engine.ports.trader import Trader

_log = structlog.get_logger("reconcile")
_RESTING = frozenset({OrderState.OPEN, OrderState.PART_FILLED})
# An order proven absent is looked for once an hour for a week: proof rests on the exchange's word.
_WATCHED_MS = 7 * 86_400_000
_LOOK_EVERY_MS = 3_600_000


@dataclass(slots=True)
class Reconciler:
    """Brings one account's rows in line with the exchange."""

    ledger: Ledger
    fleet: Fleet
    venue: Venue
    strays: Strays
    _looked_for: dict[str, int] = field(default_factory=dict)
    _swept: set[str] = field(default_factory=set)

    async def account(self, account: str, trader: Trader, settler: Settler) -> None:
        """Balances, orders and holdings; raises ``ExchangeError`` when one is not answered."""
        self.fleet.balances[account] = await trader.balances()
        async with self.ledger.storage.reading() as unit:
            unfinished = await unit.orders.unfinished(account)
        by_symbol: dict[str, list[Order]] = defaultdict(list)
        for order in unfinished:
            if order.state in _RESTING or order.filled_qty > order.booked_qty:
                by_symbol[order.symbol].append(order)
        for ground in self._grounds(account, by_symbol):
            on_exchange = await _open_orders(trader, ground.symbol)
            await self.strays.see(trader, ground, on_exchange)
            for order in by_symbol[ground.symbol]:
                await self._one(trader, order, on_exchange.get(order.client_id), settler)
        self._swept.add(account)
        await self._watch(account, trader, settler)
        await self.venue.look(account, trader)

    def _grounds(self, account: str, by_symbol: dict[str, list[Order]]) -> list[Ground]:
        """Symbols to look at: those with orders of ours and, the first time, those of all bots.

        After a backup was restored, the exchange may hold orders of which no row is left.
        """
        grounds = {
            symbol: Ground(account, orders[0].market, symbol, orders[0].owner_id, orders[0].bot_id)
            for symbol, orders in by_symbol.items()
        }
        if account not in self._swept and not account.startswith("paper:"):
            for member in self.fleet.members.values():
                bot = member.bot
                if bot.account == account and bot.config.symbol not in grounds:
                    here = Ground(
                        account, bot.config.market, bot.config.symbol, bot.owner_id, bot.id
                    )
                    grounds[bot.config.symbol] = here
        return list(grounds.values())

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

    async def _watch(self, account: str, trader: Trader, settler: Settler) -> None:
        """The watch list: an order thought absent that shows up after all is booked."""
        now = self.ledger.guard.clock.now_ms()
        async with self.ledger.storage.reading() as unit:
            absent = await unit.orders.not_placed_since(now - _WATCHED_MS)
        for order in self._due(absent, account, now):
            self._looked_for[order.client_id] = now
            if await settler.reappeared(trader, order):
                # One that could not be booked yet is asked about again at the next look.
                del self._looked_for[order.client_id]
                _log.error("an order thought absent was carried out", order=order.client_id)

    def _due(self, orders: Iterable[Order], account: str, now: int) -> list[Order]:
        first = (order for order in orders if order.account == account)
        return [
            order
            for order in first
            if now - self._looked_for.get(order.client_id, order.updated_at) >= _LOOK_EVERY_MS
        ]


async def _open_orders(trader: Trader, symbol: str) -> dict[str, OrderReport]:
    """By client id; none on a symbol that the exchange does not list any more."""
    try:
        return {report.client_id: report for report in await trader.open_orders(symbol)}
    except Refused as error:
        _log.warning("no open orders", symbol=symbol, error=str(error))
        return {}
