"""What only a futures account can say: positions, terms, foreign orders, funding."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import Any

from engine.core.checks import FuturesTerms
from engine.core.errors import OrderGone, Unavailable
from engine.core.market import Side
from engine.core.order import Fill
from engine.core.trade import Funding
from engine.exchange.binance import futures_parse
from engine.exchange.binance.ask import Priority
from engine.exchange.binance.desk import Desk, Params
from engine.exchange.binance.errors import translated
from engine.exchange.binance.fields import items, text
from engine.exchange.binance.futures_names import OrderNames, ours
from engine.exchange.binance.futures_settings import Settings
from engine.ports.trader import ForeignOrder, VenuePosition, Wallets

_DAY = 86_400.0
_WEEK_MS = 7 * 86_400_000
_HOUR_MS = 3_600_000
_PAGE = 1000
# What is older is not to be had (USD-M API, "Account Trade List", "Get Income History").
_KEPT_MS = 89 * 86_400_000


class FuturesBooks:
    """Implements ``engine.ports.trader.FuturesAccount`` for one key.

    ``names`` are shared with the account's event stream.
    """

    def __init__(
        self, desk: Desk, names: OrderNames, settings: Settings, wallets: Wallets | None
    ) -> None:
        self.wallets = wallets
        self._desk = desk
        self._names = names
        self._settings = settings
        self._terms: dict[str, tuple[FuturesTerms, float]] = {}

    async def prepare(self, symbol: str, leverage: int) -> None:
        """One-way mode, isolated margin and leverage of a symbol."""
        await self._settings.prepare(symbol, leverage)

    async def terms(self, symbol: str) -> FuturesTerms:
        """Leverage and maintenance margin of the symbol's first bracket, kept for a day."""
        now = asyncio.get_running_loop().time()
        known, until = self._terms.get(symbol, (None, 0.0))
        if known is not None and now < until:
            return known
        method = self._desk.client.futures_leverage_bracket
        answer = await self._read(method, {"symbol": symbol})
        with translated(sending=False):
            found = futures_parse.terms(answer, symbol)
        self._terms[symbol] = found, now + _DAY
        return found

    async def positions(self) -> dict[str, VenuePosition]:
        """Open net positions by symbol."""
        answer = await self._read(self._desk.client.futures_position_information, {}, 5)
        with translated(sending=False):
            return futures_parse.positions(answer)

    async def funding(self, symbol: str, since: int) -> list[Funding]:
        """Funding payments since ``since`` (ms), oldest first."""
        return await self._income(symbol, "FUNDING_FEE", since)

    async def clearance(self, symbol: str, since: int) -> list[Funding]:
        """Liquidation fees, which are no commissions; a ``tranId`` is unique within its type."""
        found = await self._income(symbol, "INSURANCE_CLEAR", since)
        return [replace(charge, id=f"clearance-{charge.id}") for charge in found]

    async def _income(self, symbol: str, kind: str, since: int) -> list[Funding]:
        found: list[Funding] = []
        params: Params = {
            "symbol": symbol, "incomeType": kind, "startTime": self._oldest(since),
            "limit": _PAGE,
        }  # fmt: skip
        for page in range(1, 1000):
            answer = await self._read(
                self._desk.client.futures_income_history, params | {"page": page}, 30
            )
            with translated(sending=False):
                found += futures_parse.income(answer, kind)
            if len(answer) < _PAGE:
                break
        return found

    async def foreign_orders(self, symbol: str, since: int) -> list[ForeignOrder]:
        """Orders with executions since ``since`` (ms) that do not carry an id of ours."""
        by_order = await self._trades_since(symbol, since)
        found = []
        for order_id, fills in by_order.items():
            if ours(self._names.of(order_id)):
                continue
            raw = await self._order(symbol, order_id, fills)
            if raw is None:
                continue
            with translated(sending=False):
                client_id, side = text(raw, "clientOrderId"), futures_parse.side(raw)
            self._names.learn(order_id, client_id)
            if ours(self._names.of(order_id)):
                continue
            found.append((order_id, client_id, side))
        if found:
            await self._learn_algos(symbol)
        return [
            _foreign(symbol, order_id, client_id, side, by_order[order_id])
            for order_id, client_id, side in found
            if not ours(self._names.of(order_id))
        ]

    async def _trades_since(self, symbol: str, since: int) -> dict[str, list[Fill]]:
        """Trades by order; a question spans a week at most (USD-M API, "Account Trade List")."""
        found: dict[str, dict[str, Fill]] = {}
        start, now = self._oldest(since), self._desk.now_ms()
        while start <= now:
            params: Params = {
                "symbol": symbol, "startTime": start, "limit": _PAGE,
                "endTime": min(start + _WEEK_MS - 1, now + _HOUR_MS),
            }  # fmt: skip
            answer = await self._read(self._desk.client.futures_account_trades, params, 5)
            with translated(sending=False):
                page = futures_parse.trades(answer)
            for order_id, fills in page.items():
                known = found.setdefault(order_id, {})
                known.update((fill.trade_id, fill) for fill in fills)
            full = len(answer) >= _PAGE
            last = max((fill.at for fill in chain.from_iterable(page.values())), default=start)
            start = max(last, start + 1) if full else start + _WEEK_MS
        return {order_id: list(fills.values()) for order_id, fills in found.items()}

    async def _order(self, symbol: str, order_id: str, fills: Iterable[Fill]) -> Any:
        """An order that traded; None for one so old that the exchange has forgotten it."""
        try:
            return await self._read(
                self._desk.client.futures_get_order, {"symbol": symbol, "orderId": order_id}
            )
        except OrderGone as error:
            if max(fill.at for fill in fills) < self._desk.now_ms() - _HOUR_MS:
                return None
            raise Unavailable("an order that traded cannot be read yet", code=error.code) from None

    async def _learn_algos(self, symbol: str) -> None:
        """Learn which orders conditional ones of ours became within the last days."""
        answer = await self._read(
            self._desk.client.futures_get_all_algo_orders, {"symbol": symbol, "limit": _PAGE}, 5
        )
        with translated(sending=False):
            for raw in items(answer, "conditional orders"):
                became = futures_parse.order_id_of(raw.get("actualOrderId"))
                if became is not None:
                    self._names.learn(became, text(raw, "clientAlgoId"))

    def _oldest(self, since: int) -> int:
        return max(since, self._desk.now_ms() - _KEPT_MS)

    async def _read(self, method: Any, params: Params, weight: int = 1) -> Any:
        return await self._desk.read(method, params, self._desk.ask(Priority.READ, weight))


def _foreign(
    symbol: str, order_id: str, client_id: str, side: Side, fills: list[Fill]
) -> ForeignOrder:
    in_order = tuple(sorted(fills, key=lambda fill: fill.at))
    return ForeignOrder(order_id, symbol, side, futures_parse.made_by(client_id), in_order)
