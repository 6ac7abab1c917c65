"""The summary of a new bot: what stands in the way, what is offered, what it makes."""

from dataclasses import replace
from decimal import Decimal

from engine.ports.advisor import AdvisorTerms
from tests.unit.bot_content.chat import bots_of


async def to_summary(chat):
    await chat.say("/new")
    for label in ("Spot", "BTCUSDT", "Rest as suggested", "✏ Size", "25"):
        await chat.tap(label)


async def test_an_answer_that_is_no_longer_allowed_is_asked_again(office, chat):
    await to_summary(chat)
    rules = office.catalogues[office.public].known["BTCUSDT"]
    office.catalogues[office.public].known["BTCUSDT"] = replace(rules, min_notional=Decimal(50))
    await chat.tap("Create and start")
    assert "5/9" in chat.text
    assert "“25”" in chat.text
    assert not await bots_of(office, chat)
    await chat.say("80")
    await chat.tap("Create and start")
    assert len(await bots_of(office, chat)) == 1


async def test_the_summary_says_at_once_what_is_in_its_way(office, chat):
    await to_summary(chat)
    assert "⚠" not in chat.text
    await chat.tap("✏ Size")
    await chat.tap("Cap:")
    await chat.say("2")
    await chat.tap("Next")
    assert "“25” is outside of" in chat.text
    await chat.say("15")
    assert "Check and create" in chat.text
    assert "⚠" not in chat.text
    await chat.tap("✏ Stop")
    rules = office.catalogues[office.public].known["BTCUSDT"]
    office.catalogues[office.public].known["BTCUSDT"] = replace(rules, min_notional=Decimal(10))
    await chat.say("45")
    assert "cannot work: the smallest trade is" in chat.text
    assert "Check and create" in chat.text
    await chat.tap("Create and start")
    assert "How much per trade" in chat.text
    assert not await bots_of(office, chat)


async def test_a_target_that_no_order_can_have_is_named_with_the_widest_that_works(office, chat):
    rules = office.catalogues[office.public].known["BTCUSDT"]
    office.catalogues[office.public].known["BTCUSDT"] = replace(rules, max_price=Decimal(66_001))
    await to_summary(chat)
    await chat.tap("✏ Target")
    await chat.say("50")
    assert "at “50” percent the order would have a price" in chat.text
    assert "Allowed: up to 9.99 %" in chat.text
    await chat.tap("Create and start")
    assert "Take profit" in chat.text
    await chat.say("9.99")
    await chat.tap("Create and start")
    assert (await bots_of(office, chat))[0].config.take_profit == Decimal("9.99")


async def test_an_ai_bot_is_offered_where_a_model_can_be_asked(office, chat):
    await chat.say("/new")
    for label in ("Spot", "BTCUSDT"):
        await chat.tap(label)
    assert not any("AI scalper" in label for label in chat.labels)
    await chat.say("scalper")
    assert "“scalper” is none of these" in chat.text
    chat.ctx = replace(chat.ctx, office=replace(office, ai=AdvisorTerms("gemini", "m", 200)))
    await chat.say("/new")
    await chat.tap("Continue")
    await chat.tap("AI scalper")
    await chat.tap("Rest as suggested")
    assert "Stop: −0.5 % · target: +0.3 %" in chat.text
    assert "Closed after: 30 min" in chat.text
    await chat.tap("Create and start")
    config = (await bots_of(office, chat))[0].config
    assert (config.strategy, config.max_holding_minutes) == ("ai", 30)
