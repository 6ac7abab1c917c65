"""Bot list, card and its buttons, as the chat shows them."""

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.core.account import Role
from engine.core.bot_config import Mode
from engine.core.bot_state import BotState
from engine.core.checks import DayCount, Refused
from engine.core.market import StreamState
from engine.core.position import ExitReason, PositionState
from engine.core.signal import Action, Signal
from tests.fakes.office import account_of, office_at
from tests.unit.bot_content.chat import WIDTH, Chat
from tests.unit.services.market import close_flat, hold, new_bot, open_position, started


async def on_card(chat, bot):
    await chat.press(f"b:card:{bot.public_id}:")
    return chat


async def state_of(office, bot):
    async with office.storage.system() as unit:
        return (await unit.bots.get(bot.id)).state


def said(office, bot, action, reason, back=2):
    at = bot.config.timeframe.open_time(office.clock.now_ms()) - back * bot.config.timeframe.ms
    values = {"ema_fast": 60123.456, "ema_slow": 60100.0, "rsi": 58.31}
    return Signal(action, at, 60123.0, reason, values)


async def test_a_card_shows_the_position_and_everything_around_it(office, chat):
    bot = await started(office, chat.ctx.account, max_daily_loss=Decimal(5))
    await hold(office, bot)
    office.insight.streams[bot.id] = StreamState.LIVE
    async with office.storage.system() as unit:
        signal = said(office, bot, Action.BUY, "ema_cross_up", 5)
        await unit.signals.add(bot.id, signal, "entry", None)
        await unit.counters.add(bot.id, DayCount("2026-05-29", 3, 2, Decimal("14.7")))
        await unit.commit()
    office.insight.decisions[bot.id] = said(office, bot, Action.HOLD, "no_cross")
    await on_card(chat, bot)
    lines = chat.text.splitlines()
    assert lines[0] == "🟢 BTC trend · PAPER"
    assert "LONG 0.001 BTC at 59500, 2 min" in lines
    assert lines[lines.index("now 60000") + 1] == "profit +0.5 USDT (+0.84 %)"
    assert "stop 59000 · target 62000" in lines
    assert "today 3 of 10 trades, +14.7 USDT" in lines
    assert "pauses for the day at −5 USDT" in lines
    said_last = lines.index("last signal BUY at 11:56 UTC:")
    assert lines[said_last + 1] == "EMA crossed up, RSI 58.3"
    looked_last = lines.index("last candle at 11:59 UTC:")
    assert lines[looked_last + 1] == "no cross, EMA 60123.5 / 60100, RSI 58.3"
    assert not [line for line in lines if len(line) > WIDTH]


async def test_a_refused_signal_says_which_check(office, chat):
    bot = await started(office, chat.ctx.account)
    async with office.storage.system() as unit:
        signal = said(office, bot, Action.BUY, "ema_cross_up")
        await unit.signals.add(bot.id, signal, "refused", Refused("daily_trades", "10", "10"))
        await unit.commit()
    await on_card(chat, bot)
    assert "not followed: daily trades: 10 of 10" in chat.text


async def test_without_a_price_no_result_is_shown(office, chat):
    bot = await started(office, chat.ctx.account)
    await hold(office, bot)
    office.prices[office.public].books.clear()
    await on_card(chat, bot)
    assert "no price heard yet" in chat.text
    await chat.say("/home")
    assert "waiting for a price" in chat.text


async def test_a_flat_bot_starts_and_stops_by_one_tap(office, chat):
    bot = await new_bot(office, chat.ctx.account)
    await on_card(chat, bot)
    await chat.tap("Start")
    assert chat.toast == "Started"
    assert await state_of(office, bot) is BotState.WAITING
    await chat.tap("Stop")
    assert chat.toast == "Stopped"
    assert await state_of(office, bot) is BotState.STOPPED


@pytest.mark.parametrize(
    ("label", "state", "guarded"),
    [
        ("Leave", PositionState.OPEN, True),
        ("Close at market", PositionState.CLOSING, True),
        ("Keep", PositionState.OPEN, False),
    ],
)
async def test_a_holding_bot_asks_how_to_stop(office, chat, label, state, guarded):
    bot = await started(office, chat.ctx.account)
    await hold(office, bot)
    await on_card(chat, bot)
    await chat.tap("Stop…")
    assert "+0.5 USDT profit" in chat.text
    await chat.tap(label)
    position = await open_position(office, bot)
    assert (position.state, position.guarded) == (state, guarded)
    assert await state_of(office, bot) is BotState.STOPPED


async def test_closing_asks_and_then_says_that_it_closes(office, chat):
    bot = await started(office, chat.ctx.account)
    await hold(office, bot)
    await on_card(chat, bot)
    await chat.tap("Close position")
    await chat.tap("Yes, sell 0.001 BTC")
    assert "closing at market: closed by hand" in chat.text
    assert not any("Close position" in label for label in chat.labels)


async def test_a_close_button_of_an_earlier_position_does_nothing(office, chat):
    bot = await started(office, chat.ctx.account)
    first = await hold(office, bot)
    await on_card(chat, bot)
    await chat.tap("Close position")
    old = chat.button("Yes, sell")
    await close_flat(office, first)
    second = await hold(office, bot, decision=2)
    await chat.press(old)
    assert chat.toast.startswith("The screen was old")
    position = await open_position(office, bot)
    assert (position.id, position.state) == (second.id, PositionState.OPEN)


