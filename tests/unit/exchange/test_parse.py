"""The exchange's own samples and odd variants of them, read into our objects."""

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.market import Market, Timeframe
from engine.core.order import OrderEvent
from engine.exchange.binance import parse
from engine.exchange.binance.ask import Product
from engine.exchange.binance.errors import Unreadable
from engine.exchange.binance.limits import limits_told
from engine.exchange.binance.streams import stream_names
from engine.ports.account import Balance
from engine.ports.market import BookEvent, CandleEvent
from engine.ports.trader import BalanceEvent

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "exchange"
with_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="the samples are not here")

PLACED = {
    "symbol": "BTCUSDT", "orderId": 28, "orderListId": -1, "clientOrderId": "sk1-1-1-e0",
    "transactTime": 1507725176595, "price": "0.00000000", "origQty": "10.00000000",
    "executedQty": "10.00000000", "cummulativeQuoteQty": "39995.00", "status": "FILLED",
    "fills": [
        {"price": "4000", "qty": "9", "commission": "0.0012", "commissionAsset": "BNB",
         "tradeId": 56},
        {"price": "3995", "qty": "1", "commission": "0.001", "commissionAsset": "BTC",
         "tradeId": 57},
    ],
}  # fmt: skip
TRADED = {
    "e": "executionReport", "s": "BTCUSDT", "c": "sk1-1-1-e0", "C": "", "x": "TRADE",
    "X": "PARTIALLY_FILLED", "r": "NONE", "i": 7, "l": "0.5", "z": "0.7", "L": "100", "n": "0.01",
    "N": "BNB", "T": 99, "t": 3, "Z": "70",
}  # fmt: skip


def test_an_answer_with_fills_keeps_every_commission_in_its_own_asset():
    report = parse.order_report(PLACED)
    assert (report.event, report.exchange_id) == (OrderEvent.FILL, "28")
    assert (report.filled_qty, report.filled_quote) == (10, Decimal("39995.00"))
    assert [(f.trade_id, f.commission_asset) for f in report.fills] == [
        ("56", "BNB"),
        ("57", "BTC"),
    ]


def test_a_cancelled_order_is_named_by_its_own_id_not_the_cancels():
    raw = {**PLACED, "origClientOrderId": "sk1-1-1-t0", "clientOrderId": "xyz", "fills": [],
           "status": "CANCELED"}  # fmt: skip
    report = parse.order_report(raw)
    assert (report.client_id, report.event) == ("sk1-1-1-t0", OrderEvent.CANCEL)
    event = {**TRADED, "x": "CANCELED", "X": "CANCELED", "c": "xyz", "C": "sk1-1-1-t0", "n": "0",
             "N": None, "l": "0", "L": "0", "t": -1}  # fmt: skip
    told = parse.account_event(event)
    assert (told.client_id, told.event, told.fills) == ("sk1-1-1-t0", OrderEvent.CANCEL, ())
    assert told.filled_qty == Decimal("0.7")


def test_an_execution_tells_its_one_trade():
    report = parse.account_event(TRADED)
    assert (report.event, report.filled_qty, report.filled_quote) == (
        OrderEvent.FILL_PART, Decimal("0.7"), 70,
    )  # fmt: skip
    (fill,) = report.fills
    assert (fill.trade_id, fill.price, fill.quantity) == ("3", 100, Decimal("0.5"))
    assert (fill.commission, fill.commission_asset, fill.at) == (Decimal("0.01"), "BNB", 99)


@pytest.mark.parametrize("change", [{"L": "0"}, {"l": "0"}, {"t": -1}, {"x": "TRADE_PREVENTION"}])
def test_a_trade_told_in_part_leaves_the_fills_to_be_read(change):
    assert parse.account_event({**TRADED, **change}).fills == ()


