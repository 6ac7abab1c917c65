"""Events of a futures account as what the engine hears, and whose an order is."""

import json
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.order import OrderEvent, OrderReport
from engine.exchange.binance.errors import Unreadable
from engine.exchange.binance.futures_events import EventReader
from engine.exchange.binance.futures_names import OrderNames, ours
from engine.ports.account import Balance
from engine.ports.trader import BalanceEvent, ForeignEvent

SAMPLES = Path(__file__).parents[4] / "shared/data/exchange/um_samples_nautilus.json"
with_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="the recorded events are not here")
OURS, THEIRS = "sk1-1-1-s0", "web_abc"


class Settings:
    """Remembers what it was told."""

    def __init__(self):
        self.told = []

    def forget(self):
        self.told.append("everything")

    def hear_leverage(self, symbol, leverage):
        self.told.append((symbol, leverage))

    def hear_margin(self, symbol, *, isolated):
        self.told.append((symbol, isolated))


@pytest.fixture
def reader():
    ready = EventReader(OrderNames(), Settings())
    ready.settings = ready._settings
    return ready


def trade(**more):
    o = {"s": "BTCUSDT", "c": OURS, "X": "FILLED", "i": 7, "l": "2", "z": "2", "L": "10",
         "ap": "10", "n": "0.01", "N": "USDT", "T": 5, "t": 3, "er": "0"}  # fmt: skip
    return {"e": "ORDER_TRADE_UPDATE", "T": 5, "o": o | more}


def algo(**more):
    o = {"caid": OURS, "aid": 9, "s": "BTCUSDT", "X": "NEW", "ai": "", "aq": "0", "rm": "why"}
    return {"e": "ALGO_UPDATE", "T": 5, "o": o | more}


def test_a_trade_of_ours_is_a_report_with_its_fill(reader):
    (report,) = reader.read(trade())
    assert (report.client_id, report.event, report.filled_qty, report.filled_quote) == (
        OURS, OrderEvent.FILL, 2, 20,
    )  # fmt: skip
    (fill,) = report.fills
    assert (fill.trade_id, fill.quantity, fill.commission) == ("3", 2, Decimal("0.01"))


def test_a_commission_of_nothing_may_be_left_out(reader):
    (report,) = reader.read(trade(n=None, N=None))
    assert (report.fills[0].commission, report.fills[0].commission_asset) == (0, "")


def test_an_expiry_tells_its_reason(reader):
    (report,) = reader.read(trade(X="EXPIRED", l="0", t=0, er="4"))
    assert (report.event, report.note, report.fills) == (OrderEvent.EXPIRE, "er 4", ())


def test_a_stranger_is_heard_only_when_it_traded(reader):
    assert reader.read(trade(c=THEIRS)) == [ForeignEvent("BTCUSDT")]
    assert reader.read(trade(c=THEIRS, l="0", X="NEW")) == []


def test_a_triggered_order_with_a_name_of_its_own_is_linked_by_what_it_became(reader):
    reader.read(algo(X="TRIGGERED", ai="7"))
    (report,) = reader.read(trade(c="auto7"))
    assert (report.client_id, report.fills[0].client_id) == (OURS, OURS)


def test_a_fill_that_comes_before_the_link_asks_for_a_reading_and_the_end_makes_it_sure(reader):
    assert reader.read(trade(c="auto7")) == [ForeignEvent("BTCUSDT")]
    (report,) = reader.read(algo(X="FINISHED", ai="7", aq="2"))
    assert (report.client_id, report.event, report.filled_qty, report.fills) == (
        OURS, OrderEvent.FILL_PART, 2, (),
    )  # fmt: skip


def test_an_end_without_a_fill_is_read_again_rather_than_believed(reader):
    assert reader.read(algo(X="FINISHED", ai="7")) == [ForeignEvent("BTCUSDT")]