async def test_every_old_button_only_refreshes(office, chat):
    bot = await new_bot(office, chat.ctx.account)
    await on_card(chat, bot)
    start, delete = chat.button("Start"), chat.button("Delete")
    await chat.press(start)
    for data in (
        start,
        delete,
        f"b:delete_yes:{bot.public_id}:",
        f"b:stop_close:{bot.public_id}:",
    ):
        await chat.press(data)
        assert chat.toast.startswith("The screen was old")
    assert await state_of(office, bot) is BotState.WAITING


async def test_deleting_asks_first(office, chat):
    bot = await new_bot(office, chat.ctx.account)
    await on_card(chat, bot)
    await chat.tap("Delete")
    await chat.tap("Yes, delete")
    assert chat.toast == "Deleted"
    assert "No bots yet" in chat.text
    await on_card(chat, bot)
    assert "not there any more" in chat.toast


async def test_a_live_bot_asks_before_real_money(tmp_path):
    async with office_at(tmp_path) as office:
        chat = Chat(office, await account_of(office))
        bot = await new_bot(office, chat.ctx.account)
        async with office.storage.system() as unit:
            live = bot.config.model_copy(update={"mode": Mode.LIVE, "key_id": 1})
            await unit.bots.save(replace(bot, config=live))
            await unit.commit()
        await on_card(chat, bot)
        assert "🔴 LIVE" in chat.text
        await chat.tap("Start")
        assert "real money" in chat.text
        await chat.tap("Yes, trade real money")
        assert "does not allow live" in chat.toast


async def test_the_list_has_pages_of_six_and_a_filter(office, chat):
    for number in range(8):
        await new_bot(office, chat.ctx.account, name=f"bot {number}")
    await chat.say("/bots")
    assert "8 · page 1/2" in chat.text
    assert "bot 5" in chat.text
    assert "bot 6" not in chat.text
    await chat.tap("›")
    assert "bot 7" in chat.text
    await chat.tap("Filter: all")
    assert "No bot passes this filter" in chat.text
    await chat.press("b:list:nonsense.99999999:")
    assert "page 2/2" in chat.text


async def test_a_viewer_sees_and_cannot_act(office, chat):
    bot = await started(office, chat.ctx.account)
    await hold(office, bot)
    chat.as_role(Role.VIEWER)
    await on_card(chat, bot)
    assert not any(word in " ".join(chat.labels) for word in ("Stop", "Close", "Delete"))
    await chat.press(f"b:stop:{bot.public_id}:")
    assert "not change it" in chat.toast


async def test_an_alerts_buttons_open_new_messages(office, chat):
    bot = await started(office, chat.ctx.account)
    await hold(office, bot)
    for data in (f"b:card:id.{bot.id}:", f"b:close:id.{bot.id}:", f"t:list:id.{bot.id}.0:"):
        await chat.press(data)
        assert chat.screen.fresh


async def test_trades_are_listed_and_shown_with_their_books(office, chat):
    bot = await started(office, chat.ctx.account)
    for number in range(8):
        await close_flat(office, await hold(office, bot, decision=number + 1))
    await chat.say("/trades")
    assert "1. BTC +1.5 USDT (+2.52 %)\ntake profit, 2026-05-29" in chat.text
    await chat.tap("›")
    assert "page 2" in chat.text
    await chat.tap("7. BTC +1.5")
    assert "profit +1.5 USDT" in chat.text
    assert "59500 → 61000" in chat.text
    await close_flat(office, await hold(office, bot, decision=20), "58000", ExitReason.STOP_LOSS)
    await chat.press(f"t:list:{bot.public_id}.0:")
    assert "−1.5 USDT (−2.52 %)\nstop loss" in chat.text


async def test_home_adds_up_paper_equity_exactly(office, chat):
    bot = await started(office, chat.ctx.account)
    await close_flat(office, await hold(office, bot))
    await hold(office, bot, decision=2)
    await chat.say("/home")
    assert "Paper equity 1002 USDT" in chat.text
    assert "1 running" in chat.text
    assert "Open: 1 position, +0.5 USDT profit" in chat.text
    assert "Exchange: connected" in chat.text


async def test_home_names_what_needs_a_look(office, chat):
    bot = await started(office, chat.ctx.account)
    async with office.storage.system() as unit:
        figures = {"label": "main", "code": "-2015", "message": "<bad> key"}
        failed = replace(bot, state=BotState.ERROR, why="why.key_refused", why_params=figures)
        await unit.bots.save(failed)
        await unit.commit()
    office.insight.streams[bot.id] = StreamState.STALE
    await chat.say("/home")
    assert "BTC trend: the exchange refused key main (-2015): <bad> key" in chat.text
    assert "1 of 1 price streams is down" in chat.text
    await chat.say("/status")
    assert "silent, reconnecting" in chat.text
    await chat.say("/help")
    assert "/cancel" in chat.text
    await chat.say("hello")
    assert "did not expect text" in chat.text
