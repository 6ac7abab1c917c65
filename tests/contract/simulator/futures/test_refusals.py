"""Codes and sentences with which the futures exchange refuses."""

import pytest

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
         "quantity": "0.1", "price": "49000"}  # fmt: skip
ALGO = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET",
        "quantity": "0.1", "triggerPrice": "49000"}  # fmt: skip


def changed(base, **changes):
    merged = base | changes
    return {name: value for name, value in merged.items() if value is not None}


@pytest.mark.parametrize(("changes", "code"), [
    ({"symbol": None}, -1102),
    ({"symbol": "NOPE"}, -1121),
    ({"side": "HOLD"}, -1117),
    ({"type": "ICEBERG"}, -1116),
    ({"type": "STOP_MARKET"}, -4120),
    ({"type": "TRAILING_STOP_MARKET"}, -4120),
    ({"timeInForce": None}, -1102),
    ({"timeInForce": "DAY"}, -1115),
    ({"quantity": None}, -1102),
    ({"quantity": "1e-1"}, -1100),
    ({"quantity": "0"}, -4003),
    ({"quantity": "0.0001"}, -1111),
    ({"quantity": "9001"}, -4005),
    ({"price": None}, -1102),
    ({"price": "49000.001"}, -1111),
    ({"price": "2000000"}, -4002),
    ({"price": "53000"}, -4016),
    ({"side": "SELL", "price": "47000"}, -4024),
    ({"quantity": "0.002"}, -4164),
    ({"positionSide": "UP"}, -4060),
    ({"positionSide": "LONG"}, -4061),
    ({"newClientOrderId": "a b"}, -1100),
    ({"newClientOrderId": "x" * 37}, -1100),
    ({"type": "MARKET", "timeInForce": None}, -1106),
    ({"quantity": "100"}, -2019),
])  # fmt: skip
async def test_an_order_is_refused_for_what_is_wrong_with_it(desk, changes, code):
    answer = await desk.call("POST", "order", **changed(ORDER, **changes))
    assert (answer.status, answer.json["code"]) == (400, code)
    tested = await desk.call("POST", "order/test", **changed(ORDER, **changes))
    assert tested.json["code"] == code
    assert await desk.get("openOrders") == []


@pytest.mark.parametrize(("changes", "code"), [
    ({"algoType": None}, -1102),
    ({"algoType": "TWAP"}, -1130),
    ({"type": "LIMIT"}, -1116),
    ({"triggerPrice": None}, -1102),
    ({"quantity": None}, -1102),
    ({"type": "STOP"}, -1102),
    ({"price": "48900"}, -1106),
    ({"closePosition": "true"}, -1106),
    ({"closePosition": "true", "quantity": None, "reduceOnly": "true"}, -1106),
    ({"type": "STOP", "closePosition": "true", "quantity": None, "price": "1"}, -4136),
    ({"type": "TRAILING_STOP_MARKET", "callbackRate": "1"}, -2021),
    ({"type": "TRAILING_STOP_MARKET", "triggerPrice": None}, -1102),
    ({"type": "TRAILING_STOP_MARKET", "triggerPrice": None, "callbackRate": "20.1"}, -2007),
    ({"timeInForce": "GTE_GTC"}, -4509),
    ({"workingType": "INDEX"}, -4070),
    ({"triggerPrice": "49000.001"}, -1111),
    ({"quantity": "0.001"}, -4164),
])  # fmt: skip
async def test_a_conditional_order_is_refused_for_what_is_wrong_with_it(desk, changes, code):
    answer = await desk.call("POST", "algoOrder", **changed(ALGO, **changes))
    assert (answer.status, answer.json["code"]) == (400, code)
    assert await desk.get("openAlgoOrders") == []


async def test_the_smallest_notional_is_told_and_reduce_only_is_exempt(desk):
    answer = await desk.call("POST", "order", **changed(ORDER, quantity="0.002"))
    assert answer.json["msg"] == (
        "Order's notional must be no smaller than 100 (unless you choose reduce only)."
    )
    await desk.order("BUY", "0.1")
    assert "orderId" in (await desk.order("SELL", "0.001", reduceOnly="true")).json


async def test_a_key_without_the_futures_right_is_refused_everywhere(desk):
    await desk.lab.control("accounts", key=desk.key, permissions={"enableFutures": False})
    refused = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
    for answer in (await desk.order("BUY", "0.1"), await desk.call("GET", "/fapi/v3/account"),
                   await desk.lab.send("POST", "/fapi/v1/listenKey")):  # fmt: skip
        assert (answer.status, answer.json) == (401, refused)
    assert (await desk.lab.public("/fapi/v1/time")).status == 200


async def test_a_signature_and_the_time_count_here_too(desk):
    stale = await desk.call("GET", "openOrders", timestamp=desk.lab.now - 6000)
    assert stale.json["code"] == -1021
    bare = await desk.lab.send("GET", "/fapi/v1/openOrders", "timestamp=1&signature=00")
    assert bare.json["code"] == -1022


@pytest.mark.parametrize(("method", "name", "params", "code"), [
    ("GET", "order", {"symbol": "BTCUSDT", "orderId": 5}, -2013),
    ("GET", "order", {"symbol": "BTCUSDT"}, -1102),
    ("DELETE", "order", {"symbol": "BTCUSDT", "origClientOrderId": "no"}, -2011),
    ("GET", "openOrder", {"symbol": "BTCUSDT", "orderId": 5}, -2013),
    ("PUT", "order", {"symbol": "BTCUSDT", "orderId": 5, "side": "BUY", "quantity": "1",
                      "price": "1"}, -2013),
    ("GET", "algoOrder", {"algoId": 7}, -2013),
    ("DELETE", "algoOrder", {"clientAlgoId": "no"}, -2011),
    ("GET", "algoOrder", {}, -1102),
    ("POST", "marginType", {"symbol": "BTCUSDT", "marginType": "SHARED"}, -4142),
    ("POST", "multiAssetsMargin", {"multiAssetsMargin": "false"}, -4171),
    ("GET", "userTrades", {"symbol": "BTCUSDT", "startTime": 1, "endTime": 10**12}, -4165),
    ("GET", "income", {"startTime": 2, "endTime": 1}, -1023),
])  # fmt: skip
async def test_other_requests_are_refused_as_the_catalogue_says(desk, method, name, params, code):
    assert (await desk.call(method, name, **params)).json["code"] == code
