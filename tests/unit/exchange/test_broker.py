"""The broker opens every account once and tells apart what it cannot open."""

import asyncio

import pytest

from engine.core.account import Credentials
from engine.core.bot_config import Environment
from engine.core.errors import NotFound, Unavailable
from engine.core.market import Market
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.endpoints import LIVE, TESTNET, endpoints_of, local
from engine.exchange.binance.futures import FuturesTrader
from engine.exchange.binance.spot import SpotTrader
from engine.exchange.broker import Broker
from engine.exchange.paper import PaperTrader
from engine.exchange.paper_futures import PaperFutures
from engine.ports.paper import PaperBooks
from tests.contract.exchange.lab import CREDENTIALS, MONEY, PAPER_RULES, LabClock, LabPrices


class Shelf:
    """Key ring and paper ledger at once; counts how often it was asked."""

    def __init__(self):
        self.asked = []
        self.market = Market.SPOT

    async def credentials(self, key_id):
        self.asked.append(f"key:{key_id}")
        await asyncio.sleep(0)
        environment = Environment.LOCAL if key_id == 3 else Environment.LIVE
        return Credentials(CREDENTIALS.api_key, CREDENTIALS.secret, environment)

    async def books(self, account):
        self.asked.append(account)
        await asyncio.sleep(0)
        if account != "paper:7":
            raise NotFound(account)
        return PaperBooks(self.market, PAPER_RULES, dict(MONEY), ())


@pytest.fixture
async def broker():
    clock, shelf = LabClock(), Shelf()
    connection = Connection(local("http://127.0.0.1:9"), clock)
    ready = Broker({Environment.LOCAL: connection}, shelf, shelf, LabPrices(clock), clock)
    ready.shelf = shelf
    yield ready
    await ready.close()
    await connection.close()


@pytest.mark.parametrize(
    ("account", "kind"),
    [("paper:7", PaperTrader), ("key:3", SpotTrader), ("futures:3", FuturesTrader)],
)
async def test_an_account_is_opened_once_however_many_ask(broker, account, kind):
    traders = await asyncio.gather(*(broker.trader(account) for _ in range(5)))
    assert isinstance(traders[0], kind)
    assert all(trader is traders[0] for trader in traders)
    assert broker.shelf.asked == [account.replace("futures", "key")]


@pytest.mark.parametrize("account", ["paper:7", "key:3"])
async def test_a_forgotten_account_is_opened_anew(broker, account):
    first = await broker.trader(account)
    await broker.forget(account)
    assert await broker.trader(account) is not first
    await broker.forget("key:99")


@pytest.mark.parametrize("account", ["paper:8", "key:", "key:x", "else:1", ""])
async def test_what_does_not_exist_is_not_found(broker, account):
    with pytest.raises(NotFound):
        await broker.trader(account)


async def test_paper_is_kept_for_both_markets(broker):
    broker.shelf.market = Market.FUTURES
    assert isinstance(await broker.trader("paper:7"), PaperFutures)


async def test_an_environment_without_connection_is_not_opened(broker):
    with pytest.raises(Unavailable):
        await broker.trader("key:4")
    with pytest.raises(Unavailable):
        await broker.check_key(Credentials("a", "b", Environment.TESTNET))


@pytest.mark.parametrize("endpoints", [LIVE, TESTNET, local("http://127.0.0.1:9100")])
def test_futures_streams_are_sorted_by_address_and_spot_ones_are_not(endpoints):
    candles, books = endpoints.public_streams(Market.FUTURES)
    assert (candles.endswith("/market/"), books.endswith("/public/")) == (True, True)
    assert endpoints.futures_private.endswith("/private/")
    assert endpoints.public_streams(Market.SPOT) == (endpoints.streams, endpoints.streams)


def test_every_environment_has_its_own_addresses():
    assert endpoints_of(Environment.LIVE, "") is LIVE
    assert endpoints_of(Environment.TESTNET, "") is TESTNET
    here = endpoints_of(Environment.LOCAL, "http://127.0.0.1:9100/")
    assert here.rest == "http://127.0.0.1:9100"
    assert here.streams == "ws://127.0.0.1:9100/"
    assert here.ws_api == "ws://127.0.0.1:9100/ws-api/v3"
    assert here.direct
    assert not TESTNET.sapi
    assert LIVE.sapi
