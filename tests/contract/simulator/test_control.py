"""The control surface: seeing everything and setting the scene."""

from decimal import Decimal

from aiohttp import WSMsgType


async def test_the_state_shows_money_orders_trades_and_requests(lab):
    await lab.order(side="BUY", type="MARKET", quantity="0.1", newClientOrderId="one")
    await lab.signed("GET", "/api/v3/account")
    state = await lab.state()
    assert state["clock"]["now"] == lab.now
    assert state["prices"]["BTCUSDT"] == "50000.00000000"
    assert [(order["clientOrderId"], order["status"]) for order in state["orders"]] == [
        ("one", "FILLED")]  # fmt: skip
    assert state["trades"][0]["commissionAsset"] == "BTC"
    assert state["orderLists"] == []
    balances = {b["asset"]: Decimal(b["free"]) for b in state["accounts"][0]["balances"]}
    assert balances["BTC"] == Decimal("1.0999")
    placed, asked = state["requests"]
    assert (placed["method"], placed["path"], placed["status"]) == ("POST", "/api/v3/order", 200)
    assert (placed["at"], placed["key"], placed["params"]["symbol"]) == (
        lab.now, lab.key, "BTCUSDT")  # fmt: skip
    assert asked["number"] == placed["number"] + 1
    assert all("signature" not in request["params"] for request in (placed, asked))


async def test_one_seed_makes_one_world(open_lab):
    stories = []
    for _ in range(2):
        async with open_lab(seed=5) as lab:
            await lab.order(side="BUY", type="MARKET", quantity="0.1")
            await lab.signed(
                "POST", "/api/v3/orderList/oco", symbol="BTCUSDT", side="SELL", quantity="0.1",
                aboveType="LIMIT_MAKER", abovePrice="90000", belowType="STOP_LOSS",
                belowStopPrice="20000",
            )  # fmt: skip
            await lab.control("advance", ms=3_600_000)
            state = await lab.state()
            candles = await lab.public("/api/v3/klines", symbol="ETHUSDT", interval="1m")
            stories.append((state["orders"], state["trades"], state["prices"], candles.json))
    assert stories[0] == stories[1]


async def test_wishes_that_make_no_sense_are_refused(lab):
    refused = [
        await lab.control("price", symbol="NOPE", price="1"),
        await lab.control("price", symbol="BTCUSDT", price="cheap"),
        await lab.control("candle", symbol="BTCUSDT", open="5", high="4", low="3", close="4"),
        await lab.control("accounts", key="x"),
    ]
    assert all("error" in answer for answer in refused)


async def test_a_filter_changes_while_the_exchange_runs(lab):
    await lab.control("symbol", symbol="BTCUSDT", step="0.01")
    answer = await lab.order(side="BUY", type="MARKET", quantity="0.001")
    assert answer.json["msg"] == "Filter failure: LOT_SIZE"
    info = (await lab.public("/api/v3/exchangeInfo", symbol="BTCUSDT")).json["symbols"][0]
    assert info["filters"][1]["stepSize"] == "0.01000000"


async def test_sockets_are_warned_and_cut_by_hand(lab):
    async with lab.user_stream() as user, lab.socket("/ws/btcusdt@bookTicker") as market:
        assert await lab.control("disconnect", path="/ws-api", notice=True) == {"sockets": 1}
        assert (await user.event())["e"] == "serverShutdown"
        assert await lab.control("disconnect", path="/ws-api") == {"sockets": 1}
        assert (await user.ws.receive(timeout=5)).type != WSMsgType.TEXT
        await lab.price(51_000)
        assert (await market.hear())["s"] == "BTCUSDT"


async def test_a_warning_has_the_form_of_its_connection(lab):
    async with lab.socket("/ws/x") as raw, lab.socket("/stream?streams=x") as combined:
        await lab.control("disconnect", notice=True)
        assert (await raw.hear())["e"] == "serverShutdown"
        assert (await combined.hear())["stream"] == "!serverShutdown"
