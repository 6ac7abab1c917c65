"""Placing, filling, finding and cancelling single orders over HTTP."""

from decimal import Decimal

import pytest


async def test_a_market_order_fills_at_the_ask_and_pays_the_fee_in_what_it_received(lab):
    answer = await lab.order(side="BUY", type="MARKET", quantity="0.1", newClientOrderId="one")
    assert answer.json["status"] == "FILLED"
    assert answer.json["fills"][0]["price"] == "50000.01000000"
    assert answer.json["fills"][0]["commission"] == "0.00010000"
    assert answer.json["fills"][0]["commissionAsset"] == "BTC"
    assert answer.headers["X-MBX-ORDER-COUNT-10S"] == "0"
    balances = await lab.balances()
    assert balances["BTC"] == (Decimal("1.0999"), 0)
    assert balances["USDT"] == (Decimal("94999.999"), 0)


async def test_a_market_order_by_quote_amount_spends_no_more_than_asked(lab):
    answer = await lab.order(side="BUY", type="MARKET", quoteOrderQty="123.45")
    assert answer.json["origQuoteOrderQty"] == "123.45000000"
    assert Decimal("122.9") < Decimal(answer.json["cummulativeQuoteQty"]) <= Decimal("123.45")


async def test_a_resting_limit_locks_money_and_fills_as_maker_when_touched(lab):
    placed = await lab.order(side="SELL", type="LIMIT", timeInForce="GTC", quantity="0.5",
                             price="51000")  # fmt: skip
    assert placed.json["status"] == "NEW"
    assert placed.json["fills"] == []
    assert (await lab.balances())["BTC"] == (Decimal("0.5"), Decimal("0.5"))
    await lab.control("candle", symbol="BTCUSDT", open="50000", high="52000", low="49900",
                      close="51500")  # fmt: skip
    await lab.control("advance", ms=120_000)
    order = (await lab.signed("GET", "/api/v3/order", symbol="BTCUSDT",
                              orderId=placed.json["orderId"])).json  # fmt: skip
    assert (order["status"], order["cummulativeQuoteQty"]) == ("FILLED", "25500.00000000")
    trade = (await lab.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT")).json[-1]
    assert (trade["isMaker"], trade["price"]) == (True, "51000.00000000")
    assert trade["commission"] == "25.50000000"


@pytest.mark.parametrize(("candle", "filled_at"), [
    ({"open": "50000", "high": "50100", "low": "48000", "close": "48500"}, "49000.00000000"),
    ({"open": "48700", "high": "50100", "low": "48000", "close": "48500"}, "48700.00000000"),
])  # fmt: skip
async def test_a_stop_loss_fills_at_its_trigger_or_at_the_open_behind_it(lab, candle, filled_at):
    await lab.order(side="SELL", type="STOP_LOSS", quantity="0.1", stopPrice="49000")
    await lab.control("candle", symbol="BTCUSDT", **candle)
    await lab.price(50_000)
    await lab.control("advance", ms=120_000)
    trades = (await lab.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT")).json
    assert [trade["price"] for trade in trades] == [filled_at]


async def test_a_stop_limit_that_the_market_jumps_over_stays_open(lab):
    await lab.order(side="SELL", type="STOP_LOSS_LIMIT", timeInForce="GTC", quantity="0.1",
                    stopPrice="49000", price="48900")  # fmt: skip
    await lab.price(48_000)
    order = (await lab.signed("GET", "/api/v3/openOrders")).json[0]
    assert (order["status"], order["isWorking"]) == ("NEW", True)
    await lab.price(48_950)
    assert (await lab.signed("GET", "/api/v3/openOrders")).json == []


async def test_a_cancelled_order_gives_its_money_back_and_cannot_be_cancelled_twice(lab):
    await lab.order(side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.1", price="40000",
                    newClientOrderId="mine")  # fmt: skip
    first = await lab.signed("DELETE", "/api/v3/order", symbol="BTCUSDT",
                             origClientOrderId="mine")  # fmt: skip
    assert (first.json["status"], first.json["origClientOrderId"]) == ("CANCELED", "mine")
    assert (await lab.balances())["USDT"] == (Decimal(100_000), 0)
    second = await lab.signed("DELETE", "/api/v3/order", symbol="BTCUSDT",
                              origClientOrderId="mine")  # fmt: skip
    assert second.json == {"code": -2011, "msg": "Unknown order sent."}
    again = await lab.order(side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.1",
                            price="40000", newClientOrderId="mine")  # fmt: skip
    assert again.status == 200


async def test_a_client_id_is_unique_among_live_orders_only(lab):
    limit = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1",
             "price": "40000", "newClientOrderId": "twin"}  # fmt: skip
    assert (await lab.order(**limit)).status == 200
    assert (await lab.order(**limit)).json == {"code": -2010, "msg": "Duplicate order sent."}
    market = {"side": "BUY", "type": "MARKET", "quantity": "0.01", "newClientOrderId": "again"}
    assert (await lab.order(**market)).status == 200
    assert (await lab.order(**market)).status == 200


async def test_cancel_all_ends_every_order_of_a_symbol_and_minds_an_empty_book(lab):
    for price in ("40000", "41000"):
        await lab.order(side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.1", price=price)
    answer = await lab.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
    assert [order["status"] for order in answer.json] == ["CANCELED", "CANCELED"]
    empty = await lab.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
    assert empty.json["code"] == -2011


async def test_a_test_order_is_checked_and_leaves_no_trace(lab):
    good = await lab.signed("POST", "/api/v3/order/test", symbol="BTCUSDT", side="BUY",
                            type="MARKET", quantity="0.1")  # fmt: skip
    bad = await lab.signed("POST", "/api/v3/order/test", symbol="BTCUSDT", side="BUY",
                           type="MARKET", quantity="0.00000001")  # fmt: skip
    assert (good.json, bad.json["msg"]) == ({}, "Filter failure: LOT_SIZE")
    assert (await lab.signed("GET", "/api/v3/allOrders", symbol="BTCUSDT")).json == []


async def test_burning_bnb_pays_the_fee_at_a_discount(lab):
    await lab.control("accounts", key=lab.key, secret=lab.secret, bnb_burn=True)
    bnb = Decimal((await lab.public("/api/v3/ticker/price", symbol="BNBUSDT")).json["price"])
    answer = await lab.order(side="BUY", type="MARKET", quantity="0.1")
    fill = answer.json["fills"][0]
    expected = Decimal("5000.001") * Decimal("0.001") * Decimal("0.75") / bnb
    assert fill["commissionAsset"] == "BNB"
    assert abs(Decimal(fill["commission"]) - expected) < Decimal("1e-8")


async def test_a_partial_fill_on_demand_leaves_the_rest_resting(lab):
    await lab.control("faults", what="partial_fill", share="0.25")
    await lab.order(side="SELL", type="LIMIT", timeInForce="GTC", quantity="0.4", price="51000")
    await lab.price(51_000)
    order = (await lab.signed("GET", "/api/v3/openOrders")).json[0]
    assert (order["status"], order["executedQty"]) == ("PARTIALLY_FILLED", "0.10000000")
    await lab.price(51_001)
    assert (await lab.signed("GET", "/api/v3/openOrders")).json == []
    assert (await lab.balances())["BTC"] == (Decimal("0.6"), 0)
