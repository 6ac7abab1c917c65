"""The new-bot conversation, tapped and typed through the screens against a real database."""

from datetime import time
from decimal import Decimal

import pytest

from bot.actions import decode
from bot.wizard.steps import ORDER, SUMMARY, park, unpark
from engine.core.account import Role
from engine.core.bot_config import Mode, Sizing
from engine.core.bot_state import BotState
from engine.core.hours import TradingHours
from engine.services import drafts
from tests.fakes.office import account_of, office_at
from tests.unit.bot_content.chat import Chat, bots_of

EXITS = {"Trailing stop": "0.7", "Longest holding": "1h30"}
LIMITS = {
    "Trades a day": "off",
    "Loss a day": "12.5",
    "Profit goal": "20",
    "Pause after a loss": "2h",
    "Hours": "9:00-17:30 mon-fri berlin",
}


async def to_size(chat):
    await chat.say("/new")
    for label in ("Spot", "BTCUSDT", "My own", "1m", "EMA/RSI", "Next"):
        await chat.tap(label)
    return chat


async def to_summary(chat):
    await to_size(chat)
    for label in ("25", "1 %", "2 %", "Next", "Next", "Paper", "Next"):
        await chat.tap(label)
    return chat


async def test_four_taps_make_a_bot_of_suggestions(office, chat):
    await chat.say("/new")
    for label in ("Spot", "BTCUSDT", "Rest as suggested"):
        await chat.tap(label)
    assert "Check and create" in chat.text
    assert "PAPER" in chat.text
    await chat.tap("Create and start")
    (bot,) = await bots_of(office, chat)
    assert (bot.state, bot.config.mode) == (BotState.WAITING, Mode.PAPER)
    assert bot.config.size == Decimal(25)


async def test_nine_steps_of_taps_make_and_start_a_bot(office, chat):
    await to_summary(chat)
    assert "Check and create" in chat.text
    await chat.tap("Create and start")
    (bot,) = await bots_of(office, chat)
    assert bot.state is BotState.WAITING
    assert (bot.config.symbol, bot.config.mode) == ("BTCUSDT", Mode.PAPER)
    assert (bot.config.sizing, bot.config.size) == (Sizing.FIXED, Decimal(25))
    assert bot.config.max_daily_trades == 10
    assert bot.config.max_daily_loss is None
    assert bot.config.params["ema_fast"] == 8
    assert bot.config.name in chat.text
    assert "PAPER" in chat.text
    assert await drafts.load(office, chat.ctx.account) is None
    assert ("bot", bot.id) in office.wake.heard


async def test_every_answer_can_be_typed(office, chat):
    await chat.say("/new")
    answers = ["spot", "eth", "own", "15m", "ema/rsi"]
    for text in answers:
        await chat.say(text)
    await chat.tap("Fast EMA")
    await chat.say("5")
    await chat.tap("RSI filter")
    await chat.say("Reversal")
    await chat.tap("Next")
    for text in ("5%", "1,5", "3.25"):
        await chat.say(text)
    for menu in (EXITS, LIMITS):
        for field, text in menu.items():
            await chat.tap(field)
            await chat.say(text)
        await chat.tap("Next")
    for text in ("paper", "My first"):
        await chat.say(text)
    await chat.tap("Create stopped")
    (bot,) = await bots_of(office, chat)
    config = bot.config
    assert bot.state is BotState.STOPPED
    assert (config.name, config.symbol, config.timeframe) == ("My first", "ETHUSDT", "15m")
    assert (config.sizing, config.size) == (Sizing.PERCENT, Decimal(5))
    assert (config.stop_loss, config.take_profit) == (Decimal("1.5"), Decimal("3.25"))
    assert (config.trailing_stop, config.trailing_activation) == (Decimal("0.7"), None)
    assert (config.max_daily_trades, config.max_daily_loss) == (None, Decimal("12.5"))
    assert (config.daily_target, config.cooldown_minutes) == (Decimal(20), 120)
    assert config.max_holding_minutes == 90
    assert config.trading_hours == TradingHours(
        start=time(9), end=time(17, 30), weekdays=(0, 1, 2, 3, 4), zone="Europe/Berlin"
    )
    assert (config.params["ema_fast"], config.params["rsi_filter"]) == (5, "reversal")


@pytest.mark.parametrize(
    "typed", ["3", "abc", "１００", "NaN", "inf", "1e3", "-5", "9" * 30, "1,000"]
)
async def test_a_refused_size_is_given_back_with_the_allowed_range(chat, typed):
    await to_size(chat)
    before = await drafts.load(chat.ctx.office, chat.ctx.account)
    await chat.say(typed)
    assert f"“{typed}”" in chat.text
    assert "to 100 USDT" in chat.text
    assert await drafts.load(chat.ctx.office, chat.ctx.account) == before


async def test_an_unknown_symbol_is_answered_with_suggestions(chat):
    await chat.say("/new")
    await chat.tap("Spot")
    await chat.say("SOLX")
    assert "“SOLX”" in chat.text
    assert "SOLUSDT" in chat.text
    await chat.tap("SOLUSDT")
    assert "Which plan" in chat.text
    await chat.tap("Back")
    await chat.say("<b>&")
    assert "“<b>&”" in chat.text