def test_a_free_trade_needs_no_commission_asset_but_a_charged_one_does():
    free = parse.account_event({**TRADED, "n": "0", "N": None})
    assert free.fills[0].commission == 0
    with pytest.raises(Unreadable):
        parse.account_event({**TRADED, "N": None})


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("NEW", OrderEvent.ACCEPT),
        ("PENDING_NEW", OrderEvent.ACCEPT),
        ("PARTIALLY_FILLED", OrderEvent.FILL_PART),
        ("FILLED", OrderEvent.FILL),
        ("CANCELED", OrderEvent.CANCEL),
        ("REJECTED", OrderEvent.REFUSE),
        ("EXPIRED", OrderEvent.EXPIRE),
        ("EXPIRED_IN_MATCH", OrderEvent.EXPIRE),
    ],
)
def test_every_status_is_an_event_of_the_order_table(status, event):
    assert parse.order_report({**PLACED, "status": status}).event is event


def test_the_reason_of_an_expiry_is_noted():
    assert parse.account_event({**TRADED, "eR": "OCO_TRIGGER"}).note == "OCO_TRIGGER"
    assert parse.account_event({**TRADED, "r": "MARKET_CLOSED"}).note == "MARKET_CLOSED"


@given(
    st.sampled_from(sorted(set(PLACED) - {"symbol", "orderListId", "price", "origQty", "fills"})),
    st.sampled_from([None, [], {}, "?", "NaN", "Infinity", True, 1.5]),
)
def test_no_odd_field_is_guessed(name, odd):
    raw = {**PLACED, name: odd}
    if name == "clientOrderId" and isinstance(odd, str):
        return
    with pytest.raises(Unreadable):
        parse.order_report(raw)
    with pytest.raises(Unreadable):
        parse.order_report({k: v for k, v in PLACED.items() if k != name})


@pytest.mark.parametrize("odd", [None, 5, "text", [], {"e": "executionReport"}, {"e": None}])
def test_odd_events_are_unreadable(odd):
    with pytest.raises(Unreadable):
        parse.account_event(odd)


@pytest.mark.parametrize("kind", ["listStatus", "balanceUpdate", "externalLockUpdate"])
def test_events_that_reports_already_tell_are_passed_over(kind):
    assert parse.account_event({"e": kind}) is None


def test_changed_balances_are_told():
    raw = {"e": "outboundAccountPosition", "B": [{"a": "ETH", "f": "10.5", "l": "0.5"}]}
    held = {"ETH": Balance(Decimal("10.5"), Decimal("0.5"))}
    assert parse.account_event(raw) == BalanceEvent(held)


def test_balances_leave_out_what_is_zero():
    raw = {"balances": [{"asset": "A", "free": "0.0", "locked": "0.0"},
                        {"asset": "B", "free": "0.0", "locked": "1"}]}  # fmt: skip
    assert parse.balances(raw) == {"B": Balance(Decimal(0), Decimal(1))}


def test_market_messages_become_events():
    k = {"t": 60_000, "s": "BTCUSDT", "i": "1m", "o": "1", "h": "2", "l": "0.5", "c": "1.5",
         "v": "3", "x": True}  # fmt: skip
    candle = parse.market_message("btcusdt@kline_1m", {"k": k}, 5)
    assert isinstance(candle, CandleEvent)
    assert (candle.key.timeframe, candle.closed) == (Timeframe.M1, True)
    assert candle.candle == (60_000, 1.0, 2.0, 0.5, 1.5, 3.0)
    quotes = {"s": "BTCUSDT", "b": "1", "a": "2"}
    book = parse.market_message("btcusdt@bookTicker", quotes, 5)
    assert book == BookEvent(
        Market.SPOT, "BTCUSDT", parse.book({"bidPrice": "1", "askPrice": "2"}, 5)
    )
    assert parse.market_message("btcusdt@trade", {}, 5) is None
    with pytest.raises(Unreadable):
        parse.market_message("btcusdt@kline_2w", {"k": {**k, "i": "2w"}}, 5)


