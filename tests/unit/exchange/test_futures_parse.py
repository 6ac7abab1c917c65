"""The futures exchange's JSON as objects of the core, from the shapes of the real exchange."""

import gzip
import json
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.market import Market, Side
from engine.core.order import OrderEvent
from engine.core.position import ExitReason
from engine.exchange.binance import futures_parse, parse
from engine.exchange.binance.errors import Unreadable

DATA = Path(__file__).parents[4] / "shared" / "data" / "exchange"
with_samples = pytest.mark.skipif(not DATA.exists(), reason="the recorded answers are not here")


def recorded(name):
    with gzip.open(DATA / f"{name}.json.gz") as file:
        return json.load(file)


def sdk(name):
    return recorded("um_rest_samples_sdk")["responses"][f"rest_api/test_{name}"]


def order(**more):
    return {"orderId": 7, "clientOrderId": "abc", "status": "FILLED", "executedQty": "0.40",
            "updateTime": 5, **more}  # fmt: skip


def algo(**more):
    return {"algoId": 9, "clientAlgoId": "abc", "algoStatus": "NEW", "updateTime": 5, **more}


@with_samples
def test_the_recorded_answers_to_orders_are_read():
    placed = futures_parse.order_report(sdk("trade_api::new_order"))
    assert (placed.event, placed.filled_qty, placed.filled_quote) == (OrderEvent.ACCEPT, 0, 0)
    queried = futures_parse.order_report(sdk("trade_api::query_order"), "mine")
    assert (queried.client_id, queried.exchange_id) == ("mine", "1573346959")
    assert futures_parse.algo_state(sdk("trade_api::new_algo_order")).report.event is (
        OrderEvent.ACCEPT
    )
    ended = futures_parse.algo_state(sdk("trade_api::query_algo_order"))
    assert (ended.report.event, ended.order_id, ended.finished) == (
        OrderEvent.CANCEL, None, False,
    )  # fmt: skip


@with_samples
def test_the_recorded_answers_about_an_account_are_read():
    (position,) = futures_parse.positions(sdk("trade_api::position_information_v3")).values()
    assert (position.symbol, position.quantity, position.liquidation_price) == (
        "ADAUSDT", Decimal(30), None,
    )  # fmt: skip
    held = futures_parse.balances(sdk("account_api::futures_account_balance_v3"))["USDT"]
    assert held.free == Decimal("23.72469206")
    assert held.free + held.locked == Decimal("122607.35137903")
    assert futures_parse.modes(sdk("account_api::futures_account_configuration")).hedge
    setting = futures_parse.symbol_setting(sdk("account_api::symbol_configuration"), "BTCUSDT")
    assert setting == (False, 21)
    ((order_id, (fill,)),) = futures_parse.trades(sdk("trade_api::account_trade_list")).items()
    assert (order_id, fill.trade_id, fill.commission) == (
        "25851813", "698759", Decimal("0.07819010"),
    )  # fmt: skip
    assert futures_parse.income(sdk("account_api::get_income_history"), "FUNDING_FEE") == []


@with_samples
def test_the_rules_of_every_recorded_perpetual_are_read():
    for name in ("um_exchangeInfo_20210906", "um_exchangeInfo_testnet_20260331"):
        info = recorded(name)
        perpetuals = [s for s in info["symbols"] if s["contractType"] == "PERPETUAL"]
        rules = [parse.symbol_rules(raw, Market.FUTURES) for raw in perpetuals]
        assert len(rules) > 100
        assert all(r.market is Market.FUTURES and not r.oco_allowed for r in rules)
        assert all(r.tick_size > 0 and r.step_size > 0 for r in rules if r.trading)
        assert all(r.percent_down < 1 < r.percent_up for r in rules)
        assert all(r.min_notional > 0 for r in rules)


@with_samples
def test_the_first_bracket_of_every_recorded_symbol_is_the_mildest():
    listed = recorded("um_leverageBracket_20250710")
    for entry in listed:
        terms = futures_parse.terms(listed, entry["symbol"])
        assert terms == futures_parse.terms(entry, entry["symbol"])
        assert terms.max_leverage == max(b["initialLeverage"] for b in entry["brackets"])
        smallest = min(b["maintMarginRatio"] for b in entry["brackets"])
        assert terms.maintenance == Decimal(str(smallest))


