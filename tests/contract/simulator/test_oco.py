"""Order lists: one leg cancels the other."""

from decimal import Decimal

import pytest

EXIT = {
    "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.5", "listClientOrderId": "exit",
    "aboveType": "LIMIT_MAKER", "abovePrice": "52000", "aboveClientOrderId": "target",
    "belowType": "STOP_LOSS", "belowStopPrice": "49000", "belowClientOrderId": "stop",
}  # fmt: skip


@pytest.fixture
async def exits(lab):
    answer = await lab.signed("POST", "/api/v3/orderList/oco", in_body=True, **EXIT)
    assert answer.status == 200, answer.json
    return answer.json


async def legs(lab):
    orders = (await lab.signed("GET", "/api/v3/allOrders", symbol="BTCUSDT")).json
    return {order["clientOrderId"]: order["status"] for order in orders}


async def test_both_legs_share_one_lock(lab, exits):
    assert exits["contingencyType"] == "OCO"
    assert exits["listOrderStatus"] == "EXECUTING"
    assert {r["type"]: r["workingTime"] > 0 for r in exits["orderReports"]} == {
        "LIMIT_MAKER": True, "STOP_LOSS": False}  # fmt: skip
    assert (await lab.balances())["BTC"] == (Decimal("0.5"), Decimal("0.5"))


@pytest.mark.parametrize(
    ("price", "filled", "expired"), [(52_000, "target", "stop"), (48_900, "stop", "target")]
)
async def test_a_leg_that_fills_expires_the_other(lab, exits, price, filled, expired):
    await lab.price(price)
    assert await legs(lab) == {filled: "FILLED", expired: "EXPIRED"}
    assert (await lab.balances())["BTC"] == (Decimal("0.5"), 0)
    reasons = {o["clientOrderId"]: o["expiryReason"] for o in (await lab.state())["orders"]}
    assert reasons[expired] == "OCO_TRIGGER"
    listed = await lab.signed("GET", "/api/v3/orderList", orderListId=exits["orderListId"])
    assert listed.json["listOrderStatus"] == "ALL_DONE"
    assert (await lab.signed("GET", "/api/v3/openOrderList")).json == []


async def test_the_stop_wins_when_one_candle_holds_both_prices(lab, exits):
    await lab.control("candle", symbol="BTCUSDT", open="50000", high="53000", low="48000",
                      close="50000")  # fmt: skip
    await lab.price(50_000)
    await lab.control("advance", ms=120_000)
    assert await legs(lab) == {"stop": "FILLED", "target": "EXPIRED"}


@pytest.mark.parametrize("way", ["leg", "list"])
async def test_cancelling_a_leg_cancels_the_list_and_only_once(lab, exits, way):
    if way == "leg":
        request = ("/api/v3/order", {"origClientOrderId": "target"})
    else:
        request = ("/api/v3/orderList", {"listClientOrderId": "exit"})
    path, which = request
    answer = await lab.signed("DELETE", path, symbol="BTCUSDT", **which)
    assert answer.json["listStatusType"] == "ALL_DONE"
    assert [r["status"] for r in answer.json["orderReports"]] == ["CANCELED", "CANCELED"]
    assert await legs(lab) == {"target": "CANCELED", "stop": "CANCELED"}
    assert (await lab.balances())["BTC"] == (Decimal(1), 0)
    again = await lab.signed("DELETE", path, symbol="BTCUSDT", **which)
    assert again.json["code"] == -2011


async def test_a_leg_that_fills_partly_expires_the_other_at_once(lab, exits):
    await lab.control("faults", what="partial_fill", share="0.5")
    await lab.price(52_000)
    assert await legs(lab) == {"target": "PARTIALLY_FILLED", "stop": "EXPIRED"}
    await lab.signed("DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="target")
    assert (await lab.balances())["BTC"] == (Decimal("0.75"), 0)


@pytest.mark.parametrize(("changes", "code"), [
    ({"abovePrice": "49500"}, -2010),
    ({"belowStopPrice": "50500"}, -2010),
    ({"belowTimeInForce": "GTC"}, -1106),
    ({"aboveTimeInForce": "GTC"}, -1106),
    ({"aboveType": "LIMIT"}, -1158),
    ({"aboveType": "STOP_LOSS", "abovePrice": None, "aboveStopPrice": "52000"}, -1197),
    ({"belowType": "LIMIT_MAKER", "belowStopPrice": None, "belowPrice": "49000"}, -1168),
    ({"belowClientOrderId": "target"}, -2010),
    ({"quantity": "5"}, -2010),
])  # fmt: skip
async def test_a_list_that_makes_no_sense_is_refused_whole(lab, changes, code):
    wanted = {name: value for name, value in (EXIT | changes).items() if value is not None}
    answer = await lab.signed("POST", "/api/v3/orderList/oco", **wanted)
    assert answer.json["code"] == code
    assert (await lab.signed("GET", "/api/v3/openOrders")).json == []
    assert (await lab.balances())["BTC"] == (Decimal(1), 0)


async def test_the_legacy_form_makes_the_same_list(lab):
    answer = await lab.signed(
        "POST", "/api/v3/order/oco", symbol="BTCUSDT", side="SELL", quantity="0.5",
        price="52000", stopPrice="49000", stopLimitPrice="48900", stopLimitTimeInForce="GTC",
    )  # fmt: skip
    assert sorted(r["type"] for r in answer.json["orderReports"]) == [
        "LIMIT_MAKER", "STOP_LOSS_LIMIT"]  # fmt: skip
