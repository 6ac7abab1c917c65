"""Error codes and sentences of the spot API."""

import pytest

LIMIT = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1",
         "price": "40000"}  # fmt: skip
MARKET = {"side": "BUY", "type": "MARKET", "quantity": "0.1"}
STOP = {"side": "SELL", "type": "STOP_LOSS", "quantity": "0.1", "stopPrice": "49000"}
RANGE = r"legal range is '^([0-9]{1,20})(\.[0-9]{1,20})?$'."


@pytest.mark.parametrize(("wish", "code", "words"), [
    (LIMIT | {"price": "40000.001"}, -1013, "Filter failure: PRICE_FILTER"),
    (LIMIT | {"price": "1000"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
    (LIMIT | {"quantity": "0.000001"}, -1013, "Filter failure: LOT_SIZE"),
    (LIMIT | {"quantity": "0.0001"}, -1013, "Filter failure: NOTIONAL"),
    (LIMIT | {"quantity": "0.1000000001"}, -1111, "Parameter 'quantity' has too much precision."),
    (LIMIT | {"quantity": "1e-05"}, -1100, RANGE),
    (LIMIT | {"quantity": "-1"}, -1100, RANGE),
    (LIMIT | {"price": ""}, -1105, "Parameter 'price' was empty."),
    (LIMIT | {"newClientOrderId": "a b"}, -1100, "'^[a-zA-Z0-9-_]{1,36}$'."),
    (LIMIT | {"newClientOrderId": "a" * 37}, -1100, "newClientOrderId"),
    (LIMIT | {"quantity": "9"}, -2010, "Account has insufficient balance for requested action."),
    (LIMIT | {"side": "UP"}, -1117, "Invalid side."),
    (LIMIT | {"type": "GUESS"}, -1116, "Invalid orderType."),
    (LIMIT | {"timeInForce": "GTX"}, -1115, "Invalid timeInForce."),
    (LIMIT | {"stopPrice": "39000"}, -1106, "Parameter 'stopPrice' sent when not required."),
    (LIMIT | {"strategyType": "5"}, -1134, "strategyType"),
    (LIMIT | {"symbol": "NOPEUSDT"}, -1121, "Invalid symbol."),
    (MARKET | {"timeInForce": "GTC"}, -1106, "'timeInForce'"),
    (MARKET | {"quoteOrderQty": "10"}, -1106, "quoteOrderQty"),
    (MARKET | {"quantity": "130"}, -1013, "Filter failure: MARKET_LOT_SIZE"),
    (MARKET | {"quantity": "0.00001"}, -1013, "Filter failure: NOTIONAL"),
    (MARKET | {"side": "SELL", "quantity": "2"}, -2010, "insufficient balance"),
    (STOP | {"stopPrice": "50001"}, -2010, "Order would trigger immediately."),
    (STOP | {"type": "TAKE_PROFIT"}, -2010, "Order would trigger immediately."),
    (STOP | {"price": "48000"}, -1106, "'price'"),
    ({"side": "BUY", "type": "LIMIT_MAKER", "quantity": "0.1", "price": "50001"}, -2010,
     "Order would immediately match and take."),
])  # fmt: skip
async def test_a_bad_order_is_refused_in_the_words_of_the_exchange(lab, wish, code, words):
    answer = await lab.order(**wish)
    assert answer.status == 400
    assert answer.json["code"] == code
    assert words in answer.json["msg"]
    assert (await lab.signed("GET", "/api/v3/allOrders", symbol="BTCUSDT")).json == []


@pytest.mark.parametrize("name", ["quantity", "price", "timeInForce", "side", "type", "symbol"])
async def test_a_missing_parameter_is_named(lab, name):
    wish = {key: value for key, value in ({"symbol": "BTCUSDT"} | LIMIT).items() if key != name}
    answer = await lab.signed("POST", "/api/v3/order", **wish)
    assert answer.json == {
        "code": -1102,
        "msg": f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
    }


async def test_the_sixth_stop_does_not_fit(lab):
    for step in range(5):
        await lab.order(**STOP | {"quantity": "0.01", "stopPrice": f"{49000 + step}"})
    answer = await lab.order(**STOP | {"quantity": "0.01"})
    assert answer.json["msg"] == "Filter failure: MAX_NUM_ALGO_ORDERS"


async def test_an_order_nobody_knows_cannot_be_shown(lab):
    answer = await lab.signed("GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="no")
    assert answer.json == {"code": -2013, "msg": "Order does not exist."}
    neither = await lab.signed("GET", "/api/v3/order", symbol="BTCUSDT")
    assert neither.json["code"] == -1102


async def test_another_accounts_order_cannot_be_seen_or_cancelled(lab):
    order = (await lab.order(**LIMIT)).json["orderId"]
    await lab.control("accounts", key="other", secret="word", balances={"USDT": "1"})
    lab.key, lab.secret = "other", "word"
    shown = await lab.signed("GET", "/api/v3/order", symbol="BTCUSDT", orderId=order)
    cancelled = await lab.signed("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=order)
    assert (shown.json["code"], cancelled.json["code"]) == (-2013, -2011)


async def test_a_halted_symbol_takes_no_orders(lab):
    await lab.control("symbol", symbol="BTCUSDT", status="HALT")
    assert (await lab.order(**MARKET)).json == {"code": -2010, "msg": "Market is closed."}


async def test_the_old_user_stream_is_gone_with_a_page_not_json(lab):
    for method in ("POST", "PUT", "DELETE"):
        answer = await lab.send(method, "/api/v3/userDataStream")
        assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (410, "text/html")


@pytest.mark.parametrize(("query", "code"), [
    ({"symbol": "BTCUSDT", "interval": "7m"}, -1120),
    ({"symbol": "NOPE", "interval": "1m"}, -1121),
    ({"interval": "1m"}, -1102),
    ({"symbol": "BTCUSDT", "interval": "1m", "limit": "x"}, -1100),
])  # fmt: skip
async def test_bad_candle_requests_are_refused(lab, query, code):
    answer = await lab.public("/api/v3/klines", **query)
    assert (answer.status, answer.json["code"]) == (400, code)