@pytest.mark.parametrize(
    ("more", "quote"),
    [
        ({}, 0),
        ({"avgPrice": "9300.5"}, Decimal("3720.2")),
        ({"avgPrice": "9300.5", "cumQuote": "3720.19"}, Decimal("3720.19")),
        ({"executedQty": "0", "avgPrice": "0.00000"}, 0),
    ],
)
def test_an_average_price_is_read_when_told_and_never_made_up(more, quote):
    assert futures_parse.order_report(order(**more)).filled_quote == quote


@pytest.mark.parametrize("status", [*futures_parse.ALGO_EVENTS, "FINISHED"])
def test_every_state_of_a_conditional_order_is_known(status):
    state = futures_parse.algo_state(algo(algoStatus=status, rm="why"))
    assert state.finished is (status == "FINISHED")
    assert state.report.event is futures_parse.ALGO_EVENTS.get(status, OrderEvent.ACCEPT)
    assert state.report.note == ("why" if status == "REJECTED" else "")


@pytest.mark.parametrize(("told", "found"), [("", None), ("0", None), (None, None), (12, "12")])
def test_a_conditional_order_names_what_it_became_once_it_did(told, found):
    assert futures_parse.algo_state(algo(actualOrderId=told)).order_id == found


def test_an_unknown_state_is_unreadable():
    with pytest.raises(Unreadable):
        futures_parse.algo_state(algo(algoStatus="SLEEPING"))
    with pytest.raises(Unreadable):
        futures_parse.order_report(order(status="SLEEPING"))


@pytest.mark.parametrize(
    ("client_id", "reason"),
    [
        ("autoclose-1234", ExitReason.LIQUIDATION),
        ("adl_autoclose_12345", ExitReason.ADL),
        ("adl_autoclose", ExitReason.ADL),
        ("settlement_autoclose-99", ExitReason.SETTLEMENT),
        ("delivery_autoclose-1", ExitReason.SETTLEMENT),
        ("web_autoclose-", ExitReason.EXTERNAL),
        ("ios_x", ExitReason.EXTERNAL),
        ("", ExitReason.EXTERNAL),
    ],
)
def test_a_client_id_says_who_made_an_order(client_id, reason):
    assert futures_parse.made_by(client_id) is reason


def test_the_sides_of_a_hedge_are_netted():
    rows = [
        {"symbol": "BTCUSDT", "positionAmt": amount, "entryPrice": "1", "liquidationPrice": "2"}
        for amount in ("3", "-1", "0")
    ]
    assert futures_parse.positions(rows)["BTCUSDT"].quantity == 2


def test_payments_are_told_oldest_first_and_other_income_is_left_out():
    rows = [
        {"tranId": 2, "symbol": "A", "incomeType": "FUNDING_FEE", "income": "-1", "time": 20},
        {"tranId": 3, "symbol": "A", "incomeType": "COMMISSION", "income": "-9", "time": 15},
        {"tranId": 1, "symbol": "A", "incomeType": "FUNDING_FEE", "income": "2", "time": 10},
    ]
    assert [(f.id, f.amount) for f in futures_parse.income(rows, "FUNDING_FEE")] == [
        ("1", 2),
        ("2", -1),
    ]


def test_a_side_is_read():
    assert futures_parse.side({"side": "SELL"}) is Side.SELL
    with pytest.raises(Unreadable):
        futures_parse.side({"side": "SHORT"})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(spoiled=st.sampled_from(sorted(order())), value=json_values)
def test_a_spoiled_answer_is_read_or_unreadable_and_nothing_else(spoiled, value):
    with suppress(Unreadable):
        futures_parse.order_report(order(**{spoiled: value}))


@given(spoiled=st.sampled_from([*algo(), "actualOrderId", "rm"]), value=json_values)
def test_a_spoiled_conditional_order_is_read_or_unreadable(spoiled, value):
    with suppress(Unreadable):
        futures_parse.algo_state(algo(**{spoiled: value}))


@given(entry=st.dictionaries(st.sampled_from(["symbol", "brackets"]), json_values))
def test_spoiled_brackets_are_read_or_unreadable(entry):
    for raw in (entry, [entry]):
        with suppress(Unreadable):
            futures_parse.terms(raw, "BTCUSDT")
