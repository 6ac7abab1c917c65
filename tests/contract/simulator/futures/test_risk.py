"""What the exchange does alone: liquidation, ADL, settlement, funding, margin calls."""

from decimal import Decimal

import pytest


async def leveraged(desk, side="BUY", quantity="0.2", leverage=50, *, isolated=True):
    if isolated:
        await desk.call("POST", "marginType", symbol="BTCUSDT", marginType="ISOLATED")
    await desk.call("POST", "leverage", symbol="BTCUSDT", leverage=leverage)
    await desk.order(side, quantity)


@pytest.mark.parametrize("side", ["BUY", "SELL"])
async def test_the_liquidation_price_is_where_margin_meets_maintenance(desk, side):
    await leveraged(desk, side)
    position = await desk.position()
    price, way = Decimal(position["liquidationPrice"]), 1 if side == "BUY" else -1
    backing = Decimal(position["isolatedWallet"]) + way * (price - 50_000) * Decimal("0.2")
    assert abs(backing - price * Decimal("0.2") * Decimal("0.004")) < Decimal("0.0001")


async def test_an_isolated_position_is_liquidated_on_the_way_and_costs_its_margin(desk, hear):
    await leveraged(desk)
    ends = Decimal((await desk.position())["liquidationPrice"])
    await desk.order("BUY", "0.1", "45000")
    async with desk.user_stream() as wire:
        await desk.path(open=50_000, high=50_000, low=48_000, close=48_500)
        heard = await hear(wire, until=lambda e: e.get("a", {}).get("m") == "INSURANCE_CLEAR")
    orders = [e["o"] for e in heard if e["e"] == "ORDER_TRADE_UPDATE"]
    assert (orders[0]["X"], orders[0]["er"]) == ("EXPIRED", "5")
    closing = orders[-1]
    assert closing["c"].startswith("autoclose-")
    assert (closing["x"], closing["X"], closing["q"]) == ("CALCULATED", "FILLED", "0.2")
    assert 0 <= ends - Decimal(closing["L"]) < Decimal("0.01")
    assert await desk.amount() == 0
    assert await desk.wallet() == 10_000 - 5 - 200
    kinds = [row["incomeType"] for row in await desk.get("income")]
    assert kinds[-3:] == ["REALIZED_PNL", "COMMISSION", "INSURANCE_CLEAR"]


async def test_a_jump_far_behind_costs_no_more_than_the_isolated_margin(desk):
    await leveraged(desk)
    await desk.lab.price(40_000)
    assert await desk.wallet() == 10_000 - 5 - 200
    assert Decimal((await desk.get("income"))[-1]["income"]) > 0


async def test_a_crossed_position_lives_on_the_whole_wallet(desk):
    await leveraged(desk, quantity="0.2", isolated=False)
    await desk.lab.price(40_000)
    assert await desk.amount() == Decimal("0.2")
    await desk.lab.control("accounts", key=desk.key, futures={"USDT": "2010"})
    await desk.lab.price(39_990)
    assert await desk.amount() == 0
    assert await desk.wallet() == 0


async def test_a_stop_before_the_liquidation_price_saves_the_margin(desk):
    await leveraged(desk)
    await desk.algo("SELL", triggerPrice="49500", closePosition="true")
    await desk.path(open=50_000, high=50_000, low=48_000, close=48_500)
    trade = (await desk.get("userTrades", symbol="BTCUSDT"))[-1]
    assert trade["price"] == "49500"
    assert all(not o["clientOrderId"].startswith("autoclose")
               for o in await desk.get("allOrders", symbol="BTCUSDT"))  # fmt: skip


async def test_a_stop_behind_the_liquidation_price_comes_too_late(desk):
    await leveraged(desk)
    await desk.algo("SELL", triggerPrice="48500", closePosition="true")
    await desk.path(open=50_000, high=50_000, low=48_000, close=48_200)
    order = (await desk.get("allOrders", symbol="BTCUSDT"))[-1]
    assert order["clientOrderId"].startswith("autoclose-")


async def test_one_margin_call_before_the_end(desk, hear):
    await leveraged(desk)
    async with desk.user_stream() as wire:
        for price in (49_900, 49_230, 49_220):
            await desk.lab.price(price)
        await desk.order("SELL", "0.1")
        heard = await hear(wire, until=lambda e: e["e"] == "TRADE_LITE")
    calls = [e for e in heard if e["e"] == "MARGIN_CALL"]
    assert len(calls) == 1
    assert calls[0]["p"][0]["s"] == "BTCUSDT"
    assert calls[0]["p"][0]["mt"] == "ISOLATED"


