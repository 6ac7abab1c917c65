"""Regular futures orders: placing, filling, finding, changing and cancelling them."""

from decimal import Decimal

import pytest


async def test_a_market_order_opens_a_position_and_pays_the_taker_fee(desk):
    placed = (await desk.order("BUY", "0.1", newOrderRespType="RESULT")).json
    assert (placed["status"], placed["executedQty"]) == ("FILLED", "0.1")
    assert "avgPrice" not in placed
    position = await desk.position()
    assert (position["positionAmt"], position["entryPrice"]) == ("0.1", "50000")
    assert Decimal(position["initialMargin"]) == 250
    assert await desk.wallet() == 10_000 - Decimal("2.5")
    seen = await desk.seen(placed["orderId"])
    assert (seen["avgPrice"], seen["cumQuote"]) == ("50000.00000", "5000")


async def test_an_ack_says_new_though_the_order_is_filled_already(desk):
    placed = (await desk.order("BUY", "0.1")).json
    assert (placed["status"], placed["executedQty"]) == ("NEW", "0")
    assert (await desk.seen(placed["orderId"]))["status"] == "FILLED"


async def test_a_resting_limit_fills_as_maker_at_its_price(desk):
    placed = (await desk.order("BUY", "0.1", "49000")).json
    assert [o["orderId"] for o in await desk.get("openOrders", symbol="BTCUSDT")] == [
        placed["orderId"]]  # fmt: skip
    assert Decimal((await desk.get("/fapi/v3/account"))["totalOpenOrderInitialMargin"]) == 245
    await desk.path(open=50_000, high=50_100, low=48_000, close=48_500)
    trade = (await desk.get("userTrades", symbol="BTCUSDT"))[-1]
    assert (trade["maker"], trade["price"], trade["commission"]) == (True, "49000", "0.98000000")
    assert await desk.get("openOrders") == []


async def test_closing_realizes_exactly_what_the_prices_say(desk):
    await desk.order("BUY", "0.1")
    await desk.lab.price(51_000)
    await desk.order("SELL", "0.1", reduceOnly="true")
    opening, closing = await desk.get("userTrades", symbol="BTCUSDT")
    assert (opening["realizedPnl"], closing["realizedPnl"]) == ("0.00000000", "100.00000000")
    assert await desk.wallet() == 10_000 + 100 - Decimal("2.5") - Decimal("2.55")
    assert await desk.position() is None


async def test_an_order_larger_than_the_position_turns_it_around(desk):
    await desk.order("BUY", "0.1")
    await desk.order("SELL", "0.3")
    position = await desk.position()
    assert (position["positionAmt"], position["entryPrice"]) == ("-0.2", "50000")


@pytest.mark.parametrize(("force", "price", "code"), [
    ("GTX", "50000", -5022), ("FOK", "49000", -5021),
])  # fmt: skip
async def test_what_may_not_rest_or_not_take_is_refused(desk, force, price, code):
    answer = await desk.order("BUY", "0.1", price, timeInForce=force)
    assert answer.json["code"] == code
    assert await desk.get("allOrders", symbol="BTCUSDT") == []


async def test_an_ioc_that_cannot_trade_expires(desk):
    placed = (await desk.order("BUY", "0.1", "49000", timeInForce="IOC")).json
    assert (await desk.seen(placed["orderId"]))["status"] == "EXPIRED"
    state = (await desk.lab.state())["futures"]
    assert state["orders"][0]["er"] == "2"


async def test_ids_are_unique_among_live_orders_only(desk):
    await desk.order("BUY", "0.1", "49000", newClientOrderId="sk-1")
    again = await desk.order("BUY", "0.1", "49000", newClientOrderId="sk-1")
    assert again.json == {"code": -4116, "msg": "ClientOrderId is duplicated."}
    cancelled = await desk.call("DELETE", "order", symbol="BTCUSDT", origClientOrderId="sk-1")
    assert cancelled.json["status"] == "CANCELED"
    anew = await desk.order("BUY", "0.1", newClientOrderId="sk-1")
    latest = await desk.get("order", symbol="BTCUSDT", origClientOrderId="sk-1")
    assert latest["orderId"] == anew.json["orderId"]
    gone = await desk.call("DELETE", "order", symbol="BTCUSDT", origClientOrderId="sk-1")
    assert gone.json == {"code": -2011, "msg": "Unknown order sent."}


