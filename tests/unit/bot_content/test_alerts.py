"""Alerts are drawn whatever figures they bring."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions import decode
from bot.texts import Texts
from bot.views.alerts import draw
from bot.views.problems import reason, refusal
from engine.core.events import Alert, AlertKind, OutboxRow, OutboxState
from engine.core.position import ExitReason
from engine.core.scene import ExitChange
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
    AlertKind.EXIT_CHANGED: {
        "step": "target_watched",
        "price": "65494",
        "code": "-1111",
        "message": "Precision <is> over",
        "mode": "live",
    },
    AlertKind.FOREIGN_CLOSE: {
        "qty": "0.0152",
        "price": "60000",
        "reason": "LIQUIDATION",
        "mode": "live",
    },
    AlertKind.STOP_MOVED: {"stop": "64000", "was": "63568", "mode": "paper"},
    AlertKind.POSITION_DRIFT: {"ours": "0.0152", "theirs": "0"},
    AlertKind.EXCHANGE_STOPPED: {"market": "futures", "code": "418", "until": "12:05:00 UTC"},
    AlertKind.STRAY_ORDER: {"id": "sk1-1-1-s1"},
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


def test_a_key_that_futures_refused_is_said_to_go_on_with_spot():
    params = FULL[AlertKind.KEY_REFUSED] | {"market": "futures"}
    text = plain(draw(row(AlertKind.KEY_REFUSED, params), TEXTS))
    assert "Key main was refused on futures" in text
    assert "spot goes on" in text


def test_a_short_is_sold_short_and_bought_back():
    short = {"market": "futures", "side": "short", "leverage": "5"}
    lines = plain(draw(row(AlertKind.ENTERED, BASE | FULL[AlertKind.ENTERED] | short), TEXTS))
    assert lines.startswith("🟢 Sold short BTC for 975.99 USDT")
    assert "SHORT 5× futures" in lines.splitlines()
    left = BASE | FULL[AlertKind.EXITED] | short | {"funding": "-0.031"}
    text = plain(draw(row(AlertKind.EXITED, left), TEXTS))
    assert text.startswith("📈 Bought back BTC: profit")
    assert "funding −0.031 USDT" in text
    liquidated = plain(draw(row(AlertKind.EXITED, left | {"reason": "LIQUIDATION"}), TEXTS))
    assert "funding and liquidation fee −0.031 USDT" in liquidated
    spot = short | {"market": "spot", "side": "long", "leverage": "1"}
    text = plain(draw(row(AlertKind.EXITED, BASE | FULL[AlertKind.EXITED] | spot), TEXTS))
    assert text.startswith("📈 Sold BTC: profit")
    assert "futures" not in text


@pytest.mark.parametrize("step", list(ExitChange))
def test_each_rung_of_the_ladder_says_what_was_refused_and_what_is_done(step):
    params = BASE | FULL[AlertKind.EXIT_CHANGED] | {"step": step.value}
    first, second, *_ = plain(draw(row(AlertKind.EXIT_CHANGED, params), TEXTS)).splitlines()
    assert first.endswith("(-1111): Precision <is> over")
    done = {
        ExitChange.STOP_CLAMPED: "as far as it allows instead: 65494",
        ExitChange.TARGET_WATCHED: "watches the price and closes there itself",
        ExitChange.STOP_WATCHED: "tries again",
        ExitChange.CLOSING: "closed at market now",
    }
    assert done[step] in second


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("LIQUIDATION", "liquidated 0.0152 BTC at 60000"),
        ("ADL", "deleveraged 0.0152 BTC"),
        ("SETTLEMENT", "settled 0.0152 BTC"),
        ("EXTERNAL", "by no order of Skipper"),
        ("{0}", "0.0152 BTC went at 60000 USDT ({0})"),
    ],
)
def test_a_foreign_close_names_who_closed(who, words):
    params = BASE | FULL[AlertKind.FOREIGN_CLOSE] | {"reason": who}
    assert words in plain(draw(row(AlertKind.FOREIGN_CLOSE, params), TEXTS))


def test_drift_trailing_and_a_stopped_exchange_are_told_with_their_figures():
    drift = BASE | FULL[AlertKind.POSITION_DRIFT]
    assert "Ours 0.0152 BTC, the exchange's 0 BTC" in plain(
        draw(row(AlertKind.POSITION_DRIFT, drift), TEXTS)
    )
    moved = draw(row(AlertKind.STOP_MOVED, BASE | FULL[AlertKind.STOP_MOVED]), TEXTS)
    assert "stop 63568 → 64000 USDT" in plain(moved)
    assert moved.silent
    stopped = draw(row(AlertKind.EXCHANGE_STOPPED, FULL[AlertKind.EXCHANGE_STOPPED]), TEXTS)
    assert "(Futures, 418) until 12:05:00 UTC" in plain(stopped)


def test_what_was_measured_may_have_words_of_its_own():
    assert refusal("symbol_free", "0", "ETH bot", TEXTS).startswith("ETH bot holds it")
    assert refusal("symbol_free", "0", "drift", TEXTS) == "books and exchange disagree on it"
    assert "has not said" in refusal("leverage", "10", "unknown", TEXTS)
    assert refusal("leverage", "20", "50", TEXTS) == "leverage 50, the exchange allows 20"
    why = {"symbol": "BTCUSDT", "reason": "LIQUIDATION"}
    told = reason("why.exchange_closed", why, TEXTS)
    assert told == "the exchange closed its BTCUSDT position: liquidation"


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


@pytest.mark.parametrize("reason", ExitReason, ids=lambda reason: reason.value)
@pytest.mark.parametrize(("net", "word"), [("1.5", "profit"), ("-1.5", "loss"), ("0", "even")])
def test_each_reason_of_an_exit_is_told_in_words_with_result_and_duration(reason, net, word):
    figures = FULL[AlertKind.EXITED] | {"reason": reason.value, "net": net, "minutes": "61"}
    told = draw(row(AlertKind.EXITED, figures), TEXTS).text
    assert f"{TEXTS.plain(f'exit.{reason.value}')} after 1 h 1 min" in told
    assert word in told
    assert reason.value not in told


def test_a_position_that_ends_soon_offers_more_time_twice_and_names_its_end():
    figures = {"minutes": "5", "at": "1780000000123", "more": "30", "qty": "0.1", "mode": "paper"}
    screen = draw(row(AlertKind.EXPIRING, figures, trade_ref=7), TEXTS)
    assert "in 5 min" in screen.text
    assert [(b.text, b.data) for b in screen.rows[0]] == [
        ("⏱ 30 min more", "o:extend:7.1780000000:"),
        ("⏱ 15 min more", "o:extend_bit:7.1780000000:"),
    ]


def test_a_pause_of_all_bots_says_which_why_and_until_when():
    figures = {
        "book": "keyed", "why": "check.drawdown", "limit": "10", "measured": "12.5",
        "until": "1780000000000",
    }  # fmt: skip
    told = draw(row(AlertKind.ACCOUNT_PAUSED, figures), TEXTS).text
    assert "bots on an exchange account" in told
    assert "2026-05-28 20:26 UTC" in told
    assert "drawdown 12.5 %, limit 10 %" in told
