"""Strays: open orders on the exchange with an id of ours that our books do not expect.

One that was thought absent is booked. One without a row (a backup was restored, a commit was
lost with the disk) is cancelled: what it protected is protected anew from the rows; so is one that
our rows know to be over. Ids of other installations, and all foreign ones, are left alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import structlog

from engine.core.client_id import INSTALL_LENGTH, decode_client_id
from engine.core.errors import ExchangeError
from engine.core.events import Alert, AlertKind
from engine.core.market import Market, Side
from engine.core.money import ZERO
from engine.core.order import Leg, Order, OrderKind, OrderReport, OrderState
from engine.cycles.ledger import Ledger
from engine.ports.storage import Unit
from engine.ports.trader import Trader

_log = structlog.get_logger("strays")
_LEGS = {leg.value: leg for leg in Leg}
_KINDS = {Leg.STOP: OrderKind.STOP, Leg.TARGET: OrderKind.TAKE_PROFIT}


class Ground(NamedTuple):
    """A symbol of an account, and the bot (any of ours there) in whose name it is looked at."""

    account: str
    market: Market
    symbol: str
    owner_id: int
    bot_id: int


@dataclass(frozen=True, slots=True)
class Strays:
    """Adopts or removes what does not fit the rows."""

    ledger: Ledger

    async def see(
        self, trader: Trader, ground: Ground, on_exchange: Mapping[str, OrderReport]
    ) -> None:
        """Look at the open orders of a symbol."""
        install = self.ledger.guard.install[:INSTALL_LENGTH]
        foreign = sum(1 for client_id in on_exchange if decode_client_id(client_id) is None)
        self.ledger.fleet.foreign_orders[ground.account, ground.symbol] = foreign
        for client_id, report in on_exchange.items():
            decoded = decode_client_id(client_id)
            if decoded is None or decoded.install[:INSTALL_LENGTH] != install:
                continue
            async with self.ledger.storage.reading() as unit:
                known = await unit.orders.by_client_id(client_id)
            if known is None:
                await self._remove(trader, ground, client_id)
            elif known.state is OrderState.NOT_PLACED:
                _log.error("an order thought absent is on the exchange", id=client_id)
                await self.ledger.record([report])
            elif known.state.final and await self._cancel(trader, known):
                await self._tell(known)

    async def _cancel(self, trader: Trader, order: Order) -> bool:
        """Whether it was there to be cancelled: it may have ended since the orders were read."""
        try:
            await trader.cancel(order)
        except ExchangeError as error:
            _log.info("not cancelled", id=order.client_id, error=str(error))
            return False
        _log.error("an order that was over is on the exchange: cancelled", id=order.client_id)
        return True

    async def _remove(self, trader: Trader, ground: Ground, client_id: str) -> None:
        stray = self._order(ground, client_id)
        _log.error("an order of ours has no row: it is cancelled", id=client_id)
        try:
            await trader.cancel(stray)
        except ExchangeError as error:
            _log.warning("the stray order was not cancelled", id=client_id, error=str(error))
        await self._tell(stray)

    def _order(self, ground: Ground, client_id: str) -> Order:
        """As much of the order as its id tells: enough to name it in a cancel."""
        decoded = decode_client_id(client_id)
        leg = _LEGS.get(decoded.leg if decoded else "", Leg.CLOSE)
        conditional = ground.market is Market.FUTURES and leg in _KINDS
        return Order(
            id=0,
            client_id=client_id,
            owner_id=ground.owner_id,
            bot_id=ground.bot_id,
            account=ground.account,
            market=ground.market,
            symbol=ground.symbol,
            side=Side.SELL,
            kind=_KINDS[leg] if conditional else OrderKind.LIMIT,
            leg=leg,
            quantity=ZERO,
            created_at=self.ledger.guard.clock.now_ms(),
            stop_price=ZERO if conditional else None,
        )

    async def _tell(self, stray: Order) -> None:
        alert = Alert(
            owner_id=stray.owner_id,
            kind=AlertKind.STRAY_ORDER,
            dedup=f"stray:{stray.client_id}",
            params={"id": stray.client_id, "symbol": stray.symbol},
        )

        async def work(unit: Unit) -> tuple[set[int], bool]:
            return set(), await unit.outbox.add(alert, self.ledger.guard.clock.now_ms())

        await self.ledger.change(work)
