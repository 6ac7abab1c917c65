"""A read store that lags: an order is in the book before those who ask can find it."""

import asyncio
from decimal import Decimal

import pytest

MARKET = {"side": "BUY", "type": "MARKET", "quantity": "0.1", "newClientOrderId": "one"}
LIMIT = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1", "price": "40000",
         "newClientOrderId": "one"}  # fmt: skip
EXIT = {
    "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.5", "listClientOrderId": "exit",
    "aboveType": "LIMIT_MAKER", "abovePrice": "52000", "aboveClientOrderId": "target",
    "belowType": "STOP_LOSS", "belowStopPrice": "49000", "belowClientOrderId": "stop",
}  # fmt: skip
LONG = 60_000


async def ask(lab, name, **params):
    return await lab.signed("GET", f"/api/v3/{name}", **params)


async def test_an_accepted_order_is_not_found_by_any_question(lab):
    await lab.control("faults", what="stale", match={"method": "GET"}, ms=LONG)
    assert (await lab.order(**MARKET)).json["status"] == "FILLED"
    by_id = await ask(lab, "order", symbol="BTCUSDT", origClientOrderId="one")
    assert (by_id.status, by_id.json["code"]) == (400, -2013)
    for name in ("allOrders", "myTrades", "openOrders"):
        assert (await ask(lab, name, symbol="BTCUSDT")).json == []
    assert (await lab.balances())["BTC"][0] == Decimal("1.0999")


async def test_only_the_newest_order_is_hidden_and_only_from_its_owner(lab):
    await lab.order(**LIMIT | {"newClientOrderId": "old"})
    await lab.control("faults", what="stale", ms=LONG,
                      match={"symbol": "BTCUSDT", "method": "GET"})  # fmt: skip
    await lab.order(**LIMIT)
    await lab.order(**LIMIT | {"newClientOrderId": "next"})
    shown = (await ask(lab, "openOrders", symbol="BTCUSDT")).json
    assert [order["clientOrderId"] for order in shown] == ["old", "next"]


@pytest.mark.parametrize(("method", "code"), [("GET", 200), ("DELETE", 400)])
async def test_the_method_of_the_rule_says_whether_a_cancel_finds_the_order(lab, method, code):
    await lab.control("faults", what="stale", ms=LONG,
                      match={"method": method, "path": "/api/v3/order"})  # fmt: skip
    await lab.order(**LIMIT)
    answer = await lab.signed("DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="one")
    assert answer.status == code
    assert code == 200 or answer.json["code"] == -2011
    assert ((await lab.state())["orders"][0]["status"] == "NEW") is (code == 400)


async def test_a_list_and_its_legs_are_hidden_together(lab):
    await lab.control("faults", what="stale", match={"method": "GET"}, ms=LONG)
    placed = (await lab.signed("POST", "/api/v3/orderList/oco", **EXIT)).json
    for params in ({"orderListId": placed["orderListId"]}, {"origClientOrderId": "exit"}):
        assert (await ask(lab, "orderList", **params)).json["code"] == -2013
    assert (await ask(lab, "openOrderList")).json == []
    assert (await ask(lab, "openOrders", symbol="BTCUSDT")).json == []
    stop = await ask(lab, "order", symbol="BTCUSDT", origClientOrderId="stop")
    assert stop.json["code"] == -2013


async def test_the_store_catches_up_after_the_time_named(lab):
    await lab.control("faults", what="stale", ms=80)
    await lab.order(**LIMIT)
    seen = []
    async with asyncio.timeout(5):
        while not seen or seen[-1] != 200:
            answer = await ask(lab, "order", symbol="BTCUSDT", origClientOrderId="one")
            seen.append(answer.status)
    assert seen[0] == 400
    assert len((await ask(lab, "openOrders", symbol="BTCUSDT")).json) == 1


async def test_what_is_hidden_is_shown_when_the_faults_are_removed(lab):
    await lab.control("faults", what="stale", ms=LONG, times=None)
    await lab.order(**LIMIT)
    await lab.control("faults", method="DELETE")
    found = await ask(lab, "order", symbol="BTCUSDT", origClientOrderId="one")
    assert found.json["status"] == "NEW"


async def test_an_order_placed_over_the_socket_is_hidden_there(lab):
    await lab.control("faults", what="stale", ms=LONG)
    order = {"symbol": "BTCUSDT", **LIMIT}
    named = {"symbol": "BTCUSDT", "origClientOrderId": "one"}
    async with lab.socket("/ws-api/v3") as wire:
        assert (await wire.call("order.place", **lab.api_params(**order)))["status"] == 200
        shown = await wire.call("order.status", **lab.api_params(**named))
        undone = await wire.call("order.cancel", **lab.api_params(**named))
    assert (shown["error"]["code"], undone["error"]["code"]) == (-2013, -2011)
