"""Conditional futures orders: waiting, triggering, following the price, and dying."""

from decimal import Decimal

import pytest

STOP = {"triggerPrice": "49000", "quantity": "0.1"}


async def test_a_stop_becomes_a_regular_order_with_an_id_of_its_own(desk, hear):
    await desk.order("BUY", "0.1")
    async with desk.user_stream() as wire:
        stop = (await desk.algo("SELL", clientAlgoId="sl-1", reduceOnly="true", **STOP)).json
        assert (stop["algoStatus"], stop["orderType"]) == ("NEW", "STOP_MARKET")
        assert "orderId" not in stop
        assert await desk.get("openOrders") == []
        await desk.path(open=50_000, high=50_100, low=48_000, close=48_500)
        heard = await hear(wire, "ALGO_UPDATE", "ORDER_TRADE_UPDATE",
                           until=lambda e: e.get("o", {}).get("X") == "FINISHED")  # fmt: skip
    states = [e["o"]["X"] for e in heard if e["e"] == "ALGO_UPDATE"]
    assert states == ["NEW", "TRIGGERING", "TRIGGERED", "FINISHED"]
    finished, filled = heard[-1]["o"], heard[-2]["o"]
    assert (filled["x"], filled["ap"], filled["c"], filled["ot"]) == (
        "TRADE", "49000", "sl-1", "STOP_MARKET")  # fmt: skip
    assert finished["ai"] == str(filled["i"]) != str(stop["algoId"])
    assert (finished["ap"], finished["aq"]) == ("49000", "0.1")
    seen = await desk.seen_algo(stop["algoId"])
    assert (seen["algoStatus"], seen["actualOrderId"]) == ("FINISHED", finished["ai"])
    assert (await desk.seen(int(finished["ai"])))["status"] == "FILLED"
    gone = await desk.call("DELETE", "algoOrder", algoId=stop["algoId"])
    assert gone.json["code"] == -2011


@pytest.mark.parametrize(("side", "kind", "trigger", "candle", "filled_at"), [
    ("SELL", "STOP_MARKET", "49000", (50_000, 50_100, 48_000, 48_500), "49000"),
    ("SELL", "STOP_MARKET", "49000", (48_700, 50_100, 48_000, 48_500), "48700"),
    ("SELL", "TAKE_PROFIT_MARKET", "51000", (50_000, 52_000, 49_900, 50_500), "51000"),
    ("SELL", "TAKE_PROFIT_MARKET", "51000", (51_500, 52_000, 49_900, 50_500), "51500"),
    ("BUY", "STOP_MARKET", "51000", (50_000, 52_000, 49_900, 50_500), "51000"),
    ("BUY", "TAKE_PROFIT_MARKET", "49000", (50_000, 50_100, 48_000, 48_500), "49000"),
])  # fmt: skip
async def test_a_trigger_fills_at_its_price_or_behind_a_jump(
    desk, side, kind, trigger, candle, filled_at
):
    await desk.algo(side, kind, triggerPrice=trigger, quantity="0.1")
    await desk.path(**dict(zip(("open", "high", "low", "close"), candle, strict=True)))
    (trade,) = await desk.get("userTrades", symbol="BTCUSDT")
    assert trade["price"] == filled_at


@pytest.mark.parametrize(("side", "kind", "trigger"), [
    ("SELL", "STOP_MARKET", "50000"), ("SELL", "TAKE_PROFIT_MARKET", "50000"),
    ("BUY", "STOP_MARKET", "49000"), ("BUY", "TAKE_PROFIT_MARKET", "51000"),
])  # fmt: skip
async def test_a_trigger_behind_the_price_is_refused(desk, side, kind, trigger):
    answer = await desk.algo(side, kind, triggerPrice=trigger, quantity="0.1")
    assert answer.json == {"code": -2021, "msg": "Order would immediately trigger."}


