"""Symbols below the installation's liquidity floor are refused with the reason."""

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.core.bot_config import BotConfig
from engine.core.errors import InvalidValue
from engine.core.liquidity import LiquidityFloor
from engine.services import bots
from tests.fakes.office import account_of
from tests.unit.bot_content.chat import Chat

VOLUMES = {"BTCUSDT": Decimal(2_000_000), "ETHUSDT": Decimal(900_000)}


async def asked(office, floor):
    """A chat at the question for a symbol, where this floor holds."""
    catalogue = office.catalogues[office.public]
    catalogue.day_volume = lambda _market, symbol: VOLUMES.get(symbol)
    office = replace(office, floor=floor)
    chat = Chat(office, await account_of(office))
    await chat.say("/new")
    await chat.tap("Spot")
    return chat


async def test_a_thin_symbol_is_refused_with_its_volume(office):
    chat = await asked(office, LiquidityFloor(min_volume=Decimal(1_000_000)))
    assert "BTCUSDT" in chat.labels
    assert not {"ETHUSDT", "SOLUSDT"} & set(chat.labels)
    await chat.say("eth")
    assert "traded too little: 900000 within 24 hours, at least 1000000" in chat.text
    await chat.say("sol")
    assert "traded too little: – within 24 hours" in chat.text
    await chat.say("btc")
    assert "Which plan" in chat.text


async def test_a_symbol_that_is_not_listed_is_refused_with_the_list(office):
    chat = await asked(office, LiquidityFloor(symbols=frozenset({"BTCUSDT", "ETHUSDT"})))
    assert {"BTCUSDT", "ETHUSDT"} < set(chat.labels)
    await chat.say("solusdt")
    assert "Bots may trade BTCUSDT, ETHUSDT." in chat.text
    await chat.say("usdt")
    assert "SOLUSDT" not in chat.labels


async def test_a_floor_that_rose_meanwhile_is_told_on_the_summary(office):
    chat = await asked(office, LiquidityFloor(min_volume=Decimal(1)))
    await chat.tap("BTCUSDT")
    rose = replace(chat.ctx.office, floor=LiquidityFloor(min_volume=Decimal(10**9)))
    chat.ctx = replace(chat.ctx, office=rose)
    await chat.tap("Rest as suggested")
    assert "traded too little" in chat.text
    await chat.tap("Create and start")
    assert "Which symbol" in chat.text


async def test_no_other_way_leads_past_the_floor(office):
    office = replace(office, floor=LiquidityFloor(symbols=frozenset({"ETHUSDT"})))
    account = await account_of(office)
    with pytest.raises(InvalidValue, match="not_listed"):
        await bots.create(office, account, BotConfig(name="n", symbol="BTCUSDT"))
