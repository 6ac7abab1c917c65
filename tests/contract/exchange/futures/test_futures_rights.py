"""What is found out about a key's futures side before it is kept."""

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.core.errors import KeyRefused
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.endpoints import local
from engine.exchange.binance.rights import check_key
from tests.contract.exchange.lab import CREDENTIALS, KEY, SECRET

SPOT, FUTURES = "/api/v3/account", "/fapi/v1/accountConfig"
UNKNOWN_KEY = {"status": 401, "code": -2015}


@pytest.fixture
async def tried(venue):
    """A connection to an environment that tells no rights."""
    endpoints = replace(local(venue.lab.exchange.url), sapi=False)
    connection = Connection(endpoints, venue.lab.clock)
    yield connection
    await connection.close()


async def test_a_key_with_the_right_tells_its_margin_and_modes(venue):
    rights = await check_key(venue.lab.connection, CREDENTIALS)
    assert (rights.can_trade_spot, rights.can_trade_futures) == (True, True)
    assert rights.margin == {"USDT": Decimal(10_000)}
    assert (rights.hedge_mode, rights.multi_assets) == (False, False)


async def test_modes_that_stand_in_the_way_are_told(venue):
    await venue.lab.control("accounts", key=KEY, secret=SECRET, hedge=True)
    assert (await check_key(venue.lab.connection, CREDENTIALS)).hedge_mode


async def test_a_key_without_the_right_is_fine_for_spot(venue):
    await venue.lab.control(
        "accounts", key=KEY, secret=SECRET, permissions={"enableFutures": False}
    )
    rights = await check_key(venue.lab.connection, CREDENTIALS)
    assert (rights.can_trade_spot, rights.can_trade_futures) == (True, False)
    assert rights.margin == {}
    assert await venue.lab.requests(FUTURES) == []


async def test_the_right_without_a_futures_account_is_none(venue):
    await venue.lab.fault("status", FUTURES, status=400, code=-4109)
    rights = await check_key(venue.lab.connection, CREDENTIALS)
    assert (rights.can_trade_spot, rights.can_trade_futures) == (True, False)
    assert rights.balances


async def test_where_rights_are_not_told_both_sides_are_tried(venue, tried):
    rights = await check_key(tried, CREDENTIALS)
    assert (rights.can_trade_spot, rights.can_trade_futures) == (True, True)
    assert rights.margin == {"USDT": Decimal(10_000)}


async def test_a_key_of_the_spot_test_network_alone_is_a_spot_key(venue, tried):
    await venue.lab.fault("status", FUTURES, **UNKNOWN_KEY)
    rights = await check_key(tried, CREDENTIALS)
    assert (rights.can_trade_spot, rights.can_trade_futures) == (True, False)


async def test_a_key_of_the_futures_test_network_alone_is_a_futures_key(venue, tried):
    await venue.lab.fault("status", SPOT, **UNKNOWN_KEY)
    rights = await check_key(tried, CREDENTIALS)
    assert (rights.can_trade_spot, rights.can_trade_futures) == (False, True)
    assert rights.balances == {}


async def test_a_key_that_neither_side_knows_is_refused(venue, tried):
    for path in (SPOT, FUTURES):
        await venue.lab.fault("status", path, **UNKNOWN_KEY)
    with pytest.raises(KeyRefused):
        await check_key(tried, CREDENTIALS)