async def test_a_stop_limit_that_the_market_jumps_over_rests(desk):
    await desk.order("BUY", "0.1")
    stop = (await desk.algo("SELL", "STOP", price="48900", **STOP)).json
    await desk.lab.price(48_000)
    seen = await desk.seen_algo(stop["algoId"])
    assert seen["algoStatus"] == "TRIGGERED"
    (resting,) = await desk.get("openOrders", symbol="BTCUSDT")
    assert (str(resting["orderId"]), resting["price"]) == (seen["actualOrderId"], "48900")
    await desk.call("DELETE", "order", symbol="BTCUSDT", orderId=resting["orderId"])
    seen = await desk.seen_algo(stop["algoId"])
    assert (seen["algoStatus"], seen["actualQty"]) == ("FINISHED", "0")


async def test_close_position_closes_whatever_there_is(desk):
    await desk.order("BUY", "0.1")
    await desk.algo("SELL", triggerPrice="49000", closePosition="true")
    await desk.order("BUY", "0.2")
    await desk.lab.price(48_900)
    assert await desk.amount() == 0
    assert Decimal((await desk.get("userTrades", symbol="BTCUSDT"))[-1]["qty"]) == Decimal("0.3")


async def test_one_close_position_order_per_type_and_direction(desk):
    await desk.order("BUY", "0.1")
    close = {"closePosition": "true"}
    await desk.algo("SELL", triggerPrice="49000", **close)
    assert (await desk.algo("SELL", triggerPrice="48000", **close)).json["code"] == -4130
    target = await desk.algo("SELL", "TAKE_PROFIT_MARKET", triggerPrice="52000", **close)
    assert "algoId" in target.json


async def test_close_position_needs_a_position(desk):
    answer = await desk.algo("SELL", triggerPrice="49000", closePosition="true")
    assert answer.json["code"] == -4509


@pytest.mark.parametrize(("stays", "status"), [(True, "NEW"), (False, "EXPIRED")])
async def test_whether_an_orphan_stays_is_a_setting(desk, stays, status):
    await desk.lab.control("accounts", key=desk.key, orphans_stay=stays)
    await desk.order("BUY", "0.1")
    stop = (await desk.algo("SELL", triggerPrice="49000", closePosition="true")).json
    await desk.order("SELL", "0.1")
    assert (await desk.seen_algo(stop["algoId"]))["algoStatus"] == status


async def test_an_orphan_that_is_triggered_is_rejected(desk, hear):
    await desk.order("BUY", "0.1")
    await desk.algo("SELL", triggerPrice="49000", closePosition="true")
    await desk.order("SELL", "0.1")
    async with desk.user_stream() as wire:
        await desk.lab.price(48_900)
        heard = await hear(wire, "ALGO_UPDATE", count=2)
    assert [e["o"]["X"] for e in heard] == ["TRIGGERING", "REJECTED"]
    assert heard[-1]["o"]["rm"] == "Reduce Only reject"


async def test_gte_orders_die_with_their_position(desk):
    await desk.order("BUY", "0.1")
    stop = (await desk.algo("SELL", timeInForce="GTE_GTC", **STOP)).json
    await desk.order("SELL", "0.1")
    assert (await desk.seen_algo(stop["algoId"]))["algoStatus"] == "EXPIRED"


async def test_a_resting_order_bound_to_a_position_ends_with_it(desk):
    await desk.order("BUY", "0.1")
    await desk.algo("SELL", "STOP", timeInForce="GTE_GTC", price="48900", **STOP)
    await desk.lab.price(48_000)
    (resting,) = await desk.get("openOrders", symbol="BTCUSDT")
    assert resting["timeInForce"] == "GTE_GTC"
    await desk.order("SELL", "0.1")
    orders = (await desk.lab.state())["futures"]["orders"]
    ended = next(o for o in orders if o["orderId"] == resting["orderId"])
    assert (ended["status"], ended["er"]) == ("EXPIRED", "6")


async def test_margin_is_looked_at_when_it_triggers_not_before(desk, hear):
    async with desk.user_stream() as wire:
        placed = (await desk.algo("BUY", triggerPrice="51000", quantity="100")).json
        assert placed["algoStatus"] == "NEW"
        await desk.lab.price(51_000)
        heard = await hear(wire, "ALGO_UPDATE", count=3)
    assert (heard[-1]["o"]["X"], heard[-1]["o"]["rm"]) == ("REJECTED", "Margin is insufficient.")
    assert await desk.amount() == 0


