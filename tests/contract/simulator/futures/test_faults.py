"""The same faults on the futures exchange: slow store, races, refused triggers, stray events."""

from decimal import Decimal

import aiohttp
import pytest

LONG = 60_000
STOP = {"triggerPrice": "49000", "quantity": "0.1", "clientAlgoId": "sl"}
ONE = {"symbol": "BTCUSDT", "origClientOrderId": "one"}


async def limit(desk, side="SELL", price="51000", name="one"):
    return (await desk.order(side, "0.1", price, newClientOrderId=name)).json


@pytest.mark.parametrize("path", ["", "/fapi/*"])
async def test_a_new_order_is_found_neither_by_questions_nor_by_a_cancel(desk, path):
    await desk.lab.control("faults", what="stale", ms=LONG, path=path)
    await limit(desk)
    assert (await desk.get("order", **ONE))["code"] == -2013
    assert await desk.get("openOrders", symbol="BTCUSDT") == []
    assert (await desk.call("DELETE", "order", **ONE)).json["code"] == -2011
    await desk.lab.control("faults", method="DELETE")
    assert (await desk.get("order", **ONE))["status"] == "NEW"


async def test_a_rule_for_one_market_leaves_the_orders_of_the_other_alone(desk):
    await desk.lab.control("faults", what="stale", ms=LONG, path="/fapi/*")
    spot = await desk.lab.order(side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.01",
                                price="40000")  # fmt: skip
    hidden = await limit(desk)
    shown = await desk.lab.signed("GET", "/api/v3/order", symbol="BTCUSDT",
                                  orderId=spot.json["orderId"])  # fmt: skip
    assert shown.status == 200
    assert (await desk.seen(hidden["orderId"]))["code"] == -2013


async def test_a_new_conditional_order_is_found_neither_by_questions_nor_by_a_cancel(desk):
    await desk.lab.control("faults", what="stale", ms=LONG)
    await desk.algo("SELL", **STOP)
    assert (await desk.get("algoOrder", clientAlgoId="sl"))["code"] == -2013
    assert await desk.get("openAlgoOrders", symbol="BTCUSDT") == []
    assert (await desk.call("DELETE", "algoOrder", clientAlgoId="sl")).json["code"] == -2011
    await desk.lab.price(48_000)
    assert await desk.amount() == Decimal("-0.1")


async def test_trades_of_a_hidden_order_are_hidden_and_the_position_is_not(desk):
    await desk.lab.control("faults", what="stale", ms=LONG)
    await desk.order("BUY", "0.1")
    assert await desk.get("userTrades", symbol="BTCUSDT") == []
    assert await desk.amount() == Decimal("0.1")


async def test_orders_fill_lot_by_lot_then_stop_until_the_rest_is_wanted(desk):
    await desk.lab.control("faults", what="partial_fill", lots=["0.01", "0.02"],
                           where={"type": "LIMIT", "market": "futures"})  # fmt: skip
    await limit(desk)
    for price in (51_000, 51_001, 51_002):
        await desk.lab.price(price)
    assert await desk.amount() == Decimal("-0.03")
    await desk.act("fill", symbol="BTCUSDT", clientOrderId="one")
    assert await desk.amount() == Decimal("-0.1")


async def test_a_market_order_expires_with_what_an_empty_book_leaves(desk):
    await desk.lab.control("faults", what="partial_fill", lots=["0.03"])
    answer = (await desk.order("BUY", "0.1", newOrderRespType="RESULT")).json
    assert (answer["status"], Decimal(answer["executedQty"])) == ("EXPIRED", Decimal("0.03"))


@pytest.mark.parametrize(("share", "code", "amount"), [
    (1, -2011, "-0.1"), ("0.4", None, "-0.04")])  # fmt: skip
async def test_an_order_fills_while_it_is_cancelled(desk, share, code, amount):
    await limit(desk)
    await desk.lab.control("faults", what="fill_on_cancel", share=share)
    answer = (await desk.call("DELETE", "order", **ONE)).json
    assert (answer.get("code"), await desk.amount()) == (code, Decimal(amount))
    assert code or (answer["status"], Decimal(answer["executedQty"])) == (
        "CANCELED", Decimal("0.04"))  # fmt: skip


@pytest.mark.parametrize("name", ["algoOrder", "algoOpenOrders"])
async def test_a_stop_triggers_while_it_is_cancelled(desk, name):
    await desk.algo("SELL", **STOP)
    await desk.lab.control("faults", what="fill_on_cancel", where={"clientOrderId": "sl"})
    which = {"clientAlgoId": "sl"} if name == "algoOrder" else {"symbol": "BTCUSDT"}
    answer = (await desk.call("DELETE", name, **which)).json
    assert answer["code"] == (-2011 if name == "algoOrder" else 200)
    assert (await desk.get("algoOrder", clientAlgoId="sl"))["algoStatus"] == "FINISHED"
    assert await desk.amount() == Decimal("-0.1")


