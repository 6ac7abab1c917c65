"""What the chat shows of a model's verdicts, and of a bot beside its twin."""

from dataclasses import replace
from decimal import Decimal
from typing import get_args

import pytest

from bot.actions import decode
from bot.views.alerts import draw
from engine.core.account import Role
from engine.core.analysis import Analysis, Twin
from engine.core.errors import NotFound
from engine.core.events import Alert, AlertKind, OutboxRow, OutboxState
from engine.core.signal import Action
from engine.ports.advisor import AdvisorTerms
from engine.services import analyses as service
from engine.services.analyses import _part
from engine.strategies.ai.answer import Problem
from tests.fakes.clock import NOON
from tests.fakes.office import account_of, office_at
from tests.unit.bot_content.chat import TEXTS, Chat
from tests.unit.services.market import close_flat, hold, started

REPLIES = {
    *("timeout", "unreachable", "limited", "refused", "server", "too_large", "no_answer"),
    *("cut", "blocked"),
}
REASONS = {
    *("buy", "sell", "hold", "unsure", "off", "no_setup", "idle", "resting", "again"),
    *("unstored", "budget_spacing", "budget_user", "budget_all"),
}
OWN_EXITS = {"asked", "missing", "entry", "side", "stop", "target", "reward", "liquidation"}


@pytest.fixture
async def office(tmp_path):
    terms = AdvisorTerms("gemini", "flash", 200)
    async with office_at(tmp_path, ai=terms) as opened:
        yield opened


@pytest.fixture
async def bot(office, chat):
    return await started(office, chat.ctx.account, strategy="ai")


async def analysed(office, bot, back=1, **changes):
    said = Analysis(
        0, bot.owner_id, _part(bot), ":".join(bot.config.stream), NOON - back * 60_000,
        NOON - back * 60_000 + 61_000, "gemini", "flash", '{"price":60000}', '{"signal":"BUY"}',
        Action.BUY, 72, "Volume <b>rises</b>", "", 3000, 100, Decimal("0.00115"), 2340,
        {"asked": "BUY", "confidence": "92", "losing": "20", "least": "60", "exits": "0.5 / 1"},
    )  # fmt: skip
    async with office.storage.system() as unit:
        made = await unit.analyses.add(replace(said, **changes))
        await unit.commit()
    return made


def test_every_outcome_and_every_rule_has_its_text():
    reasons = REASONS | {f"problem_{name}" for name in (*REPLIES, *get_args(Problem))}

    assert not [name for name in reasons if not TEXTS.has(f"signal.ai_{name}")]
    assert not [name for name in OWN_EXITS if not TEXTS.has(f"own_exits.{name}")]


async def test_only_the_card_of_an_ai_bot_asks_why(office, chat, bot):
    other = await started(office, chat.ctx.account, name="Plain")

    await chat.press(f"b:card:{other.public_id}:")
    assert "🤔 Why?" not in chat.labels
    await chat.press(f"b:card:{bot.public_id}:")
    assert "🤔 Why?" in chat.labels


async def test_a_bot_that_was_not_asked_yet_says_so(chat, bot):
    await chat.press(f"b:card:{bot.public_id}:")
    await chat.tap("Why?")

    assert "It has not been asked yet." in chat.text
    assert "Today 0 of 200 calls" in chat.text


async def test_verdicts_are_listed_with_the_days_calls_and_their_cost(office, chat, bot):
    await analysed(office, bot, 2)
    await analysed(office, bot, 1, action=Action.HOLD, problem="timeout", notes={}, answer="")
    await chat.press(f"ai:list:{bot.public_id}.0:")

    assert "Today 2 of 200 calls, about $0.0023" in chat.text
    assert "1. 2026-05-29 12:00 UTC the AI did not answer in time" in chat.text
    assert "said BUY with confidence 92: 72 counted, 60 needed" in chat.text