async def test_a_limit_order_is_modified_in_place(desk, hear):
    placed = (await desk.order("BUY", "0.1", "49000")).json
    change = {"symbol": "BTCUSDT", "orderId": placed["orderId"], "side": "BUY"}
    async with desk.user_stream() as wire:
        changed = (await desk.call("PUT", "order", quantity="0.2", price="48500", **change)).json
        event = (await hear(wire, count=1))[0]
    assert (changed["orderId"], changed["price"]) == (placed["orderId"], "48500")
    assert (event["o"]["x"], event["o"]["q"], event["o"]["p"]) == ("AMENDMENT", "0.2", "48500")
    same = await desk.call("PUT", "order", quantity="0.2", price="48500", **change)
    assert same.json["code"] == -5027
    bad = await desk.call("PUT", "order", quantity="0.2", price="48500.001", **change)
    assert bad.json["code"] == -1111
    assert (await desk.seen(placed["orderId"]))["price"] == "48500"


async def test_a_batch_answers_each_order_for_itself(desk):
    orders = (
        '[{"symbol":"BTCUSDT","side":"BUY","type":"MARKET","quantity":"0.1"},'
        '{"symbol":"BTCUSDT","side":"SELL","type":"STOP_MARKET","quantity":"0.1"}]'
    )
    answers = (await desk.call("POST", "batchOrders", batchOrders=orders)).json
    assert answers[0]["origQty"] == "0.1"
    assert answers[1]["code"] == -4120


async def test_cancelling_all_leaves_conditional_orders_and_other_symbols(desk):
    await desk.order("BUY", "0.1", "49000")
    await desk.order("BUY", "0.1", "1900", symbol="ETHUSDT")
    stop = (await desk.algo("BUY", quantity="0.1", triggerPrice="52000")).json
    answer = await desk.call("DELETE", "allOpenOrders", symbol="BTCUSDT")
    assert answer.json["code"] == 200
    assert [o["symbol"] for o in await desk.get("openOrders")] == ["ETHUSDT"]
    assert [a["algoId"] for a in await desk.get("openAlgoOrders")] == [stop["algoId"]]


async def test_a_countdown_cancels_unless_it_is_wound_up_again(desk):
    await desk.order("BUY", "0.1", "49000")
    await desk.call("POST", "countdownCancelAll", symbol="BTCUSDT", countdownTime=60_000)
    await desk.lab.control("advance", ms=30_000)
    await desk.call("POST", "countdownCancelAll", symbol="BTCUSDT", countdownTime=60_000)
    await desk.lab.control("advance", ms=45_000)
    assert len(await desk.get("openOrders")) == 1
    await desk.lab.control("advance", ms=60_000)
    assert await desk.get("openOrders") == []


async def test_a_good_till_date_ends_an_order(desk):
    due = desk.lab.now + 660_000
    placed = await desk.order("BUY", "0.1", "49000", timeInForce="GTD", goodTillDate=due)
    early = await desk.order("BUY", "0.1", "49000", timeInForce="GTD", goodTillDate=due - 61_000)
    assert early.json["code"] == -5040
    await desk.path(open=50_000, high=50_100, low=49_900, close=50_000)
    await desk.lab.control("advance", ms=600_000)
    state = (await desk.lab.state())["futures"]["orders"]
    assert {o["orderId"]: o["status"] for o in state}[placed.json["orderId"]] == "EXPIRED"


async def test_unfilled_orders_are_forgotten_after_three_days(desk):
    placed = (await desk.order("BUY", "0.1", "48000")).json
    await desk.call("DELETE", "order", symbol="BTCUSDT", orderId=placed["orderId"])
    assert (await desk.seen(placed["orderId"]))["status"] == "CANCELED"
    await desk.lab.control("advance", ms=3 * 86_400_000 + 60_000)
    assert (await desk.seen(placed["orderId"]))["code"] == -2013


async def test_a_test_order_changes_nothing(desk):
    wish = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET"}
    assert (await desk.call("POST", "order/test", quantity="0.1", **wish)).json["origQty"] == "0.1"
    refused = await desk.call("POST", "order/test", quantity="100", **wish)
    assert refused.json["code"] == -2019
    assert await desk.amount() == 0


async def test_part_fills_come_lot_by_lot(desk):
    await desk.lab.control("faults", what="partial_fill", lots=["0.03", "0.05"],
                           where={"market": "futures"})  # fmt: skip
    placed = (await desk.order("BUY", "0.1", newOrderRespType="RESULT")).json
    assert (placed["status"], placed["executedQty"]) == ("EXPIRED", "0.08")
    assert await desk.amount() == Decimal("0.08")
