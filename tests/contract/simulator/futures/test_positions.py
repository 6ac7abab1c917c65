"""Positions: reducing, hedge mode, leverage, margin types and what they refuse."""

from decimal import Decimal

import pytest


async def test_a_reduce_only_order_needs_something_to_reduce(desk):
    assert (await desk.order("SELL", "0.1", reduceOnly="true")).json["code"] == -2022
    await desk.order("BUY", "0.1")
    assert (await desk.order("BUY", "0.1", reduceOnly="true")).json["code"] == -2022


async def test_a_reduce_only_order_never_turns_a_position_around(desk):
    await desk.order("BUY", "0.1")
    placed = (await desk.order("SELL", "0.3", reduceOnly="true", newOrderRespType="RESULT")).json
    assert (placed["executedQty"], placed["status"]) == ("0.1", "EXPIRED")
    assert await desk.amount() == 0


async def test_better_reduce_only_orders_knock_out_worse_ones(desk):
    await desk.order("BUY", "0.1")
    far = (await desk.order("SELL", "0.1", "52000", reduceOnly="true")).json
    worse = await desk.order("SELL", "0.1", "53000", reduceOnly="true")
    assert worse.json["code"] == -4118
    near = (await desk.order("SELL", "0.1", "51000", reduceOnly="true")).json
    assert [o["orderId"] for o in await desk.get("openOrders")] == [near["orderId"]]
    orders = (await desk.lab.state())["futures"]["orders"]
    assert next(o["er"] for o in orders if o["orderId"] == far["orderId"]) == "4"


async def test_reduce_only_orders_end_with_their_position(desk):
    await desk.order("BUY", "0.1")
    target = (await desk.order("SELL", "0.1", "52000", reduceOnly="true")).json
    await desk.order("SELL", "0.1")
    assert (await desk.seen(target["orderId"]))["status"] == "EXPIRED"


async def test_hedge_mode_holds_both_sides_apart(desk):
    mode = {"dualSidePosition": "true"}
    assert (await desk.call("POST", "positionSide/dual", **mode)).json["code"] == 200
    assert (await desk.call("POST", "positionSide/dual", **mode)).json["code"] == -4059
    assert await desk.get("positionSide/dual") == {"dualSidePosition": True}
    assert (await desk.order("BUY", "0.1")).json["code"] == -4061
    await desk.order("BUY", "0.1", positionSide="LONG")
    await desk.order("SELL", "0.2", positionSide="SHORT")
    assert await desk.amount(side="LONG") == Decimal("0.1")
    assert await desk.amount(side="SHORT") == Decimal("-0.2")
    over = await desk.order("BUY", "0.3", positionSide="SHORT")
    assert over.json["code"] == -2022
    reduce = await desk.order("SELL", "0.1", positionSide="LONG", reduceOnly="true")
    assert reduce.json["code"] == -1106
    await desk.order("SELL", "0.1", positionSide="LONG")
    assert await desk.amount(side="LONG") == 0
    blocked = await desk.call("POST", "positionSide/dual", dualSidePosition="false")
    assert blocked.json["code"] == -4068


async def test_a_long_or_short_side_needs_hedge_mode(desk):
    assert (await desk.order("BUY", "0.1", positionSide="LONG")).json["code"] == -4061


async def test_the_mode_of_an_account_can_be_set_behind_its_back(desk):
    await desk.lab.control("accounts", key=desk.key, hedge=True)
    assert await desk.get("positionSide/dual") == {"dualSidePosition": True}


async def test_leverage_is_told_and_bounds_the_position(desk, hear):
    async with desk.user_stream() as wire:
        answer = await desk.call("POST", "leverage", symbol="BTCUSDT", leverage=125)
        event = (await hear(wire, count=1))[0]
    assert answer.json == {"leverage": 125, "maxNotionalValue": "50000", "symbol": "BTCUSDT"}
    assert (event["e"], event["ac"]) == ("ACCOUNT_CONFIG_UPDATE", {"s": "BTCUSDT", "l": 125})
    assert (await desk.order("BUY", "1.1")).json["code"] == -2027
    await desk.order("BUY", "1")
    assert Decimal((await desk.position())["positionInitialMargin"]) == 400
    wrong = await desk.call("POST", "leverage", symbol="BTCUSDT", leverage=126)
    assert wrong.json["code"] == -4028
    low = await desk.call("POST", "leverage", symbol="BTCUSDT", leverage=4)
    assert low.json["code"] == -2028
    (config,) = await desk.get("symbolConfig", symbol="BTCUSDT")
    assert (config["leverage"], config["marginType"]) == (125, "CROSSED")


async def test_the_margin_type_stays_while_anything_is_open(desk):
    isolated = {"symbol": "BTCUSDT", "marginType": "ISOLATED"}
    same = await desk.call("POST", "marginType", symbol="BTCUSDT", marginType="CROSSED")
    assert same.json == {"code": -4046, "msg": "No need to change margin type."}
    order = (await desk.order("BUY", "0.1", "49000")).json
    assert (await desk.call("POST", "marginType", **isolated)).json["code"] == -4047
    await desk.call("DELETE", "order", symbol="BTCUSDT", orderId=order["orderId"])
    await desk.order("BUY", "0.1")
    assert (await desk.call("POST", "marginType", **isolated)).json["code"] == -4048
    await desk.order("SELL", "0.1")
    changed = await desk.call("POST", "marginType", **isolated)
    assert changed.json == {"code": 200, "msg": "success"}


async def test_isolated_margin_is_set_aside_and_given_back(desk):
    await desk.call("POST", "marginType", symbol="BTCUSDT", marginType="ISOLATED")
    await desk.order("BUY", "0.2")
    position = await desk.position()
    assert Decimal(position["isolatedWallet"]) == 500
    (row,) = await desk.get("/fapi/v3/balance")
    assert Decimal(row["crossWalletBalance"]) == 10_000 - 5 - 500
    await desk.order("SELL", "0.1")
    assert Decimal((await desk.position())["isolatedWallet"]) == 250
    lower = await desk.call("POST", "leverage", symbol="BTCUSDT", leverage=10)
    assert lower.json["code"] == -4161


@pytest.mark.parametrize("quantity", ["4.1", "100"])
async def test_no_more_is_opened_than_the_margin_covers(desk, quantity):
    answer = await desk.order("BUY", quantity)
    assert answer.json == {"code": -2019, "msg": "Margin is insufficient."}


async def test_an_order_against_the_position_needs_no_margin_until_it_outgrows_it(desk):
    await desk.order("BUY", "3.9")
    free = Decimal((await desk.get("/fapi/v3/account"))["availableBalance"])
    assert free < 250
    assert "orderId" in (await desk.order("SELL", "3.9", "52000")).json
    assert Decimal((await desk.get("/fapi/v3/account"))["availableBalance"]) == free


async def test_two_accounts_do_not_see_each_other(desk, other):
    await desk.order("BUY", "0.1")
    assert await other.amount() == 0
    assert await other.get("allOrders", symbol="BTCUSDT") == []
    assert await other.wallet() == 10_000
