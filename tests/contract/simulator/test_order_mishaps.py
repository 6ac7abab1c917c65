"""What goes wrong with orders in the book: partial fills, races, halts, legs and triggers."""

from decimal import Decimal

import pytest

LIMIT = {"type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1"}
EXIT = {
    "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.5", "listClientOrderId": "exit",
    "aboveType": "LIMIT_MAKER", "abovePrice": "52000", "aboveClientOrderId": "target",
    "belowType": "STOP_LOSS", "belowStopPrice": "49000", "belowClientOrderId": "stop",
}  # fmt: skip
ONE = {"symbol": "BTCUSDT", "origClientOrderId": "one"}


async def sell(lab, **params):
    wish = LIMIT | {"side": "SELL", "price": "51000", "newClientOrderId": "one"} | params
    return (await lab.order(**wish)).json


async def exits(lab):
    return (await lab.signed("POST", "/api/v3/orderList/oco", **EXIT)).json


async def orders(lab):
    return {o["clientOrderId"]: (o["status"], Decimal(o["executedQty"]))
            for o in (await lab.state())["orders"]}  # fmt: skip


async def cancel(lab, path="/api/v3/order", **params):
    return await lab.signed("DELETE", path, **(params or ONE))


async def test_a_resting_order_fills_lot_by_lot_then_stops_until_the_rest_is_wanted(lab):
    await sell(lab)
    rule = {"lots": ["0.00001", "0.02"], "where": {"type": "LIMIT"}}
    await lab.control("faults", what="partial_fill", **rule)
    story = []
    for price in (51_000, 51_001, 51_002, 51_003):
        await lab.price(price)
        story.append((await orders(lab))["one"])
    assert story == [("PARTIALLY_FILLED", Decimal("0.00001"))] + [
        ("PARTIALLY_FILLED", Decimal("0.02001"))] * 3  # fmt: skip
    fill = {"key": lab.key, "symbol": "BTCUSDT", "clientOrderId": "one"}
    await lab.control("fill", **fill, quantity="0.01")
    assert (await orders(lab))["one"] == ("PARTIALLY_FILLED", Decimal("0.03001"))
    assert (await lab.control("fill", **fill))["status"] == "FILLED"
    assert "error" in await lab.control("fill", **fill)
    trades = (await lab.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT")).json
    assert [trade["qty"] for trade in trades] == [
        "0.00001000", "0.02000000", "0.01000000", "0.06999000"]  # fmt: skip


async def test_the_rest_fills_by_the_market_once_the_rule_is_gone(lab):
    await sell(lab)
    await lab.control("faults", what="partial_fill", lots=["0.01"])
    await lab.price(51_000)
    await lab.price(51_001)
    await lab.control("faults", method="DELETE")
    await lab.price(51_002)
    assert (await orders(lab))["one"] == ("FILLED", Decimal("0.1"))


@pytest.mark.parametrize(("lots", "status", "done"), [
    (["0.03", "0.07"], "FILLED", "0.1"), (["0.03", "0.01"], "EXPIRED", "0.04"),
    ([], "EXPIRED", "0"),
])  # fmt: skip
async def test_a_market_order_takes_what_the_book_holds_and_expires_with_the_rest(
    lab, lots, status, done
):
    await lab.control("faults", what="partial_fill", lots=lots)
    answer = await lab.order(side="BUY", type="MARKET", quantity="0.1")
    assert (answer.json["status"], Decimal(answer.json["executedQty"])) == (status, Decimal(done))
    assert [Decimal(fill["qty"]) for fill in answer.json["fills"]] == [Decimal(q) for q in lots]
    free, locked = (await lab.balances())["USDT"]
    spent = Decimal(answer.json["cummulativeQuoteQty"])
    assert (free, locked) == (100_000 - spent, 0)


async def test_all_or_nothing_gets_nothing_from_a_book_that_holds_less(lab):
    await lab.control("faults", what="partial_fill", lots=["0.03"])
    answer = await sell(lab, price="50000", timeInForce="FOK")
    assert (answer["status"], answer["fills"]) == ("EXPIRED", [])


async def test_a_rule_for_fills_meets_its_symbol_or_type_alone(lab):
    await lab.control("faults", what="partial_fill", match={"symbol": "ETHUSDT"}, times=None)
    await lab.control("faults", what="partial_fill", where={"type": "LIMIT"}, times=None)
    assert (await lab.order(side="BUY", type="MARKET", quantity="0.1")).json["status"] == "FILLED"
    assert (await sell(lab, price="50000"))["status"] == "PARTIALLY_FILLED"


async def test_an_order_that_fills_while_it_is_cancelled_is_an_unknown_one(lab):
    await sell(lab)
    await lab.control("faults", what="fill_on_cancel")
    answer = await cancel(lab)
    assert (answer.status, answer.json["code"]) == (400, -2011)
    assert (await orders(lab))["one"] == ("FILLED", Decimal("0.1"))


async def test_an_order_that_fills_in_part_while_it_is_cancelled_says_so_at_its_end(lab):
    await sell(lab)
    await lab.control("faults", what="fill_on_cancel", share="0.4")
    async with lab.user_stream() as wire:
        answer = (await cancel(lab)).json
        told = [await wire.event() for _ in range(4)]
    assert (answer["status"], answer["executedQty"]) == ("CANCELED", "0.04000000")
    assert [event.get("x") for event in told] == ["TRADE", None, "CANCELED", None]
    assert told[2]["z"] == "0.04000000"
    assert (await lab.balances())["BTC"] == (Decimal("0.96"), 0)


@pytest.mark.parametrize(("leg", "other"), [("stop", "target"), ("target", "stop")])
async def test_a_leg_fills_while_its_list_is_cancelled(lab, leg, other):
    listed = await exits(lab)
    await lab.control("faults", what="fill_on_cancel", where={"clientOrderId": leg})
    answer = await cancel(lab, "/api/v3/orderList", symbol="BTCUSDT",
                          orderListId=listed["orderListId"])  # fmt: skip
    assert answer.json["code"] == -2011
    assert await orders(lab) == {leg: ("FILLED", Decimal("0.5")), other: ("EXPIRED", 0)}
    assert (await lab.balances())["BTC"] == (Decimal("0.5"), 0)


async def test_the_second_leg_stays_live_and_can_be_cancelled(lab):
    listed = await exits(lab)
    await lab.control("faults", what="keep_leg")
    await lab.price(52_000)
    assert await orders(lab) == {"target": ("FILLED", Decimal("0.5")), "stop": ("NEW", 0)}
    shown = await lab.signed("GET", "/api/v3/orderList", orderListId=listed["orderListId"])
    assert shown.json["listOrderStatus"] == "EXECUTING"
    assert (await cancel(lab, symbol="BTCUSDT", origClientOrderId="stop")).status == 200
    assert (await lab.balances())["BTC"] == (Decimal("0.5"), 0)


async def test_the_second_leg_that_stayed_sells_what_is_free(lab):
    await exits(lab)
    await lab.control("faults", what="keep_leg")
    await lab.price(52_000)
    await lab.price(48_000)
    assert (await orders(lab))["stop"] == ("FILLED", Decimal("0.5"))
    assert (await lab.balances())["BTC"] == (0, 0)


async def test_a_leg_is_refused_at_its_trigger_and_nothing_protects_any_more(lab):
    await exits(lab)
    await lab.control("faults", what="refuse_trigger", where={"type": "STOP_LOSS"})
    async with lab.user_stream() as wire:
        await lab.price(48_000)
        told = [await wire.event() for _ in range(2)]
    assert await orders(lab) == {"stop": ("EXPIRED", 0), "target": ("EXPIRED", 0)}
    reasons = {event["c"]: event["eR"] for event in told}
    assert reasons == {"target": "OCO_TRIGGER", "stop": "EXECUTION_RULE_PRICE_RANGE_EXCEEDED"}
    assert (await lab.balances())["BTC"] == (1, 0)


@pytest.mark.parametrize("status", ["HALT", "BREAK", "CANCEL_ONLY", "END_OF_DAY"])
async def test_a_halted_symbol_trades_nothing_takes_nothing_and_lets_orders_go(lab, status):
    await sell(lab)
    await sell(lab, newClientOrderId="two")
    shown = await lab.control("symbol", symbol="BTCUSDT", status=status)
    assert shown["status"] == status
    info = (await lab.public("/api/v3/exchangeInfo", symbol="BTCUSDT")).json["symbols"][0]
    assert info["status"] == status
    refused = await lab.order(side="BUY", type="MARKET", quantity="0.1")
    assert (refused.json["code"], refused.json["msg"]) == (-2010, "Market is closed.")
    await lab.price(52_000)
    assert (await orders(lab))["one"] == ("NEW", 0)
    assert (await cancel(lab)).status == 200
    await lab.control("symbol", symbol="BTCUSDT", status="TRADING")
    assert await orders(lab) == {"one": ("CANCELED", 0), "two": ("FILLED", Decimal("0.1"))}


async def test_the_exchange_ends_live_orders_when_it_halts_a_symbol(lab):
    await exits(lab)
    await sell(lab)
    async with lab.user_stream() as wire:
        await lab.control("symbol", symbol="BTCUSDT", status="HALT", expel=True)
        told = [await wire.event() for _ in range(3)]
    assert {(event["x"], event["eR"]) for event in told} == {("EXPIRED", "EXCHANGE_CANCELED")}
    assert {status for status, _ in (await orders(lab)).values()} == {"EXPIRED"}
    assert (await lab.balances())["BTC"] == (1, 0)


async def test_filters_change_under_a_resting_order_which_still_fills(lab):
    await sell(lab, price="51000.01")
    await lab.control("symbol", symbol="BTCUSDT", tick="1", step="0.5", min_notional="50000")
    refused = await lab.order(side="SELL", **LIMIT, price="51000.01")
    assert refused.json["msg"] == "Filter failure: PRICE_FILTER"
    await lab.price(51_001)
    assert (await orders(lab))["one"] == ("FILLED", Decimal("0.1"))


async def test_the_owner_trades_by_hand_beside_the_robot(lab):
    await sell(lab)
    by_hand = await lab.order(**LIMIT, side="SELL", price="53000",
                              newClientOrderId="web_3f2a")  # fmt: skip
    undone = await cancel(lab, symbol="BTCUSDT", origClientOrderId="one")
    assert (by_hand.status, undone.json["status"]) == (200, "CANCELED")
    shown = (await lab.signed("GET", "/api/v3/openOrders", symbol="BTCUSDT")).json
    assert [order["clientOrderId"] for order in shown] == ["web_3f2a"]