async def test_one_verdict_names_every_rule_that_had_a_say(office, chat, bot):
    await analysed(office, bot, notes={
        "asked": "BUY", "confidence": "92", "losing": "20", "least": "85", "half": "0.5",
        "own_exits": "reward",
    }, action=Action.HOLD)  # fmt: skip
    await chat.press(f"ai:list:{bot.public_id}.0:")
    await chat.tap("1. ")

    assert "only 72 counted, 85 needed" in chat.text
    assert "− 20 points: the last 5 trades all lost" in chat.text
    assert "size × 0.5" in chat.text
    assert "its target is out of proportion to its stop" in chat.text
    assert "flash, 2.3 s, 3100 tokens, about $0.0012" in chat.text


async def test_the_models_words_are_shown_and_never_interpreted(office, chat, bot):
    made = await analysed(office, bot)
    await chat.press(f"ai:one:{bot.public_id}.{made.id}:")

    assert "Volume &lt;b&gt;rises&lt;/b&gt;" in chat.screen.text


async def test_question_and_answer_are_there_piece_by_piece(office, chat, bot):
    prompt = "x" * 3000 + "<&\x00y"
    made = await analysed(office, bot, prompt=prompt, answer="an answer")
    await chat.press(f"ai:one:{bot.public_id}.{made.id}:")
    seen = [(await chat.tap("Question and answer")).text]
    while "›" in chat.labels:
        seen.append((await chat.tap("›")).text)

    assert [text.splitlines()[0] for text in seen] == [
        "📄 1 of 3 · the question",
        "📄 2 of 3 · the question",
        "📄 3 of 3 · the answer",
    ]
    assert seen[1].splitlines()[1] == "<&·y"
    await chat.tap("Back")
    assert "said BUY" in chat.text


async def test_pieces_fit_into_a_message_however_much_is_escaped(office, chat, bot):
    made = await analysed(office, bot, answer="&" * 8_000)
    for number in range(4):
        await chat.press(f"ai:text:{bot.public_id}.{made.id}.{number}:")
        assert len(chat.text) <= 4096


async def test_a_page_too_far_shows_the_last_one(office, chat, bot):
    made = await analysed(office, bot)
    await chat.press(f"ai:text:{bot.public_id}.{made.id}.999:")

    assert "2 of 2 · the answer" in chat.text


async def test_nobody_sees_the_verdicts_of_others(office, chat, bot):
    made = await analysed(office, bot)
    stranger = Chat(office, await account_of(office, 77, Role.TRADER))

    await stranger.press(f"ai:one:{bot.public_id}.{made.id}:")
    assert stranger.screen is None
    with pytest.raises(NotFound):
        await service.page(office, stranger.ctx.account, bot.public_id, 0)


async def test_buttons_of_a_large_number_fit(office, chat, bot):
    await analysed(office, bot)
    await chat.press(f"ai:list:{bot.public_id}.0:")
    action = decode(chat.button("1. "))

    assert len(f"{action.ref}") < 20


async def test_the_card_holds_the_bot_against_its_twin(office, chat, bot):
    twin = Twin(bot.id, bot.owner_id, NOON - 60_000, trades=3, wins=2, net_percent=Decimal("1.5"))
    async with office.storage.system() as unit:
        await unit.twins.put(twin)
        await unit.commit()
    await close_flat(office, await hold(office, bot))
    await chat.press(f"b:card:{bot.public_id}:")

    assert "⚖ Since 2026-05-29 11:59 UTC" in chat.text
    assert "with the AI: 1 trade, 100 % won," in chat.text
    assert "without it: 3 trades, 67 % won, +1.5 %" in chat.text


def test_an_entry_alert_carries_the_models_words_escaped():
    params = {"signal_reason": "ai_buy", "why_confidence": "80.00", "why_least": "60.00"}
    said = params | {"words": "Up <a href='x'>now</a> & on"}
    alert = Alert(1, AlertKind.ENTERED, "entered:7", params=said)
    row = OutboxRow(7, alert, OutboxState.CLAIMED, 1, 0, 0)

    text = draw(row, TEXTS).text

    assert "🤖 “Up &lt;a href='x'&gt;now&lt;/a&gt; &amp; on”" in text
    assert "the AI says BUY, confidence 80 of 60" in text
