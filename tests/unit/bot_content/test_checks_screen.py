"""Why a bot would not enter now, as the chat shows it."""

import pytest

from engine.core.checks import CHECKS, Checked, Outcome, Refused
from engine.core.signal import Action, Signal
from tests.unit.services.market import started


def passing(**but):
    """Every check passed, but for some."""
    found = []
    for name, _ in CHECKS:
        refused = but.get(name)
        outcome = Outcome.PASSED
        if refused is not None:
            outcome = Outcome.UNKNOWN if refused.unknown else Outcome.REFUSED
        found.append(Checked(name, outcome, refused))
    return tuple(found)


async def shown(chat, bot):
    await chat.press(f"b:card:{bot.public_id}:")
    await chat.tap("🔎 Why no entry?")
    return chat.text.splitlines()


async def test_what_refuses_and_what_nobody_knows_stand_before_what_passed(office, chat):
    bot = await started(office, chat.ctx.account)
    office.insight.decisions[bot.id] = Signal(Action.HOLD, 0, 1.0, "no_cross", {"rsi": 50.0})
    office.insight.checked[bot.id] = passing(
        daily_trades=Refused("daily_trades", "10", "10"),
        exposure=Refused("exposure", "500", "unknown"),
    )
    lines = await shown(chat, bot)
    assert lines[0] == "🔎 BTC trend: would it enter now?"
    assert lines[1].startswith("Its strategy: no cross")
    assert lines[2].startswith("❔ exposure in all: what your bots hold counts (limit 500)")
    assert lines[3] == "❌ trades of the day: daily trades: 10 of 10"
    assert lines[4].startswith("✅ running · mode · ")
    assert "trades of the day" not in lines[4]


async def test_a_bot_that_may_enter_says_so(office, chat):
    bot = await started(office, chat.ctx.account)
    office.insight.checked[bot.id] = passing()
    lines = await shown(chat, bot)
    assert lines[1] == "✅ Nothing holds it back: it enters on the next signal."
    await chat.tap("‹ Back")
    assert "BTC trend · PAPER" in chat.text


async def test_too_little_known_is_said_and_nothing_else(office, chat):
    bot = await started(office, chat.ctx.account)
    assert (await shown(chat, bot))[-1].startswith("Too little is known yet")


@pytest.mark.parametrize("name", [name for name, _ in CHECKS])
async def test_every_check_can_be_told(office, chat, name):
    bot = await started(office, chat.ctx.account)
    office.insight.checked[bot.id] = passing(**{name: Refused(name, "1", "2")})
    lines = await shown(chat, bot)
    assert any(line.startswith("❌ ") for line in lines)
