"""User events and stream events have every name that the real ones have."""

import json
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[5] / "shared/data/exchange/um_samples_nautilus.json"
# working times are not told here; AP and cr belong to trailing stops
ABSENT = {"W", "AP", "cr"}


@pytest.fixture(scope="module")
def samples():
    if not SAMPLES.exists():
        pytest.skip("samples of the real exchange are not here")
    return json.loads(SAMPLES.read_text())["samples"]


def names(event):
    """Names of an event and, prefixed, of what it holds."""
    event = event.get("data", event)
    found = set(event) - {"st", "ps"}
    for part, inner in event.items():
        if isinstance(inner, dict):
            found |= {f"{part}.{name}" for name in inner if name not in ABSENT}
            for name, rows in inner.items():
                if isinstance(rows, list) and rows:
                    found |= {f"{part}.{name}.{key}" for key in rows[0]}
    return found


USER = {
    "ORDER_TRADE_UPDATE": ("futures/user_data_json/order_update_trade.json",
                           "ws_messages/ws_futures_order_update_trade_reduce_only_qty.json",
                           "ws_messages/ws_futures_order_update_liquidation.json"),
    "ACCOUNT_UPDATE": ("futures/user_data_json/account_update.json",),
    "ALGO_UPDATE": ("futures/user_data_json/algo_update_new.json",
                    "ws_messages/ws_futures_algo_update_finished.json",
                    "ws_messages/ws_futures_algo_update_triggering.json"),
    "TRADE_LITE": ("ws_messages/ws_futures_trade_lite.json",),
}  # fmt: skip


@pytest.mark.parametrize("name", USER)
async def test_user_events_have_the_names_of_the_real_ones(desk, samples, hear, name):
    async with desk.user_stream() as wire:
        await desk.order("BUY", "0.1")
        await desk.algo("SELL", triggerPrice="49000", closePosition="true")
        await desk.lab.price(48_900)
        heard = await hear(wire, until=lambda e: e.get("o", {}).get("X") == "FINISHED")
    ours = set().union(*(names(event) for event in heard if event["e"] == name))
    for path in USER[name]:
        assert names(samples[path]) <= ours, path


async def test_a_trailing_stop_tells_its_activation_and_distance(desk, hear):
    async with desk.user_stream() as wire:
        await desk.algo("BUY", "TRAILING_STOP_MARKET", quantity="0.1", callbackRate="1")
        await desk.lab.price(51_000)
        heard = await hear(wire, "ORDER_TRADE_UPDATE", count=1)
    assert (heard[0]["o"]["AP"], heard[0]["o"]["cr"]) == ("0", "1")


STREAMS = {
    "/public/ws/btcusdt@bookTicker": "futures/market_data_json/book_ticker_stream.json",
    "/market/ws/btcusdt@kline_1m": "futures/market_data_json/kline_stream_open.json",
    "/market/ws/btcusdt@markPrice": "futures/market_data_json/mark_price_stream.json",
}


@pytest.mark.parametrize("path", STREAMS)
async def test_stream_events_have_the_names_of_the_real_ones(desk, samples, path):
    async with desk.lab.socket(path) as wire:
        await desk.lab.price(50_500)
        event = await wire.hear()
    assert names(samples[STREAMS[path]]) <= names(event)
