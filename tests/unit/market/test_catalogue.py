import asyncio
from dataclasses import fields
from decimal import Decimal

import pytest

from engine.core.errors import Unavailable
from engine.core.market import Market, SymbolRules, Ticker24h
from engine.market.catalogue import CachedCatalogue
from tests.fakes.clock import FrozenClock
from tests.fakes.market import FakeMarket

SPOT = Market.SPOT
ONE = Decimal(1)


def rules(base, quote="USDT", status="TRADING"):
    texts = {"market", "symbol", "base", "quote", "status", "order_types", "oco_allowed"}
    numbers = {field.name: ONE for field in fields(SymbolRules) if field.name not in texts}
    return SymbolRules(
        market=SPOT, symbol=base + quote, base=base, quote=quote, status=status, **numbers
    )


def listed(market, *symbols):
    """Put (rules, day's volume or None) on the market."""
    market.all_rules = {r.symbol: r for r, _ in symbols}
    market.all_tickers = [Ticker24h(r.symbol, ONE, ONE, Decimal(v)) for r, v in symbols if v]


@pytest.fixture
async def market():
    made = FakeMarket(FrozenClock())
    listed(
        made,
        (rules("BTC"), 900),
        (rules("ETH"), 500),
        (rules("WBTC"), 70),
        (rules("BTC", "FDUSD"), 950),
        (rules("BTCST", status="BREAK"), 5_000),
        (rules("BTCDOM"), None),
        (rules("币安"), 3),
    )
    return made


@pytest.fixture
async def catalogue(market):
    made = CachedCatalogue(market)
    await made.refresh(SPOT)
    return made


def names(found):
    return [rules.symbol for rules in found]


async def test_rules_are_known_by_symbol_also_while_trading_is_halted(catalogue):
    assert catalogue.rules(SPOT, "BTCUSDT").base == "BTC"
    assert not catalogue.rules(SPOT, "BTCSTUSDT").trading
    assert catalogue.rules(SPOT, "NOPE") is None
    assert catalogue.rules(Market.FUTURES, "BTCUSDT") is None


async def test_a_search_ranks_whole_name_base_beginning_and_the_rest(catalogue):
    assert names(catalogue.search(SPOT, "btc", limit=9)) == [
        "BTCFDUSD",
        "BTCUSDT",
        "BTCDOMUSDT",
        "WBTCUSDT",
    ]
    assert names(catalogue.search(SPOT, "btcusdt", limit=9)) == ["BTCUSDT", "WBTCUSDT"]


@pytest.mark.parametrize("text", ["eth/usdt", " ETH-USDT ", "Eth_usdt", "ethusdt"])
async def test_case_and_separators_do_not_matter(catalogue, text):
    assert names(catalogue.search(SPOT, text, limit=9)) == ["ETHUSDT"]


async def test_a_search_for_nothing_lists_by_volume_and_keeps_to_the_limit(catalogue):
    assert names(catalogue.search(SPOT, "", limit=3)) == ["BTCFDUSD", "BTCUSDT", "ETHUSDT"]
    assert names(catalogue.search(SPOT, "币", limit=3)) == ["币安USDT"]
    assert catalogue.search(SPOT, "xyz", limit=3) == []


async def test_the_top_of_a_quote_asset_goes_by_volume(catalogue):
    assert names(catalogue.top(SPOT, quote="USDT", limit=3)) == ["BTCUSDT", "ETHUSDT", "WBTCUSDT"]


async def test_the_day_volume_is_none_when_unknown(catalogue):
    assert catalogue.day_volume(SPOT, "BTCUSDT") == 900
    assert catalogue.day_volume(SPOT, "BTCDOMUSDT") is None


async def test_a_refresh_replaces_what_was_cached(market, catalogue):
    listed(market, (rules("SOL"), 10))
    await catalogue.refresh(SPOT)
    assert names(catalogue.search(SPOT, "", limit=9)) == ["SOLUSDT"]
    assert catalogue.day_volume(SPOT, "BTCUSDT") is None


async def test_all_who_ask_for_a_refresh_at_once_share_one(market, catalogue):
    await asyncio.gather(*(catalogue.refresh(SPOT) for _ in range(10)))
    assert market.calls["rules"] == 2
    await catalogue.refresh(SPOT)
    assert market.calls["rules"] == 3


async def test_what_could_not_be_read_stays_as_it_was(market, catalogue):
    listed(market, (rules("SOL"), 10))
    market.failures = [Unavailable("down")]
    with pytest.raises(Unavailable):
        await catalogue.refresh(SPOT)
    assert catalogue.rules(SPOT, "BTCUSDT")
    assert catalogue.day_volume(SPOT, "BTCUSDT") == 900