async def test_back_leads_through_every_step_and_cancel_ends_it(chat):
    await to_summary(chat)
    numbers = []
    for _ in range(13):
        numbers.append(int(chat.text.split("/9")[0].split("·")[-1]))
        assert any("Cancel" in label for label in chat.labels)
        await chat.tap("Back")
    assert numbers == [9, 9, 8, 7, 6, 6, 6, 5, 4, 4, 4, 3, 2]
    await chat.tap("Cancel")
    assert chat.toast == "Cancelled."
    assert await drafts.load(chat.ctx.office, chat.ctx.account) is None


async def test_a_command_leaves_the_draft_and_home_continues_it(chat):
    await to_size(chat)
    await chat.say("/bots")
    await chat.say("/home")
    assert "half finished" in chat.text
    await chat.tap("Continue")
    assert "5/9" in chat.text
    await chat.say("/new")
    await chat.tap("Start over")
    assert "1/9" in chat.text


async def test_cancel_works_in_every_step(chat):
    await to_size(chat)
    await chat.say("/cancel")
    assert "Cancelled." in chat.text
    assert await drafts.load(chat.ctx.office, chat.ctx.account) is None
    await chat.say("/cancel")
    assert "nothing to cancel" in chat.text


async def test_a_restart_in_the_middle_loses_nothing(tmp_path):
    async with office_at(tmp_path) as office:
        chat = await to_size(Chat(office, await account_of(office)))
        button = chat.button("50")
    async with office_at(tmp_path) as office:
        chat = Chat(office, chat.ctx.account)
        await chat.press(button)
        assert "6/9" in chat.text
        await chat.say("2")
        assert "Take profit" in chat.text


async def test_a_button_of_an_earlier_question_does_nothing(chat):
    await to_size(chat)
    old = chat.button("50")
    await chat.tap("25")
    before = await drafts.load(chat.ctx.office, chat.ctx.account)
    await chat.press(old)
    assert chat.toast.startswith("The screen was old")
    assert await drafts.load(chat.ctx.office, chat.ctx.account) == before


async def test_the_summary_changes_one_answer_and_comes_back(chat):
    await to_summary(chat)
    await chat.tap("✏ Stop")
    await chat.say("2.5")
    assert "Stop: −2.5 %" in chat.text
    await chat.tap("✏ Strategy")
    await chat.tap("EMA/RSI")
    await chat.tap("Next")
    assert "Check and create" in chat.text


async def test_a_name_is_used_once(office, chat):
    await (await to_summary(chat)).tap("Create stopped")
    await to_summary(chat)
    await chat.tap("✏ Name")
    first = (await bots_of(office, chat))[0].config.name
    await chat.say(first.upper())
    assert "taken" in chat.text
    await chat.tap("Next")
    await chat.tap("Create stopped")
    names = [bot.config.name for bot in await bots_of(office, chat)]
    assert len({name.casefold() for name in names}) == 2


async def test_raising_the_capital_widens_the_range(chat):
    await to_size(chat)
    await chat.tap("Capital")
    await chat.say("5000")
    await chat.tap("500")
    assert "6/9" in chat.text


async def test_a_viewer_may_not_make_bots(chat):
    chat.as_role(Role.VIEWER)
    await chat.press("w:new::")
    assert "not change" in chat.toast


async def test_without_a_price_the_range_is_still_quoted(office, chat):
    office.prices[office.public].books.clear()
    await to_size(chat)
    assert "Price –" in chat.text
    await chat.say("3")
    assert "“3” is outside of 5 to 100 USDT" in chat.text


async def test_every_button_of_the_conversation_fits_callback_data(chat):
    await to_summary(chat)
    for row in chat.screen.rows:
        for button in row:
            assert decode(button.data) is not None


async def test_a_parked_draft_comes_back_as_it_was(chat):
    await to_summary(chat)
    draft = await drafts.load(chat.ctx.office, chat.ctx.account)
    back = unpark(draft.owner_id, park(draft), draft.updated_at)
    assert (back.step, back.data) == (SUMMARY, draft.data)
    assert back.step in ORDER


async def test_two_averages_that_do_not_fit_are_named_in_words(chat):
    await chat.say("/new")
    for label in ("Spot", "BTCUSDT", "My own", "1m", "EMA/RSI", "Fast EMA"):
        await chat.tap(label)
    await chat.say("50")
    assert "“50” must be below Slow EMA (21)" in chat.text
    await chat.tap("Next")
    assert "Oversold: 35" in "".join(chat.labels)
    assert "35.0" not in "".join(chat.labels)


@pytest.mark.parametrize("ref", ["param.nope", "nonsense", "key", "summary", "size", ""])
async def test_a_forged_jump_still_ends_at_a_question(chat, ref):
    await to_size(chat)
    revision = chat.button("Back").rpartition(":")[2]
    await chat.press(f"w:at:{ref}:{revision}")
    assert "/9" in chat.text
    await chat.say("/cancel")
