"""Card, questions and trades of a bot that holds a short."""

from dataclasses import replace
from decimal import Decimal

from engine.core.bot_config import Direction, Environment
from engine.core.market import Market
from engine.core.position import ExitReason, PositionSide
from engine.ports.insight import NotOurs
from tests.unit.bot_content.chat import WIDTH
from tests.unit.services.market import close_flat, hold, open_position, started


async def on_card(chat, bot):
    await chat.press(f"b:card:{bot.public_id}:")


async def holding_short(office, chat):
    office.catalogues[Environment.LOCAL].list_futures("BTCUSDT")
    settings = {"market": Market.FUTURES, "leverage": 5, "direction": Direction.BOTH}
    trailing = {"trailing_stop": Decimal("0.5"), "trailing_activation": Decimal(1)}
    bot = await started(office, chat.ctx.account, **settings, **trailing)
    held = {"market": Market.FUTURES, "side": PositionSide.SHORT, "leverage": 5}
    levels = {"stop_price": Decimal(61000), "target_price": Decimal(59000)}
    worth = {"entry_qty": Decimal("0.002"), "entry_quote": Decimal(121)}
    await hold(office, bot, funding=Decimal("-0.02"), **held, **levels, **worth)
    return bot


async def test_a_short_shows_leverage_liquidation_and_funding(office, chat):
    bot = await holding_short(office, chat)
    await on_card(chat, bot)
    lines = chat.text.splitlines()
    assert "BTCUSDT futures 1m · EMA/RSI" in lines
    assert "5× isolated, both ways" in lines
    assert "trailing stop 0.5 % from +1 %" in lines
    assert "SHORT 5× 0.002 BTC at 60500, 2 min" in lines
    assert "profit +0.978 USDT (+0.81 %)" in lines
    assert "liquidation about 71881.18 (+19.8 %)" in lines
    assert "funding so far −0.02 USDT" in lines
    assert not [line for line in lines if len(line) > WIDTH]


async def test_the_list_says_which_way_a_futures_bot_holds(office, chat):
    await holding_short(office, chat)
    await chat.say("/bots")
    assert "holds SHORT 5× +0.81 % · PAPER" in chat.text


async def test_a_short_is_bought_back(office, chat):
    bot = await holding_short(office, chat)
    await on_card(chat, bot)
    await chat.tap("Stop…")
    assert "Holds SHORT 5× 0.002 BTC" in chat.text
    assert "bought back at market" in chat.text
    await on_card(chat, bot)
    await chat.tap("Close position")
    assert "It is bought back" in chat.text
    await chat.tap("Yes, buy back 0.002 BTC now")
    assert "closing at market" in chat.text
    closing = await open_position(office, bot)
    await close_flat(office, replace(closing, gone_qty=Decimal("0.0001")), "60000")
    await chat.say("/trades")
    await chat.tap("1. BTC")
    assert "SHORT 5× 0.002 BTC by BTC trend" in chat.text
    assert "funding −0.02 USDT" in chat.text
    assert "gone by no order of ours: 0.0001 BTC" in chat.text


async def test_a_liquidated_trade_does_not_call_the_fee_funding(office, chat):
    bot = await holding_short(office, chat)
    await close_flat(office, await open_position(office, bot), "60000", ExitReason.LIQUIDATION)
    await chat.say("/trades")
    await chat.tap("1. BTC")
    assert "funding and liquidation fee −0.02 USDT" in chat.text


async def test_what_is_not_skippers_is_shown_and_said_to_be_left_alone(office, chat):
    bot = await holding_short(office, chat)
    office.insight.foreign[bot.id] = NotOurs(2, Decimal("-0.01"))
    await on_card(chat, bot)
    assert "2 open orders on this symbol are not Skipper's, left alone" in chat.text
    assert "holds −0.01 BTC that is not Skipper's" in chat.text
