"""One scripted session gives one story through three independent clients."""

import asyncio
import importlib.util
import json
import os
import sys
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from engine.exchange.simulator.clock import system_ms
from engine.exchange.simulator.faults import parse
from engine.exchange.simulator.server import DemoAccount, ExchangeOptions, LocalExchange

KEY, SECRET = "k" * 64, "s" * 64
MONEY = {"USDT": Decimal(100_000), "BTC": Decimal(2)}
ROOT = Path(__file__).parents[2]
MINUTE = 60_000
NEEDED = {
    "python_binance": {"spot": "binance", "futures": "binance"},
    "ccxt": {"spot": "ccxt", "futures": "ccxt"},
    "official": {
        "spot": "binance_sdk_spot",
        "futures": "binance_sdk_derivatives_trading_usds_futures",
    },
}


def flat(path, now):
    """Candles around now that stand at 50,000, so that only the script moves the market."""
    first = now // MINUTE * MINUTE - 1000 * MINUTE
    lines = [f"{first + n * MINUTE},50000,50000,50000,50000,1" for n in range(2000)]
    path.write_text("\n".join(lines))
    return f"BTCUSDT={path}"


@asynccontextmanager
async def exchange_now(folder):
    """An exchange whose clock is the clients' own and whose market stands still."""
    now = system_ms()
    options = ExchangeOptions(
        data=(flat(folder / "flat.csv", now),), symbols=("BNBUSDT",),
        accounts=(DemoAccount(KEY, SECRET, MONEY, futures={"USDT": Decimal(10_000)}),),
    )  # fmt: skip
    exchange = LocalExchange(options)
    await exchange.start()
    try:
        exchange.world.run_until(system_ms())
        exchange.clock.settle(system_ms())
        yield exchange
    finally:
        await exchange.stop()


async def story(client, market, folder, *wrongs):
    """What one client observes of the script in an exchange of its own, with faults in force."""
    async with exchange_now(folder) as exchange:
        exchange.world.faults.rules.extend(map(parse, wrongs))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.conformance.play", client, market, exchange.url, KEY,
            SECRET, cwd=ROOT, env=os.environ | {"NO_PROXY": "*", "no_proxy": "*"},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()[-4000:]
        return json.loads(out)


def needs(client, market):
    """Skip a client that is not installed, unless it must be."""
    if importlib.util.find_spec(NEEDED[client][market]) is None:
        missing = f"{NEEDED[client][market]} is not installed (extra: conformance)"
        if "conformance" in os.environ.get("SKIPPER_REQUIRE", ""):
            pytest.fail(missing)
        pytest.skip(missing)


_stories = {}


async def own_story(market, folder):
    """The story of the product's own client; one is enough, since it is always the same."""
    if market not in _stories:
        _stories[market] = await story("python_binance", market, folder)
    return _stories[market]


def answers(told, name):
    return [answer for act, _, answer in told if act == name]


MARKETS = ["spot", "futures"]
REFUSED = {
    "spot": [-2011, -2013, -2011, -2010, -1013, -2010, -2010, -1003, -2015, -1003],
    "futures": [-2021, -2013, -2011, -2013, -4116, -4164, -2019, -2011, -1003, -2015, -1003],
}
LEFT = {
    "spot": {"BTC": ["1.6999", "0"], "USDT": ["114330.649", "0"]},
    "futures": ["9795.0989995"],
}


@pytest.mark.parametrize("market", MARKETS)
async def test_the_products_own_client_sees_the_session_as_it_was_meant(market, tmp_path):
    told = await own_story(market, tmp_path)
    refused = [answer["refused"] for _, _, answer in told if isinstance(answer, dict)
               and "refused" in answer]  # fmt: skip
    assert refused == REFUSED[market]
    assert answers(told, "balances")[-1] == LEFT[market]


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("client", ["ccxt", "official"])
async def test_another_client_sees_what_the_products_own_sees(client, market, tmp_path):
    needs(client, market)
    theirs = await story(client, market, tmp_path)
    for mine, other in zip(await own_story(market, tmp_path), theirs, strict=True):
        assert other == mine


@pytest.mark.parametrize(("wrong", "act"), [
    ({"what": "edit", "path": "/api/v3/myTrades", "changes": {"*.commission": "0"}}, "fills"),
    ({"what": "stall", "stream": "user@executionReport", "where": {"X": "FILLED"}}, "reports"),
])  # fmt: skip
async def test_an_exchange_that_tells_something_else_gives_another_story(wrong, act, tmp_path):
    spoiled = await story("python_binance", "spot", tmp_path, wrong)
    own = await own_story("spot", tmp_path)
    assert {mine[0] for mine, other in zip(own, spoiled, strict=True) if mine != other} == {act}