async def test_a_stop_is_refused_at_its_trigger(desk, hear):
    await desk.order("BUY", "0.1")
    await desk.algo("SELL", **STOP, reduceOnly="true")
    await desk.lab.control("faults", what="refuse_trigger", reason="Margin is insufficient.")
    async with desk.user_stream() as wire:
        await desk.lab.price(48_000)
        heard = await hear(wire, "ALGO_UPDATE", count=2)
    assert [event["o"]["X"] for event in heard] == ["TRIGGERING", "REJECTED"]
    assert heard[-1]["o"]["rm"] == "Margin is insufficient."
    assert await desk.amount() == Decimal("0.1")


@pytest.mark.parametrize(("rule", "story"), [
    ({"what": "reorder"}, ["FILLED", "NEW"]), ({"what": "duplicate"}, ["NEW", "NEW", "FILLED"]),
    ({"what": "stall", "where": {"X": "NEW"}}, ["FILLED"]),
    ({"what": "delay", "ms": 30, "where": {"X": "NEW"}}, ["FILLED", "NEW"]),
    ({"what": "edit", "changes": {"o.X": "ODD"}}, ["ODD", "FILLED"]),
])  # fmt: skip
async def test_order_reports_go_astray(desk, hear, rule, story):
    match = {"stream": "user@ORDER_TRADE_UPDATE", "symbol": "BTCUSDT", "key": desk.key}
    async with desk.user_stream() as wire:
        await desk.lab.control("faults", match=match, **rule)
        await desk.order("BUY", "0.1")
        heard = await hear(wire, "ORDER_TRADE_UPDATE", count=len(story))
    assert [event["o"]["X"] for event in heard] == story


@pytest.mark.parametrize("status", ["HALT", "BREAK", "CANCEL_ONLY", "END_OF_DAY", "SETTLING"])
async def test_a_contract_that_does_not_trade_lets_orders_go(desk, status):
    await limit(desk)
    await desk.algo("SELL", **STOP)
    await desk.lab.control("symbol", symbol="BTCUSDT", market="futures", status=status)
    await desk.lab.price(52_000)
    await desk.lab.price(48_000)
    assert await desk.amount() == 0
    assert (await desk.order("BUY", "0.1")).status == 400
    assert (await desk.call("DELETE", "order", **ONE)).status == 200
    assert (await desk.call("DELETE", "algoOrder", clientAlgoId="sl")).status == 200


async def test_the_futures_clock_is_wrong_by_itself_or_for_orders_alone(desk):
    await desk.lab.control("faults", what="skew", ms=-3_000, times=None,
                           match={"path": "/fapi/*"})  # fmt: skip
    assert (await desk.order("BUY", "0.1")).json["code"] == -1021
    told = (await desk.lab.public("/fapi/v1/time")).json["serverTime"]
    assert told == desk.lab.now - 3_000
    assert (await desk.order("BUY", "0.1", timestamp=told)).status == 200
    assert (await desk.lab.signed("GET", "/api/v3/account")).status == 200


@pytest.mark.parametrize("after", [False, True])
async def test_a_503_tells_nothing_about_a_futures_order(desk, after):
    words = "Unknown error, please check your request or try again later."
    await desk.lab.control("faults", what="status", status=503, msg=words, after=after,
                           match={"method": "POST", "path": "/fapi/v1/order"})  # fmt: skip
    answer = await desk.order("BUY", "0.1")
    assert (answer.status, answer.json) == (503, {"msg": words})
    assert await desk.amount() == (Decimal("0.1") if after else 0)


async def test_a_ban_holds_for_both_markets(desk):
    await desk.lab.control("faults", what="ban", ms=LONG, path="/fapi/v1/time")
    answers = [await desk.lab.public("/fapi/v1/time"), await desk.order("BUY", "0.1"),
               await desk.lab.public("/api/v3/time")]  # fmt: skip
    assert {answer.status for answer in answers} == {418}
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with desk.lab.socket("/private/ws"):
            pass


async def test_a_listen_key_expires_on_demand_and_a_new_one_is_heard(desk, hear):
    async with desk.user_stream() as wire:
        await desk.lab.control("disconnect", key=desk.key, event="listenKeyExpired")
        (told,) = await hear(wire, count=1)
        assert told["e"] == "listenKeyExpired"
        assert (await desk.listen_key("PUT"))["code"] == -1125
    async with desk.user_stream() as wire:
        await desk.order("BUY", "0.1")
        assert (await hear(wire, "ORDER_TRADE_UPDATE", count=1))[0]["o"]["X"] == "NEW"


async def test_a_key_that_is_revoked_trades_nowhere_and_hears_no_more(desk, hear):
    async with desk.user_stream() as wire:
        await desk.lab.control("accounts", key=desk.key, revoked=True)
        assert (await hear(wire, count=1))[0]["e"] == "listenKeyExpired"
    assert (await desk.order("BUY", "0.1")).json["code"] == -2015
    assert (await desk.listen_key())["code"] == -2015
