"""The questions of a futures bot: leverage, direction, stake, a stop before liquidation."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wizard import bounds, sizes, steps
from bot.wizard.amounts import capped_leverage
from bot.wizard.config import settled
from engine.core.account import Credentials
from engine.core.bot_config import Direction, Environment, Mode
from engine.core.checks import liquidation_distance
from engine.core.errors import InvalidValue
from engine.core.margin import ASSUMED_MAINTENANCE
from engine.core.market import Market
from engine.services import drafts
from engine.services.keys import add_key, all_keys, recheck_key
from tests.fakes.office import futures_rules, office_at

FACTS = bounds.Facts(
    symbol="BTCUSDT",
    rules=futures_rules(),
    price=Decimal(60_000),
    markets=(Market.SPOT, Market.FUTURES),
)
FUTURES = {"market": "futures", "symbol": "BTCUSDT"}


@pytest.fixture
async def office(tmp_path):
    async with office_at(tmp_path) as opened:
        opened.catalogues[Environment.LOCAL].list_futures("BTCUSDT", "ETHUSDT")
        yield opened


async def the_bot(office, chat):
    async with office.storage.reading(chat.ctx.account.id) as unit:
        (bot,) = await unit.bots.all()
    return bot


async def to(chat, *labels):
    await chat.say("/new")
    for label in ("Futures", "BTCUSDT", "My own", "1m", "EMA/RSI", "Next", *labels):
        await chat.tap(label)
    return chat


async def a_key(office, chat, *, futures):
    rights = replace(
        office.key_check.rights, can_trade_futures=futures, margin={"USDT": Decimal(77)}
    )
    office.key_check.rights = rights
    credentials = Credentials("k" * 64, "s" * 64, Environment.LOCAL)
    return await add_key(office, chat.ctx.account, "main", credentials)


async def test_four_taps_make_a_futures_bot_that_works(office, chat):
    await chat.say("/new")
    for label in ("Futures", "BTCUSDT", "Rest as suggested"):
        await chat.tap(label)
    assert "Market: futures BTCUSDT 1m" in chat.text
    assert "Leverage: 3×, both ways" in chat.text
    assert "Stake: 45 USDT a trade, opens 135 USDT" in chat.text
    await chat.tap("Create and start")
    config = (await the_bot(office, chat)).config
    assert (config.market, config.leverage) == (Market.FUTURES, 3)
    assert (config.direction, config.size) == (Direction.BOTH, Decimal(45))
    assert "3× isolated, both ways" in chat.text


async def test_every_question_of_a_futures_bot_can_be_tapped(office, chat):
    labels = ("10×", "short only", "25", "1.5 %", "3 %", "Trailing", "0.5 %", "Next")
    await to(chat, *labels, "Trades a day", "5", "Next", "Paper", "Next")
    assert "10×, short only" in chat.text
    assert "opens 250 USDT" in chat.text
    assert "Trailing stop: 0.5 % behind, from profit: at once" in chat.text
    await chat.tap("Create stopped")
    config = (await the_bot(office, chat)).config
    assert (config.leverage, config.direction) == (10, Direction.SHORT)
    assert (config.stop_loss, config.trailing_stop) == (Decimal("1.5"), Decimal("0.5"))


async def test_without_futures_symbols_the_market_is_not_offered(office, chat):
    office.catalogues[Environment.LOCAL].futures.clear()
    await chat.say("/new")
    assert not any("Futures" in label for label in chat.labels)
    await chat.say("futures")
    assert "“futures” is none of these: spot" in chat.text


@pytest.mark.parametrize(("typed", "kept"), [("51", 50), ("125x", 50), ("9" * 30, 50), ("7×", 7)])
async def test_too_much_leverage_becomes_fifty_and_says_so(chat, typed, kept):
    await to(chat)
    await chat.say(typed)
    assert "Which way may it enter" in chat.text
    assert ("I made it 50×" in chat.text) is (kept == 50)
    draft = await drafts.load(chat.ctx.office, chat.ctx.account)
    assert draft.data["leverage"] == str(kept)


@pytest.mark.parametrize("typed", ["0", "-5", "2.5", "abc", "1,000", "x", "−60", "6 0"])
async def test_what_is_no_leverage_is_given_back_with_the_range(chat, typed):
    await to(chat)
    await chat.say(typed)
    assert f"“{typed}”" in chat.text
    assert "1 to 50" in chat.text


async def test_the_size_is_a_stake_and_says_what_it_opens(chat):
    await to(chat, "5×", "both ways")
    assert "With 5× leverage 25 USDT open a position of 125 USDT" in chat.text
    assert "Allowed: 24.01 to 100 USDT" in chat.text
    await chat.say("20")
    assert "“20” is outside of 24.01 to 100 USDT" in chat.text
    await chat.say("3%")
    await chat.tap("1 %")
    assert "Take profit" in chat.text


async def test_a_stop_beyond_liquidation_is_refused_with_the_largest_that_works(office, chat):
    await to(chat, "20×", "both ways", "25")
    await chat.say("5")
    assert "at “5” the exchange liquidates first with 20× leverage" in chat.text
    assert "Allowed: 0.1 to 3.79 %" in chat.text
    assert not any(label.startswith("5 %") for label in chat.labels)
    await chat.say("3.79")
    for label in ("2 %", "Next", "Next", "Paper", "Next"):
        await chat.tap(label)
    await chat.tap("✏ Leverage")
    await chat.say("40")
    await chat.tap("Create and start")
    assert "at “3.79” the exchange liquidates first with 40× leverage" in chat.text
    await chat.tap("1 %")
    await chat.tap("Create and start")
    assert (await the_bot(office, chat)).config.stop_loss == 1


async def test_at_fifty_the_suggested_stop_is_near_enough(office, chat):
    await to(chat)
    await chat.say("50")
    await chat.tap("Rest as suggested")
    assert "Stop: −0.79 %" in chat.text
    await chat.tap("Create and start")
    assert (await the_bot(office, chat)).config.stop_loss == Decimal("0.79")


async def test_trailing_may_start_later(office, chat):
    await to(chat, "3×", "long only", "50", "1 %", "2 %")
    assert not any("Trailing starts" in label for label in chat.labels)
    for label in ("Trailing stop", "1 %", "Trailing starts: at once", "1 %", "Next", "Next"):
        await chat.tap(label)
    for label in ("Paper", "Next"):
        await chat.tap(label)
    assert "Trailing stop: 1 % behind, from profit: 1 %" in chat.text
    await chat.tap("Create stopped")
    config = (await the_bot(office, chat)).config
    assert (config.trailing_stop, config.trailing_activation) == (1, 1)


async def test_a_keyed_futures_bot_needs_a_key_that_may_trade_futures(office, chat):
    await a_key(office, chat, futures=False)
    await to(chat, "3×", "both ways", "50", "1 %", "2 %", "Next", "Next")
    await chat.tap("Demo account")
    assert "may trade futures, and there is none" in chat.text
    office.key_check.rights = replace(office.key_check.rights, can_trade_futures=True)
    (card,) = await all_keys(office, chat.ctx.account)
    await recheck_key(office, chat.ctx.account, card.key.public_id)
    await chat.tap("Demo account")
    await chat.tap("Next")
    await chat.tap("Create and start")
    bot = await the_bot(office, chat)
    assert (bot.config.mode, bot.account) == (Mode.LOCAL, f"futures:{bot.config.key_id}")


async def test_a_key_card_tells_its_markets_and_both_balances(office, chat):
    await a_key(office, chat, futures=True)
    await chat.say("/keys")
    await chat.tap("main")
    assert "works for spot and futures" in chat.text
    await chat.tap("Test")
    assert "spot free: 812.5 USDT" in chat.text
    assert "futures free: 77 USDT" in chat.text
    office.key_check.rights = replace(office.key_check.rights, can_trade_futures=False)
    await chat.tap("Test")
    assert "works for spot only" in chat.text
    assert "not futures" in chat.text
    modes = {"can_trade_futures": True, "hedge_mode": True, "multi_assets": True}
    office.key_check.rights = replace(office.key_check.rights, can_trade_spot=False, **modes)
    await chat.tap("Test")
    assert "may trade futures, not spot" in chat.text
    assert "multi-assets mode is on" in chat.text
    assert "hedge mode is on" in chat.text
    assert "spot free" not in chat.text
    nothing = replace(office.key_check.rights, can_trade_futures=False)
    office.key_check.rights = nothing
    await chat.tap("Test")
    assert "neither spot nor futures" in chat.text


async def test_back_leads_through_the_futures_questions_only_on_futures(chat):
    await to(chat, "3×")
    await chat.tap("Back")
    assert "Which leverage" in chat.text
    await chat.tap("Back")
    await chat.say("/new")
    await chat.tap("Start over")
    for label in ("Spot", "BTCUSDT", "My own", "1m", "EMA/RSI", "Next"):
        await chat.tap(label)
    assert "How much per trade" in chat.text
    await chat.tap("Back")
    assert "with these settings" in chat.text


@given(st.integers(1, 50))
def test_every_leverage_leaves_a_stop_before_liquidation(times):
    data = FUTURES | {"leverage": str(times)}
    low, high = bounds.stop_range(data)
    distance = liquidation_distance(times, ASSUMED_MAINTENANCE)
    assert low <= Decimal(bounds.get(data, "stop")) <= high < distance
    assert high == 50 or high + bounds.CENT >= distance


@given(st.integers(3, 50), st.integers(20_000, 150_000))
def test_suggestions_alone_make_a_futures_bot(times, price):
    facts = replace(FACTS, price=Decimal(price))
    draft = replace(steps.begin(1, 0), step="summary", data=FUTURES | {"leverage": str(times)})
    low, high = sizes.size_range(draft.data, facts)
    config = settled(draft, facts) if low <= high else None
    assert config is None or low <= config.size <= high


@given(st.text(max_size=12))
def test_any_text_is_a_leverage_or_a_refusal(typed):
    try:
        times, capped = capped_leverage(typed)
    except InvalidValue:
        return
    assert 1 <= times <= 50
    assert not capped or times == 50
