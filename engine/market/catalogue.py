"""Symbols and their trading rules, cached; search and ranking by traded volume."""

import asyncio
from collections.abc import Iterable
from decimal import Decimal

from engine.core.market import Market, SymbolRules
from engine.core.money import ZERO
from engine.ports.market import MarketData


class CachedCatalogue:
    """Implements ``engine.ports.market.Catalogue``; empty until the first ``refresh``."""

    def __init__(self, data: MarketData) -> None:
        self._data = data
        self._rules: dict[Market, dict[str, SymbolRules]] = {market: {} for market in Market}
        self._volumes: dict[Market, dict[str, Decimal]] = {market: {} for market in Market}
        self._refreshes = dict.fromkeys(Market, 0)
        self._locks = {market: asyncio.Lock() for market in Market}

    def rules(self, market: Market, symbol: str) -> SymbolRules | None:
        """Rules of a symbol, or None when it is unknown."""
        return self._rules[market].get(symbol)

    def search(self, market: Market, text: str, *, limit: int) -> list[SymbolRules]:
        """Trading symbols whose name contains ``text``, best match first.

        Case and separators do not matter (``btc/usdt``). The whole name ranks before the base
        asset, that before a beginning, that before any other place; equals rank by volume.
        """
        wanted = "".join(c for c in text.casefold() if c.isalnum())

        def rank(rules: SymbolRules) -> int:
            name = rules.symbol.casefold()
            places = (name == wanted, rules.base.casefold() == wanted, name.startswith(wanted))
            return next((place for place, holds in enumerate(places) if holds), len(places))

        found = [r for r in self._by_volume(market) if wanted in r.symbol.casefold()]
        return sorted(found, key=rank)[:limit]

    def top(self, market: Market, *, quote: str, limit: int) -> list[SymbolRules]:
        """Trading symbols of a quote asset with the highest 24-hour volume."""
        return [rules for rules in self._by_volume(market) if rules.quote == quote][:limit]

    def day_volume(self, market: Market, symbol: str) -> Decimal | None:
        """24-hour volume in quote asset, or None when unknown."""
        return self._volumes[market].get(symbol)

    async def refresh(self, market: Market) -> None:
        """Read rules and volumes again; who asks while that is under way shares it.

        Raises ``Unavailable`` or ``RateLimited``; what could not be read stays as it was.
        """
        before = self._refreshes[market]
        async with self._locks[market]:
            if self._refreshes[market] != before:
                return
            self._rules[market] = await self._data.rules(market)
            tickers = await self._data.tickers(market)
            self._volumes[market] = {t.symbol: t.quote_volume for t in tickers}
            self._refreshes[market] += 1

    def _by_volume(self, market: Market) -> Iterable[SymbolRules]:
        volumes = self._volumes[market]
        trading = (rules for rules in self._rules[market].values() if rules.trading)
        return sorted(trading, key=lambda r: (-volumes.get(r.symbol, ZERO), r.symbol))
