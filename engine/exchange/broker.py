"""Opens trading accounts by name, each once: on paper from rows, or with a key."""

import asyncio
from collections.abc import Mapping

from engine.core.account import Credentials, KeyRights
from engine.core.bot_config import Environment
from engine.core.errors import NotFound, Unavailable
from engine.core.market import Market
from engine.exchange.binance import rights
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.futures import FuturesTrader
from engine.exchange.binance.futures_stream import FuturesStreams
from engine.exchange.binance.spot import SpotTrader
from engine.exchange.paper import PaperTrader
from engine.exchange.paper_futures import PaperFutures
from engine.ports.account import KeyRing
from engine.ports.clock import Clock
from engine.ports.market import Prices
from engine.ports.paper import PaperLedger
from engine.ports.trader import Trader

Opened = SpotTrader | FuturesTrader | PaperTrader | PaperFutures


class Broker:
    """Implements ``engine.ports.trader.Brokerage`` and ``engine.ports.account.KeyCheck``.

    ``prices`` are those that paper follows. Connections are closed by whoever made them.
    """

    def __init__(
        self,
        connections: Mapping[Environment, Connection],
        keys: KeyRing,
        ledger: PaperLedger,
        prices: Prices,
        clock: Clock,
    ) -> None:
        self._connections = connections
        self._keys = keys
        self._ledger = ledger
        self._prices = prices
        self._clock = clock
        self._streams: dict[Environment, FuturesStreams] = {}
        self._open: dict[str, Opened] = {}
        self._opening: dict[str, asyncio.Lock] = {}

    async def trader(self, account: str) -> Trader:
        """The account's trader; raises NotFound, Unavailable, or what reading the key raises."""
        async with self._opening.setdefault(account, asyncio.Lock()):
            if account not in self._open:
                self._open[account] = await self._opened(account)
            return self._open[account]

    async def forget(self, account: str) -> None:
        """Close and drop it."""
        async with self._opening.setdefault(account, asyncio.Lock()):
            trader = self._open.pop(account, None)
            if isinstance(trader, SpotTrader | FuturesTrader):
                await trader.close()
            elif trader is not None:
                trader.close()

    async def check_key(self, credentials: Credentials) -> KeyRights:
        """Rights and balances of a key; raises KeyRefused, Unavailable or RateLimited."""
        return await rights.check_key(self._connection(credentials.environment), credentials)

    async def close(self) -> None:
        """Close every account."""
        for account in list(self._open):
            await self.forget(account)

    async def _opened(self, account: str) -> Opened:
        kind, _, number = account.partition(":")
        if kind == "paper":
            books = await self._ledger.books(account)
            kept = PaperFutures if books.market is Market.FUTURES else PaperTrader
            return kept(books, self._prices, self._clock)
        if kind not in {"key", "futures"} or not number.isdecimal():
            raise NotFound(f"no such account: {account}")
        credentials = await self._keys.credentials(int(number))
        environment = credentials.environment
        connection = self._connection(environment)
        client = connection.client(credentials)
        if kind == "key":
            return SpotTrader(connection, client)
        if environment not in self._streams:
            self._streams[environment] = FuturesStreams(connection)
        return FuturesTrader(connection, client, self._streams[environment])

    def _connection(self, environment: Environment) -> Connection:
        try:
            return self._connections[environment]
        except KeyError:
            raise Unavailable(f"no connection to the {environment.value} exchange") from None