@pytest.mark.parametrize(
    ("status", "event", "note"),
    [
        ("NEW", OrderEvent.ACCEPT, ""),
        ("TRIGGERING", OrderEvent.ACCEPT, ""),
        ("TRIGGERED", OrderEvent.ACCEPT, ""),
        ("CANCELED", OrderEvent.CANCEL, ""),
        ("EXPIRED", OrderEvent.EXPIRE, ""),
        ("REJECTED", OrderEvent.REFUSE, "why"),
    ],
)
def test_a_conditional_order_tells_its_state(reader, status, event, note):
    (report,) = reader.read(algo(X=status))
    assert (report.client_id, report.exchange_id) == (OURS, "9")
    assert (report.event, report.note) == (event, note)
    assert reader.read(algo(X=status, caid=THEIRS)) == []


def test_balances_are_free_as_far_as_no_isolated_position_binds_them(reader):
    rows = [{"a": "USDT", "wb": "100", "cw": "40", "bc": "0"}]
    event = {"e": "ACCOUNT_UPDATE", "a": {"m": "ORDER", "B": rows, "P": []}}
    assert reader.read(event) == [BalanceEvent({"USDT": Balance(Decimal(40), Decimal(60))})]


def test_funding_and_changes_of_settings_are_heard(reader):
    held = [{"s": "BTCUSDT", "mt": "cross"}]
    funding = {"e": "ACCOUNT_UPDATE", "a": {"m": "FUNDING_FEE", "B": [], "P": held}}
    assert reader.read(funding) == [ForeignEvent("BTCUSDT")]
    reader.read({"e": "ACCOUNT_UPDATE", "a": {"m": "MARGIN_TYPE_CHANGE", "B": [], "P": held}})
    reader.read({"e": "ACCOUNT_CONFIG_UPDATE", "ac": {"s": "BTCUSDT", "l": 20}})
    reader.read({"e": "ACCOUNT_CONFIG_UPDATE", "ai": {"j": True}})
    assert reader.settings.told == [("BTCUSDT", False), ("BTCUSDT", 20), "everything"]


@pytest.mark.parametrize("kind", ["TRADE_LITE", "STRATEGY_UPDATE", "SOMETHING_NEW"])
def test_kinds_that_tell_nothing_new_are_passed_over(reader, kind):
    assert reader.read({"e": kind}) == []


def test_coin_margined_contracts_are_passed_over(reader):
    assert reader.read(trade(c=THEIRS) | {"st": 1}) == [ForeignEvent("BTCUSDT")]
    assert reader.read(trade(c=THEIRS) | {"st": 2}) == []


@with_samples
def test_every_recorded_event_is_read(reader):
    samples = json.loads(SAMPLES.read_text())["samples"]
    events = [
        v.get("data", v)
        for k, v in samples.items()
        if isinstance(v, dict) and k.startswith(("futures/user_data", "ws_messages/ws_fut"))
    ]
    read = [reader.read(event) for event in events if "e" in event]
    assert len(read) > 15
    kinds = {type(event) for found in read for event in found}
    assert {ForeignEvent, BalanceEvent} <= kinds
    # No order in them follows our scheme.
    assert OrderReport not in kinds


names = st.sampled_from([OURS, "sk1-1-1-t0", THEIRS, "auto7", ""])


@given(learned=st.lists(st.tuples(st.sampled_from("123"), names)), told=names)
def test_a_name_of_ours_is_never_lost_and_never_given_to_a_stranger(learned, told):
    book, first = OrderNames(), {}
    for order_id, name in learned:
        book.learn(order_id, name)
        if ours(name):
            first.setdefault(order_id, name)
    for order_id in "123":
        found = book.of(order_id, told)
        if ours(told):
            assert found == told
        elif order_id in first:
            assert found == first[order_id]
        else:
            assert not ours(found)


values = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.none())


@given(
    event=st.sampled_from([trade(), algo(), algo(X="FINISHED")]),
    name=st.sampled_from(sorted(trade()["o"].keys() | algo()["o"].keys())),
    value=values,
)
def test_a_spoiled_event_is_read_or_unreadable_and_nothing_else(event, name, value):
    with suppress(Unreadable):
        EventReader(OrderNames(), Settings()).read(event | {"o": event["o"] | {name: value}})