async def test_liquidation_adl_and_settlement_on_demand(desk, hear):
    async with desk.user_stream() as wire:
        for act, prefix, status in (
            ("liquidate", "autoclose-", "CALCULATED"), ("adl", "adl_autoclose", "TRADE"),
        ):  # fmt: skip
            await desk.order("BUY", "0.1")
            await desk.act(act, symbol="BTCUSDT")
            heard = await hear(wire, "ORDER_TRADE_UPDATE", until=lambda e, p=prefix: (
                e["o"]["c"].startswith(p) and e["o"]["X"] == "FILLED"))  # fmt: skip
            assert heard[-1]["o"]["x"] == status
            assert await desk.amount() == 0
    await desk.order("BUY", "0.2")
    await desk.act("adl", symbol="BTCUSDT", quantity="0.05", price="50500")
    assert await desk.amount() == Decimal("0.15")
    resting = (await desk.order("BUY", "0.1", "49000")).json
    await desk.act("settle", symbol="BTCUSDT", price="50100")
    assert await desk.amount() == 0
    orders = {o["orderId"]: o for o in (await desk.lab.state())["futures"]["orders"]}
    assert orders[resting["orderId"]]["er"] == "7"
    assert max(orders.items())[1]["clientOrderId"].startswith("settlement_autoclose-")
    assert (await desk.order("BUY", "0.1")).json["code"] == -4141


async def test_funding_comes_every_eight_hours(desk, other, hear):
    await desk.order("BUY", "0.1")
    await other.order("SELL", "0.1")
    before = await desk.wallet(), await other.wallet()
    due = (await desk.get("premiumIndex", symbol="BTCUSDT"))["nextFundingTime"]
    assert due % 28_800_000 == 0
    await desk.act("funding", symbol="BTCUSDT", rate="0.0003", later=True)
    await desk.lab.control("advance", to=due - 60_000)
    async with desk.user_stream() as wire:
        await desk.lab.control("advance", to=due + 60_000)
        event = (await hear(wire, "ACCOUNT_UPDATE", count=1))[0]
    (paid,) = await desk.get("income", incomeType="FUNDING_FEE")
    amount = Decimal(paid["income"])
    assert paid["time"] == due
    assert amount < 0
    assert await desk.wallet() - before[0] == amount
    assert await other.wallet() - before[1] == -amount
    assert (event["a"]["m"], event["a"]["B"][0]["bc"]) == ("FUNDING_FEE", paid["income"])
    rates = (await desk.lab.public("/fapi/v1/fundingRate", symbol="BTCUSDT")).json
    assert [(r["fundingTime"], r["fundingRate"]) for r in rates] == [(due, "0.00030000")]


async def test_funding_of_an_isolated_position_comes_out_of_its_margin(desk):
    await leveraged(desk, leverage=10)
    await desk.act("funding", symbol="BTCUSDT", rate="0.001")
    assert Decimal((await desk.position())["isolatedWallet"]) == 990


async def test_a_halted_contract_does_not_trade_until_it_is_back(desk):
    placed = (await desk.order("BUY", "0.1", "49000")).json
    halt = {"symbol": "BTCUSDT", "market": "futures"}
    await desk.lab.control("symbol", status="PENDING_TRADING", **halt)
    await desk.lab.price(48_000)
    assert (await desk.seen(placed["orderId"]))["status"] == "NEW"
    assert (await desk.order("BUY", "0.1")).json["code"] == -4141
    await desk.lab.control("symbol", status="TRADING", **halt)
    assert (await desk.seen(placed["orderId"]))["status"] == "FILLED"


async def test_a_contract_about_to_settle_only_lets_positions_shrink(desk):
    await desk.order("BUY", "0.1")
    await desk.lab.control("symbol", symbol="BTCUSDT", market="futures", status="PRE_SETTLE")
    assert (await desk.order("BUY", "0.1")).json["code"] == -4140
    await desk.order("SELL", "0.1", reduceOnly="true")
    assert await desk.amount() == 0


async def test_an_order_can_be_filled_by_hand(desk):
    placed = (await desk.order("BUY", "0.1", "49000")).json
    await desk.act("fill", symbol="BTCUSDT", orderId=placed["orderId"], quantity="0.04")
    seen = await desk.seen(placed["orderId"])
    assert (seen["status"], seen["executedQty"]) == ("PARTIALLY_FILLED", "0.04")


async def test_a_limit_behind_the_liquidation_price_is_cancelled_before_it_could_fill(desk):
    await leveraged(desk)
    placed = (await desk.order("BUY", "0.1", "48500")).json
    await desk.path(open=50_000, high=50_000, low=48_000, close=48_200)
    assert (await desk.seen(placed["orderId"]))["status"] == "EXPIRED"
    assert await desk.amount() == 0


async def test_a_good_till_date_ends_a_conditional_order(desk):
    due = desk.lab.now + 660_000
    placed = await desk.algo(
        "BUY", "STOP", quantity="0.1", price="90000", triggerPrice="90000", timeInForce="GTD",
        goodTillDate=due,
    )  # fmt: skip
    await desk.lab.control("advance", ms=720_000)
    assert (await desk.seen_algo(placed.json["algoId"]))["algoStatus"] == "EXPIRED"
