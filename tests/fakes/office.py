"""An office for service and chat tests: real storage, small stand-ins for the rest."""

from contextlib import asynccontextmanager
from decimal import Decimal

from engine.core.account import Credentials, KeyRights, Role
from engine.core.bot_config import Environment, Mode
from engine.core.errors import Unavailable
from engine.core.market import Book, Market, SymbolRules
from engine.ports.insight import Health, NotOurs
from engine.services.office import Office
from storage.opening import open_storage
from tests.fakes.clock import FrozenClock

OPERATOR = 1
TRADER = 2


def rules(symbol="BTCUSDT", **changes):
    base = symbol.removesuffix("USDT")
    filters = {
        "tick_size": "0.01",
        "min_price": "0.01",
        "max_price": "1000000",
        "step_size": "0.00001",
        "min_qty": "0.00001",
        "max_qty": "9000",
        "market_step_size": "0",
        "market_min_qty": "0",
        "market_max_qty": "100",
        "min_notional": "5",
        "max_notional": "9000000",
    }
    exact = {name: Decimal(text) for name, text in filters.items()}
    about = {
        "market": Market.SPOT,
        "symbol": symbol,
        "base": base,
        "quote": "USDT",
        "status": "TRADING",
        "order_types": frozenset({"LIMIT", "MARKET", "STOP_LOSS"}),
    }
    return SymbolRules(**(about | exact | changes))


def futures_rules(symbol="BTCUSDT", **changes):
    steps = {name: Decimal("0.001") for name in ("step_size", "min_qty", "market_step_size")}
    kinds = frozenset({"LIMIT", "MARKET", "STOP_MARKET", "TAKE_PROFIT_MARKET"})
    about = {"market": Market.FUTURES, "min_notional": Decimal(100), "order_types": kinds}
    return rules(symbol, **about | steps | changes)


class FakeCatalogue:
    def __init__(self, symbols=("BTCUSDT", "ETHUSDT", "SOLUSDT")):
        self.known = {symbol: rules(symbol) for symbol in symbols}
        self.futures = {}

    def list_futures(self, *symbols):
        self.futures = {symbol: futures_rules(symbol) for symbol in symbols}

    def of(self, market):
        return self.futures if market is Market.FUTURES else self.known

    def rules(self, market, symbol):
        return self.of(market).get(symbol)

    def search(self, market, text, *, limit):
        return [r for name, r in self.of(market).items() if text.upper() in name][:limit]

    def top(self, market, *, quote, limit):
        return list(self.of(market).values())[:limit]

    def day_volume(self, market, symbol):
        return None

    async def refresh(self, market):
        pass


class FakePrices:
    def __init__(self):
        self.books = {"BTCUSDT": Book(Decimal(60000), Decimal(60001), 0)}

    def book(self, market, symbol):
        return self.books.get(symbol)

    def age_ms(self, market, symbol):
        return 500 if symbol in self.books else None

    async def fresh(self, market, symbol):
        if symbol not in self.books:
            raise Unavailable("no price")
        return self.books[symbol]


class FakeInsight:
    def __init__(self):
        self.decisions = {}
        self.checked = {}
        self.reconciled = True
        self.streams = {}
        self.foreign = {}
        self.verified = {}

    def checks(self, bot_id):
        return self.checked.get(bot_id)

    def last_decision(self, bot_id):
        return self.decisions.get(bot_id)

    def stream_state(self, environment, bot_id):
        return self.streams.get(bot_id)

    def not_ours(self, bot_id):
        return self.foreign.get(bot_id, NotOurs(0, Decimal(0)))

    def verified_at(self, bot_id):
        return self.verified.get(bot_id)

    def health(self):
        named = {f"bot {bot}": state for bot, state in self.streams.items()}
        return Health(self.reconciled, named, 12, ())


class FakeKeyCheck:
    """Answers with ``rights``, or raises ``failure``; remembers what was tried."""

    def __init__(self):
        self.rights = KeyRights(True, True, False, False, True, {"USDT": Decimal("812.5")})
        self.failure = None
        self.tried = []

    async def check_key(self, credentials):
        self.tried.append(credentials)
        if self.failure is not None:
            raise self.failure
        return self.rights


class PlainVault:
    """Seals by reversing: tests look for the plain text where it must not be."""

    def seal(self, owner_id, credentials):
        text = f"{owner_id}|{credentials.api_key}|{credentials.secret}|{credentials.environment}"
        return text[::-1].encode()

    def open(self, owner_id, sealed):
        owner, key, secret, environment = sealed.decode()[::-1].split("|")
        assert owner == str(owner_id)
        return Credentials(key, secret, Environment(environment))


class Nudges:
    def __init__(self):
        self.heard = []

    def __getattr__(self, name):
        return lambda *what: self.heard.append((name, *what))


@asynccontextmanager
async def office_at(folder, **changes):
    storage = await open_storage(f"sqlite+aiosqlite:///{folder}/skipper.db")
    catalogue, prices = FakeCatalogue(), FakePrices()
    parts = {
        "storage": storage,
        "clock": FrozenClock(),
        "wake": Nudges(),
        "vault": PlainVault(),
        "key_check": FakeKeyCheck(),
        "insight": FakeInsight(),
        "catalogues": {Environment.LOCAL: catalogue},
        "prices": {Environment.LOCAL: prices},
        "public": Environment.LOCAL,
        "modes": frozenset({Mode.PAPER, Mode.LOCAL}),
        "operators": frozenset({OPERATOR}),
    }
    try:
        yield Office(**(parts | changes))
    finally:
        await storage.close()


async def account_of(office, telegram_id=TRADER, role=Role.TRADER):
    async with office.storage.system() as unit:
        account = await unit.accounts.add(telegram_id, "Ada", role, office.clock.now_ms())
        await unit.commit()
    return account
