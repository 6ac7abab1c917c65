"""Alerts are drawn whatever figures they bring."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions import decode
from bot.texts import Texts
from bot.views.alerts import draw
from engine.core.events import Alert, AlertKind, OutboxRow, OutboxState
from tests.unit.bot_content.chat import WIDTH, labels, plain

TEXTS = Texts()
BASE = {"bot": "BTC <b>trend", "symbol": "BTCUSDT", "base": "BTC", "quote": "USDT"}
FULL = {
    AlertKind.ENTERED: {
        "qty": "0.0152",
        "price": "64210",
        "cost": "975.992",
        "stop": "63568",
        "target": "65494",
        "fee": "0.98 USDT",
        "mode": "paper",
        "signal_reason": "ema_cross_up",
        "why_ema_fast": "64210.53",
        "why_ema_slow": "64190.10",
        "why_rsi": "58.30",
    },
    AlertKind.EXITED: {
        "qty": "0.0152",
        "entry": "64210",
        "exit": "65494.2",
        "net": "17.5512",
        "percent": "1.8",
        "reason": "TAKE_PROFIT",
        "minutes": "131",
        "fees": "1.97 USDT",
        "mode": "live",
        "dust": "0.000001",
    },
    AlertKind.BOT_PAUSED: {
        "why": "check.daily_loss",
        "limit": "5",
        "measured": "5.2",
        "until": "00:00 UTC",
    },
    AlertKind.ENTRY_REFUSED: {"check": "too_small", "limit": "7", "measured": "5"},
    AlertKind.POSITION_NAKED: {"qty": "1", "problem": "alarm.close_refused", "mode": "paper"},
    AlertKind.ORDER_SETTLED: {"outcome": "not_placed"},
    AlertKind.KEY_REFUSED: {"label": "main", "code": "-2015", "message": "Invalid <key>"},
}

NAMES = [
    *("bot", "net", "percent", "minutes", "until", "why", "check", "reason", "dust", "n"),
    *("key", "self", "text_key", "side", "mode", "outcome", "problem", "signal_reason"),
]


def row(kind, params=None, attempts=1, bot_id=7, trade_ref=9):
    alert = Alert(1, kind, "x", bot_id, trade_ref, params or {})
    return OutboxRow(31, alert, OutboxState.CLAIMED, attempts, 0, 0)


@pytest.mark.parametrize("kind", AlertKind)
def test_missing_figures_are_dashes(kind):
    screen = draw(row(kind), TEXTS)
    assert "–" in screen.text or kind is AlertKind.RESTARTED
    assert "#31" in screen.text
    assert screen.fresh


@given(
    st.sampled_from(AlertKind),
    st.dictionaries(
        st.sampled_from(NAMES),
        st.text(max_size=20),
    ),
)
def test_no_figure_can_stop_an_alert(kind, params):
    assert draw(row(kind, params), TEXTS).text


def test_an_entry_says_what_was_bought_and_why():
    text = plain(draw(row(AlertKind.ENTERED, BASE | FULL[AlertKind.ENTERED]), TEXTS))
    assert text.splitlines() == [
        "🟢 Bought BTC for 975.99 USDT",
        "0.0152 BTC at 64210",
        "stop 63568 · target 65494",
        "fee 0.98 USDT",
        "why: EMA crossed up, RSI 58.3",
        "BTC <b>trend · PAPER · #31",
    ]


def test_an_exit_says_profit_with_its_sign():
    text = plain(draw(row(AlertKind.EXITED, BASE | FULL[AlertKind.EXITED]), TEXTS))
    assert "profit +17.55 USDT" in text
    assert "take profit after 2 h 11 min · +1.8 %" in text
    assert "🔴 LIVE" in text
    loss = BASE | FULL[AlertKind.EXITED] | {"net": "-3.5", "percent": "-1.25"}
    text = plain(draw(row(AlertKind.EXITED, loss), TEXTS))
    assert "loss −3.5 USDT" in text
    assert "−1.25 %" in text


@pytest.mark.parametrize("kind", [AlertKind.ENTERED, AlertKind.EXITED])
def test_a_trade_is_read_at_a_glance(kind):
    lines = plain(draw(row(kind, BASE | FULL[kind]), TEXTS)).splitlines()
    assert not [line for line in lines if len(line) > WIDTH]


def test_a_pause_says_until_when_and_why():
    text = plain(draw(row(AlertKind.BOT_PAUSED, BASE | FULL[AlertKind.BOT_PAUSED]), TEXTS))
    assert "paused until 00:00 UTC" in text
    assert "daily loss 5.2, limit 5" in text


def test_a_repeat_carries_the_same_number_and_says_so():
    assert "#31 · repeated" in draw(row(AlertKind.BOT_RESUMED, BASE, attempts=2), TEXTS).text


@pytest.mark.parametrize("kind", AlertKind)
def test_buttons_name_the_bot_and_open_new_messages(kind):
    screen = draw(row(kind, BASE | FULL.get(kind, {})), TEXTS)
    for line in screen.rows:
        for button in line:
            action = decode(button.data)
            assert action.verb == "open" or action.ref.startswith("id.7")


def test_entry_and_exit_have_their_buttons():
    assert labels(draw(row(AlertKind.ENTERED), TEXTS)) == ["🤖 Card", "✖ Close position…"]
    assert "📋 Trades" in labels(draw(row(AlertKind.EXITED), TEXTS))