async def test_a_trailing_stop_follows_the_best_price(desk):
    await desk.order("BUY", "0.1")
    await desk.algo("SELL", "TRAILING_STOP_MARKET", quantity="0.1", callbackRate="1")
    await desk.path(open=50_000, high=52_000, low=49_900, close=51_900)
    assert await desk.amount() == Decimal("0.1")
    await desk.path(open=51_900, high=51_950, low=51_000, close=51_200)
    assert (await desk.get("userTrades", symbol="BTCUSDT"))[-1]["price"] == "51480"


async def test_a_trailing_stop_sleeps_until_its_activation(desk, hear):
    async with desk.user_stream() as wire:
        placed = await desk.algo(
            "SELL", "TRAILING_STOP_MARKET", quantity="0.1", activatePrice="51000", callbackRate="1"
        )
        await desk.lab.price(49_000)
        assert (await desk.seen_algo(placed.json["algoId"]))["algoStatus"] == "NEW"
        await desk.lab.price(51_500)
        heard = await hear(wire, "ALGO_UPDATE", count=2)
        assert [e["o"]["ia"] for e in heard] == [False, True]
        await desk.lab.price(50_900)
    (trade,) = await desk.get("userTrades", symbol="BTCUSDT")
    assert trade["price"] == "50900"


async def test_two_hundred_conditional_orders_are_the_most(desk):
    for number in range(200):
        await desk.lab.control("advance", ms=700)
        await desk.algo("SELL", quantity="0.01", triggerPrice="40000", clientAlgoId=f"a{number}")
    assert len(await desk.get("openAlgoOrders")) == 200
    assert (await desk.algo("SELL", **STOP)).json["code"] == -4045
    assert (await desk.call("DELETE", "algoOpenOrders", symbol="BTCUSDT")).json["code"] == 200
    assert await desk.get("openAlgoOrders", symbol="BTCUSDT") == []
    assert len(await desk.get("allAlgoOrders", symbol="BTCUSDT")) == 200


async def test_algo_ids_are_unique_among_waiting_ones(desk):
    await desk.algo("SELL", clientAlgoId="one", **STOP)
    assert (await desk.algo("SELL", clientAlgoId="one", **STOP)).json["code"] == -4116
    answer = (await desk.call("DELETE", "algoOrder", clientAlgoId="one")).json
    assert (answer["code"], answer["msg"]) == ("200", "success")
    assert "algoId" in (await desk.algo("SELL", clientAlgoId="one", **STOP)).json


async def test_a_triggered_order_may_carry_a_new_id(desk):
    await desk.lab.control("accounts", key=desk.key, keeps_algo_id=False)
    await desk.algo("BUY", triggerPrice="51000", quantity="0.1", clientAlgoId="mine")
    await desk.lab.price(51_000)
    (order,) = await desk.get("allOrders", symbol="BTCUSDT")
    assert order["clientOrderId"] != "mine"


async def test_a_fault_refuses_a_trigger(desk):
    await desk.lab.control("faults", what="refuse_trigger", reason="Price band.",
                           where={"market": "futures"})  # fmt: skip
    placed = (await desk.algo("BUY", triggerPrice="51000", quantity="0.1")).json
    await desk.lab.price(51_000)
    assert (await desk.seen_algo(placed["algoId"]))["algoStatus"] == "REJECTED"
    assert (await desk.lab.state())["futures"]["algoOrders"][0]["rm"] == "Price band."


async def test_hedge_mode_stops_close_their_own_side(desk):
    await desk.lab.control("accounts", key=desk.key, hedge=True)
    await desk.order("BUY", "0.1", positionSide="LONG")
    await desk.order("SELL", "0.1", positionSide="SHORT")
    await desk.algo("SELL", triggerPrice="49000", closePosition="true", positionSide="LONG")
    await desk.lab.price(48_900)
    assert await desk.amount(side="LONG") == 0
    assert await desk.amount(side="SHORT") == Decimal("-0.1")
