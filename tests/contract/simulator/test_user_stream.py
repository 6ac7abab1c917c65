"""User data over the WebSocket API: subscriptions, requests and events."""

from decimal import Decimal

REPORT = {
    "e",
    "E",
    "s",
    "c",
    "S",
    "o",
    "f",
    "q",
    "p",
    "P",
    "F",
    "g",
    "C",
    "x",
    "X",
    "r",
    "i",
    "l",
    "z",
    "L",
    "n",
    "N",
    "T",
    "t",
    "v",
    "I",
    "w",
    "m",
    "M",
    "O",
    "Z",
    "Y",
    "Q",
    "W",
    "V",
}


async def test_a_market_order_tells_new_trade_and_the_money(lab):
    async with lab.user_stream() as wire:
        await lab.order(side="BUY", type="MARKET", quantity="0.1", newClientOrderId="go")
        new, trade, money = [await wire.event() for _ in range(3)]
    assert set(new) == REPORT
    assert (new["x"], new["X"], new["c"], new["C"], new["t"]) == ("NEW", "NEW", "go", "", -1)
    assert (trade["x"], trade["X"], trade["l"]) == ("TRADE", "FILLED", "0.10000000")
    assert (trade["n"], trade["N"], trade["m"], trade["Z"]) == (
        "0.00010000", "BTC", False, "5000.00100000")  # fmt: skip
    assert money["e"] == "outboundAccountPosition"
    assert {row["a"] for row in money["B"]} == {"BTC", "USDT"}


async def test_a_cancel_carries_its_own_id_and_the_original(lab):
    await lab.order(side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.1", price="40000",
                    newClientOrderId="mine")  # fmt: skip
    async with lab.user_stream() as wire:
        await lab.signed("DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="mine",
                         newClientOrderId="undo")  # fmt: skip
        report = await wire.event()
    assert (report["x"], report["c"], report["C"]) == ("CANCELED", "undo", "mine")


async def test_an_order_list_tells_its_start_its_legs_and_its_end(lab):
    async with lab.user_stream() as wire:
        await lab.signed(
            "POST", "/api/v3/orderList/oco", symbol="BTCUSDT", side="SELL", quantity="0.5",
            aboveType="LIMIT_MAKER", abovePrice="52000", belowType="STOP_LOSS",
            belowStopPrice="49000",
        )  # fmt: skip
        begin = [await wire.event() for _ in range(4)]
        await lab.price(48_000)
        end = [await wire.event() for _ in range(5)]
    kinds = ["listStatus", "executionReport", "executionReport", "outboundAccountPosition"]
    assert [event["e"] for event in begin] == kinds
    assert (begin[0]["l"], begin[0]["L"], begin[0]["c"]) == ("EXEC_STARTED", "EXECUTING", "OCO")
    assert [event.get("x") for event in end[:3]] == ["EXPIRED", "NEW", "TRADE"]
    assert (end[0]["eR"], end[0]["o"]) == ("OCO_TRIGGER", "LIMIT_MAKER")
    assert (end[3]["e"], end[3]["L"]) == ("listStatus", "ALL_DONE")
    assert end[4]["e"] == "outboundAccountPosition"


async def test_a_deposit_is_told_as_a_balance_update(lab):
    async with lab.user_stream() as wire:
        await lab.control("accounts", key=lab.key, secret=lab.secret,
                          balances={"USDT": "100050"})  # fmt: skip
        event = await wire.event()
    assert (event["e"], event["a"], event["d"]) == ("balanceUpdate", "USDT", "50.00000000")


async def test_one_account_subscribes_once_per_connection(lab):
    async with lab.socket("/ws-api/v3") as wire:
        first = await wire.call("userDataStream.subscribe.signature", **lab.api_params())
        again = await wire.call("userDataStream.subscribe.signature", **lab.api_params())
        listed = await wire.call("session.subscriptions")
        assert first["result"] == {"subscriptionId": 0}
        assert (again["status"], again["error"]["code"]) == (400, -2035)
        assert listed["result"] == [{"subscriptionId": 0}]
        await wire.ws.send_str('{"id": 3, "method": "userDataStream.unsubscribe"}')
        assert (await wire.event())["e"] == "eventStreamTerminated"
        assert (await wire.hear())["result"] == {}
        gone = await wire.call("userDataStream.unsubscribe")
        assert gone["error"]["code"] == -2036


async def test_two_accounts_share_a_connection_and_hear_their_own(lab):
    await lab.control("accounts", key="two", secret="word", balances={"USDT": "1000"})
    async with lab.user_stream() as wire:
        mine = lab.key, lab.secret
        lab.key, lab.secret = "two", "word"
        second = await wire.call("userDataStream.subscribe.signature", **lab.api_params())
        assert second["result"] == {"subscriptionId": 1}
        await lab.order(side="BUY", type="MARKET", quantity="0.01")
        assert (await wire.hear())["subscriptionId"] == 1
        lab.key, lab.secret = mine


async def test_requests_over_the_socket_answer_as_rest_does(lab):
    async with lab.socket("/ws-api/v3") as wire:
        assert (await wire.call("ping"))["result"] == {}
        assert (await wire.call("time"))["result"] == {"serverTime": lab.now}
        placed = await wire.call("order.place", **lab.api_params(
            symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01"))  # fmt: skip
        shown = await wire.call("order.status", **lab.api_params(
            symbol="BTCUSDT", orderId=placed["result"]["orderId"]))  # fmt: skip
        account = await wire.call("account.status", **lab.api_params())
        unsigned = await wire.call("account.status", apiKey=lab.key, timestamp=lab.now)
        unknown = await wire.call("no.such")
    assert shown["result"]["status"] == "FILLED"
    assert Decimal(account["result"]["balances"][1]["free"]) > 1
    assert shown["rateLimits"][0]["rateLimitType"] == "REQUEST_WEIGHT"
    assert (unsigned["error"]["code"], unknown["error"]["code"]) == (-1102, -1020)