def test_stream_names_are_lower_case():
    key = parse.market_message(
        "x@kline_4h",
        {"k": {"t": 0, "s": "ETHUSDT", "i": "4h", "o": "1", "h": "1", "l": "1", "c": "1",
               "v": "0", "x": False}},
        0,
    ).key  # fmt: skip
    assert stream_names([key], ["BTCUSDT"]) == ["ethusdt@kline_4h", "btcusdt@bookTicker"]


def test_a_kline_row_is_a_candle_and_its_close():
    row = [60_000, "1", "2", "0.5", "1.5", "3", 119_999, "4", 5, "1", "1", "0"]
    assert parse.kline(row) == ((60_000, 1.0, 2.0, 0.5, 1.5, 3.0), 119_999)
    for odd in (None, [], row[:3], {"t": 1}, [*row[:2], "x", *row[3:]]):
        with pytest.raises(Unreadable):
            parse.kline(odd)


def rights(**more):
    return {"ipRestrict": True, "enableReading": True, "enableWithdrawals": False,
            "enableSpotAndMarginTrading": True, **more}  # fmt: skip


def test_rights_are_read_and_absent_transfer_rights_are_none():
    told = parse.key_rights(rights())
    assert (told.can_read, told.can_trade_spot, told.can_withdraw, told.can_transfer) == (
        True, True, False, False,
    )  # fmt: skip
    assert parse.key_rights(rights(permitsUniversalTransfer=True)).can_transfer
    with pytest.raises(Unreadable):
        parse.key_rights({"enableReading": True})


@with_samples
@pytest.mark.parametrize(
    "name", ["spot_exchangeInfo_20230908", "spot_exchangeInfo_testnet_20240908"]
)
def test_rules_of_every_recorded_symbol_are_read(name):
    info = json.loads(gzip.decompress((SAMPLES / f"{name}.json.gz").read_bytes()))
    found = {rules.symbol: rules for rules in map(parse.symbol_rules, info["symbols"])}
    assert len(found) == len(info["symbols"])
    rules = found["BTCUSDT"]
    assert (rules.base, rules.quote, rules.trading) == ("BTC", "USDT", True)
    assert rules.tick_size == Decimal("0.01")
    assert rules.step_size == Decimal("0.00001")
    assert rules.min_notional >= 5
    assert "LIMIT_MAKER" in rules.order_types
    assert all(r.tick_size > 0 and r.step_size > 0 for r in found.values())
    assert limits_told(Product.SPOT, info)[0].most in {1200, 6000}


@with_samples
def test_the_documented_user_events_are_read():
    recorded = json.loads((SAMPLES / "spot_samples_nautilus.json").read_text())["samples"]
    reports = [raw for name, raw in recorded.items() if "execution_report" in name]
    assert len(reports) > 20
    for raw in reports:
        event = raw.get("event") or raw.get("data") or raw
        if event["X"] in parse.STATUS_EVENTS:
            report = parse.account_event(event)
            assert report.exchange_id == str(event["i"])
        else:
            with pytest.raises(Unreadable):
                parse.account_event(event)


@with_samples
def test_the_documented_answers_are_read():
    recorded = json.loads((SAMPLES / "spot_samples_nautilus.json").read_text())["samples"]
    rest = {name.rpartition("/")[2]: raw for name, raw in recorded.items()}
    assert parse.order_report(rest["new_order_full_response.json"]).fills
    assert parse.order_report(rest["cancel_order_response.json"]).client_id == "myOrder1"
    assert parse.order_report(rest["order_response.json"]).exchange_id
    assert [parse.order_report(raw) for raw in rest["open_orders_response.json"]]
    assert [parse.trade(raw, "x") for raw in rest["account_trades_response.json"]]
    assert [parse.kline(row) for row in rest["klines_response.json"]]
    assert parse.balances(rest["account_response.json"])
