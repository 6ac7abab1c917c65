"""The engine in this process, on a database file and the local exchange over the wire.

Market time stands still unless a test moves it, for the exchange and the engine alike, so that
every limit that counts time is met exactly. ``agree`` holds the books against the exchange's.
"""

import asyncio
import contextlib
from contextlib import asynccontextmanager
from decimal import Decimal

import aiohttp

from engine.core.account import Credentials, Role
from engine.core.bot_config import Environment, Mode
from engine.core.market import Market
from engine.exchange.simulator.server import DemoAccount, ExchangeOptions, LocalExchange
from storage.opening import open_storage
from storage.vault import FernetVault
from tests.contract.engine.books import Books
from tests.contract.engine.clock import START, LabClock
from tests.contract.engine.hands import Hands
from tests.contract.engine.life import Life

KEYS = ("K1" * 32, "K2" * 32)
SECRET = "S" * 64
MONEY = {"USDT": Decimal(10_000)}
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
SOON, PATIENCE = 30.0, 60.0
_LOOK = 0.01


class Lab(Hands):
    """A world with an exchange, a database and, between ``begin`` and ``crash``, an engine."""

    def __init__(self, exchange, session, path, clock):
        super().__init__()
        self.exchange = exchange
        self.session = session
        self.clock = clock
        self.url = f"sqlite+aiosqlite:///{path / 'lab.db'}"
        self.vault = FernetVault(b"m" * 32)
        self.modes = frozenset({Mode.PAPER, Mode.LOCAL})
        self.storage = self.life = self.account = None
        self.keys = []
        self.advisor = None

    async def open(self):
        """A database with one user and a key for each account of the exchange."""
        self.storage = await open_storage(self.url)
        async with self.storage.system() as unit:
            self.account = await unit.accounts.add(1, "Ann", Role.ADMIN, START)
            await unit.commit()
        owner = self.account.id
        async with self.storage.of(owner) as unit:
            for number, name in enumerate(KEYS, 1):
                sealed = self.vault.seal(owner, Credentials(name, SECRET, Environment.LOCAL))
                key = await unit.keys.add(
                    f"key {number}", Environment.LOCAL, f"print {number}", sealed, START,
                    ip_restricted=False,
                )  # fmt: skip
                self.keys.append(key.id)
            await unit.commit()

    async def begin(self):
        """Start an engine on the database as it is."""
        self.life = Life(self)
        async with asyncio.timeout(PATIENCE):
            await self.life.begin()

    async def crash(self):
        """End it as a kill would: nothing lands, nothing more is written."""
        async with asyncio.timeout(PATIENCE):
            await self.life.crash()
            self.life = None
            await self.storage.close()
        self.storage = await open_storage(self.url)

    async def restart(self):
        """Crash and begin anew."""
        await self.crash()
        await self.begin()

    async def close(self):
        if self.life is not None:
            await self.life.crash()
        await self.storage.close()

    @property
    def engine(self):
        return self.life.engine

    @property
    def world(self):
        return self.exchange.world

    async def job(self, name):
        """Run a job of the scheduler's table now."""
        await self.life.jobs[name]()

    async def advance(self, seconds):
        """Move everybody's market time."""
        await self.control("advance", ms=round(seconds * 1000))
        self.clock.set(self.exchange.clock.now())

    async def agree(self):
        """Wait until books and exchange say the same, and hold them to it."""

        async def same():
            return not await self.books.differences()

        with contextlib.suppress(TimeoutError):
            await self.until(same)
        await self.books.agree()

    @property
    def books(self):
        return Books(self.storage, self.world)

    async def control(self, name, verb="POST", /, **body):
        url = f"{self.exchange.url}/sandbox/{name}"
        async with self.session.request(verb, url, json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def price(self, value, symbol="BTCUSDT"):
        """Let the market jump, and wait until the engine has heard of it."""
        wanted = Decimal(str(value))
        await self.control("price", symbol=symbol, price=str(wanted))
        heard = self.life.prices
        markets = [market for market in Market if (market, symbol) in heard._interest]

        async def told():
            books = [heard.book(market, symbol) for market in markets]
            if all(book is not None and book.bid == wanted for book in books):
                return True
            await self.control("price", symbol=symbol, price=str(wanted))
            return False

        await self.until(told)

    async def fault(self, what, method="", path="", **more):
        await self.control("faults", what=what, method=method, path=path, **more)

    async def heal(self):
        await self.control("faults", "DELETE")

    def requests(self, path, method="POST"):
        """Requests that arrived at the exchange, oldest first."""
        return [
            r for r in self.world.journal.since(0) if (r["method"], r["path"]) == (method, path)
        ]

    async def until(self, check, seconds=SOON):
        """Wait until ``check`` is true; returns what it said."""
        async with asyncio.timeout(seconds):
            while True:
                found = check()
                if asyncio.iscoroutine(found):
                    found = await found
                if found:
                    return found
                await asyncio.sleep(_LOOK)


@asynccontextmanager
async def opened(path, **options):
    """A lab at 50,000 USDT for a BTC, with no engine yet."""
    clock = LabClock()
    accounts = tuple(DemoAccount(key, SECRET, MONEY) for key in KEYS)
    settings = {"speed": 0.0, "start_ms": START, "symbols": SYMBOLS, "accounts": accounts}
    exchange = LocalExchange(ExchangeOptions(**settings | options))
    await exchange.start()
    try:
        async with aiohttp.ClientSession(trust_env=False) as session:
            lab = Lab(exchange, session, path, clock)
            await lab.open()
            await lab.control("price", symbol="BTCUSDT", price="50000")
            try:
                yield lab
            finally:
                await lab.close()
    finally:
        await exchange.stop()
