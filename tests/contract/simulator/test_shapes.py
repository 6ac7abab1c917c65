"""Answers carry the fields that the exchange documents; skipped where its samples are absent."""

import gzip
import json
import os
from pathlib import Path

import pytest

SAMPLES = Path(os.environ.get("SKIPPER_TEST_DATA", Path(__file__).parents[4] / "shared/data"))
REST = SAMPLES / "exchange/spot_samples/rest_api.json"
pytestmark = pytest.mark.skipif(not REST.exists(), reason="the exchange's samples are absent")
OCO = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.1", "aboveType": "LIMIT_MAKER",
       "abovePrice": "52000", "belowType": "STOP_LOSS_LIMIT", "belowStopPrice": "49000",
       "belowPrice": "48900", "belowTimeInForce": "GTC"}  # fmt: skip
LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
         "quantity": "0.1", "price": "40000"}  # fmt: skip


def sample(section, label=""):
    found = json.loads(REST.read_text())["samples"]
    return next(s["payload"] for s in found
                if s["section"][-1].startswith(section) and label in s["label"])  # fmt: skip


def shape(value):
    """Keys of objects and kinds of values; of a list, its first element."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return {bool: "flag", int: "number", float: "number", str: "text"}.get(type(value), "null")


@pytest.mark.parametrize(("section", "label", "path", "params"), [
    ("Check server time", "", "/api/v3/time", {}),
    ("Kline/Candlestick data", "", "/api/v3/klines", {"symbol": "BTCUSDT", "interval": "1h"}),
    ("Current average price", "", "/api/v3/avgPrice", {"symbol": "BTCUSDT"}),
    ("24hr ticker", "FULL", "/api/v3/ticker/24hr", {"symbol": "BTCUSDT"}),
    ("24hr ticker", "MINI", "/api/v3/ticker/24hr", {"symbol": "BTCUSDT", "type": "MINI"}),
    ("Symbol price ticker", "", "/api/v3/ticker/price", {"symbol": "BTCUSDT"}),
    ("Symbol order book ticker", "", "/api/v3/ticker/bookTicker", {"symbol": "BTCUSDT"}),
    ("Order book", "", "/api/v3/depth", {"symbol": "BTCUSDT"}),
])  # fmt: skip
async def test_public_answers_have_the_documented_fields(lab, section, label, path, params):
    answer = await lab.public(path, **params)
    assert shape(answer.json) == shape(sample(section, label))


@pytest.mark.parametrize("detail", ["ACK", "RESULT", "FULL"])
async def test_answers_to_orders_have_the_documented_fields(lab, detail):
    answer = await lab.order(side="SELL", type="MARKET", quantity="0.1", newOrderRespType=detail)
    assert shape(answer.json) == shape(sample("New order (TRADE)", detail))


@pytest.mark.parametrize(("section", "path", "params"), [
    ("Account information", "/api/v3/account", {}),
    ("Query order (USER_DATA)", "/api/v3/order", {"symbol": "BTCUSDT", "orderId": "1"}),
    ("Current open orders", "/api/v3/openOrders", {}),
    ("All orders", "/api/v3/allOrders", {"symbol": "BTCUSDT"}),
    ("Query Order list", "/api/v3/orderList", {"orderListId": "0"}),
    ("Query all Order lists", "/api/v3/allOrderList", {}),
    ("Query Open Order lists", "/api/v3/openOrderList", {}),
    ("Account trade list", "/api/v3/myTrades", {"symbol": "BTCUSDT"}),
    ("Query Unfilled Order Count", "/api/v3/rateLimit/order", {}),
    ("Query Commission Rates", "/api/v3/account/commission", {"symbol": "BTCUSDT"}),
])  # fmt: skip
async def test_account_answers_have_the_documented_fields(lab, section, path, params):
    await lab.order(**LIMIT)
    await lab.signed("POST", "/api/v3/orderList/oco", **OCO)
    await lab.order(side="BUY", type="MARKET", quantity="0.1")
    answer = await lab.signed("GET", path, **params)
    assert shape(answer.json) == shape(sample(section))


async def test_cancels_have_the_documented_fields(lab):
    await lab.order(**LIMIT)
    placed = await lab.signed("POST", "/api/v3/orderList/oco", **OCO)
    single = await lab.signed("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=1)
    assert shape(single.json) == shape(sample("Cancel order (TRADE)"))
    listed = await lab.signed("DELETE", "/api/v3/orderList", symbol="BTCUSDT",
                              orderListId=placed.json["orderListId"])  # fmt: skip
    assert shape(listed.json) == shape(sample("Cancel Order list"))


async def test_symbols_have_the_fields_and_filters_of_the_real_ones(lab):
    wanted = sample("Exchange information")
    info = (await lab.public("/api/v3/exchangeInfo", symbols='["BTCUSDT","ETHUSDT"]')).json
    assert set(wanted["symbols"][0]) == set(info["symbols"][0])
    assert set(wanted) - set(info) == {"sors"}
    with gzip.open(SAMPLES / "exchange/spot_exchangeInfo_testnet_20240908.json.gz") as file:
        real = next(s for s in json.load(file)["symbols"] if s["symbol"] == "BTCUSDT")
    mine = {f["filterType"]: f for f in info["symbols"][0]["filters"]}
    for known in real["filters"]:
        assert shape(mine[known["filterType"]]) == shape(known)


async def test_errors_speak_as_documented(lab):
    known = json.loads((SAMPLES / "exchange/spot_errors.json").read_text())["codes"]
    words = {code["code"]: code["messages"] for code in known}
    unknown = await lab.signed("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=9)
    missing = await lab.signed("GET", "/api/v3/order", symbol="BTCUSDT", orderId=9)
    assert unknown.json["code"] in words
    assert missing.json["msg"] in words[missing.json["code"]]
