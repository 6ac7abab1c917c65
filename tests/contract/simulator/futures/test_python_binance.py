"""The client library that the product uses, unchanged, against the futures exchange."""

import asyncio
from decimal import Decimal

import pytest
from binance import AsyncClient, BinanceSocketManager
from binance.exceptions import BinanceAPIException
from binance.ws.reconnecting_websocket import ReconnectingWebsocket


@pytest.fixture
async def client(desk, monkeypatch):
    monkeypatch.setattr(ReconnectingWebsocket, "TIMEOUT", 3)  # closing waits this long
    host = desk.lab.exchange.url.removeprefix("http://")

    class LocalClient(AsyncClient):
        API_URL = f"http://{host}/api"
        MARGIN_API_URL = f"http://{host}/sapi"
        FUTURES_URL = f"http://{host}/fapi"
        WS_API_URL = f"ws://{host}/ws-api/v3"
        WS_FUTURES_URL = f"ws://{host}/ws-fapi/v1"
        SOCKETS = f"ws://{host}/fstream/"

    ready = await LocalClient.create(
        desk.lab.key, desk.lab.secret, session_params={"trust_env": False}
    )
    # its stamp is real time plus the offset measured once, and this clock stands still
    ready.REQUEST_RECVWINDOW = 60_000
    yield ready
    await ready.close_connection()


def sockets(client):
    class LocalSockets(BinanceSocketManager):
        FSTREAM_URL = client.SOCKETS

    return LocalSockets(client)


async def test_a_position_is_opened_protected_and_closed(client, desk):
    await client.futures_change_margin_type(symbol="BTCUSDT", marginType="ISOLATED")
    await client.futures_change_leverage(symbol="BTCUSDT", leverage=10)
    placed = await client.futures_create_order(
        symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.1", newClientOrderId="sk-1",
        newOrderRespType="RESULT",
    )  # fmt: skip
    assert placed["status"] == "FILLED"
    order = await client.futures_get_order(symbol="BTCUSDT", origClientOrderId="sk-1")
    assert (order["avgPrice"], order["orderId"]) == ("50000.00000", placed["orderId"])
    (position,) = await client.futures_position_information(symbol="BTCUSDT")
    assert position["positionAmt"] == "0.1"
    stop = await client.futures_create_order(
        symbol="BTCUSDT", side="SELL", type="STOP_MARKET", stopPrice="49000",
        closePosition="true", clientAlgoId="sk-stop",
    )  # fmt: skip
    target = await client.futures_create_algo_order(
        symbol="BTCUSDT", side="SELL", type="TAKE_PROFIT_MARKET", triggerPrice="51000",
        closePosition="true", clientAlgoId="sk-target",
    )  # fmt: skip
    assert len(await client.futures_get_open_orders(conditional=True)) == 2
    assert await client.futures_get_open_orders(symbol="BTCUSDT") == []
    await desk.lab.price(51_000)
    done = await client.futures_get_algo_order(algoId=target["algoId"])
    assert done["algoStatus"] == "FINISHED"
    trades = await client.futures_account_trades(symbol="BTCUSDT")
    assert trades[-1]["orderId"] == int(done["actualOrderId"])
    cancelled = await client.futures_cancel_algo_order(algoId=stop["algoId"])
    assert cancelled["code"] == "200"
    with pytest.raises(BinanceAPIException) as refusal:
        await client.futures_cancel_order(symbol="BTCUSDT", origClientOrderId="sk-1")
    assert (refusal.value.code, refusal.value.status_code) == (-2011, 400)


async def test_everything_else_that_a_product_asks_for_is_answered(client):
    assert len((await client.futures_exchange_info())["symbols"]) == 3
    candles = {"interval": "5m", "limit": 1500}
    assert len(await client.futures_klines(symbol="BTCUSDT", **candles)) == 1500
    continuous = await client.futures_continuous_klines(
        pair="BTCUSDT", contractType="PERPETUAL", **candles
    )
    assert len(continuous) == 1500
    assert (await client.futures_time())["serverTime"] > 0
    assert (await client.futures_symbol_ticker(symbol="BTCUSDT"))["price"] == "50000"
    assert len(await client.futures_orderbook_ticker()) == 3
    assert (await client.futures_ticker(symbol="BTCUSDT"))["lastPrice"] == "50000.00000000"
    assert (await client.futures_order_book(symbol="BTCUSDT", limit=5))["bids"]
    assert (await client.futures_mark_price(symbol="BTCUSDT"))["markPrice"] == "50000.00000000"
    assert await client.futures_funding_rate(symbol="BTCUSDT") == []
    assert (await client.futures_account())["totalWalletBalance"] == "10000.00000000"
    assert (await client.futures_account(version=3))["positions"] == []
    assert (await client.futures_account_balance())[0]["asset"] == "USDT"
    assert (await client.futures_get_position_mode()) == {"dualSidePosition": False}
    assert (await client.futures_get_multi_assets_mode()) == {"multiAssetsMargin": False}
    (bracket,) = [
        row for row in await client.futures_leverage_bracket() if row["symbol"] == "BTCUSDT"
    ]
    assert bracket["brackets"][0]["initialLeverage"] == 125
    rates = await client.futures_commission_rate(symbol="BTCUSDT")
    assert (rates["makerCommissionRate"], rates["takerCommissionRate"]) == ("0.0002", "0.0005")
    assert [row["incomeType"] for row in await client.futures_income_history()] == ["TRANSFER"]
    assert await client.futures_get_all_orders(symbol="BTCUSDT") == []
    await client.futures_countdown_cancel_all(symbol="BTCUSDT", countdownTime=0)
    orders = [{"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
               "quantity": "0.1", "price": "49000"}]  # fmt: skip
    (placed,) = await client.futures_place_batch_order(batchOrders=orders)
    assert placed["status"] == "NEW"
    answer = await client.futures_cancel_all_open_orders(symbol="BTCUSDT")
    assert answer["code"] == 200


async def test_money_moves_between_the_wallets(client, desk):
    with pytest.raises(BinanceAPIException) as refusal:
        await client.make_universal_transfer(type="MAIN_UMFUTURE", asset="USDT", amount="100")
    assert refusal.value.code == -2015
    rights = {"permitsUniversalTransfer": True}
    await desk.lab.control("accounts", key=desk.key, permissions=rights)
    moved = await client.make_universal_transfer(type="MAIN_UMFUTURE", asset="USDT", amount="100")
    assert moved["tranId"] > 0
    assert await desk.wallet() == 10_100
    await client.futures_account_transfer(asset="USDT", amount="50", type=2)
    assert await desk.wallet() == 10_050
    assert (await desk.lab.balances())["USDT"][0] == 950
    with pytest.raises(BinanceAPIException, match="insufficient balance"):
        await client.make_universal_transfer(type="UMFUTURE_MAIN", asset="USDT", amount="20000")
    history = await client.query_universal_transfer_history(type="MAIN_UMFUTURE")
    assert [Decimal(row["amount"]) for row in history["rows"]] == [100, 10_000]


async def test_its_sockets_hear_candles_prices_and_user_events(client, desk):
    manager = sockets(client)
    async with asyncio.timeout(20), manager.futures_user_socket() as user:
        async with (
            manager.kline_futures_socket("BTCUSDT", interval="1m") as candles,
            manager.symbol_mark_price_socket("BTCUSDT") as marks,
            manager.futures_multiplex_socket(["btcusdt@kline_1m"]) as several,
        ):
            await desk.lab.price(50_500)
            assert (await candles.recv())["e"] == "continuous_kline"
            assert (await marks.recv())["data"]["p"] == "50500.00000000"
            assert (await several.recv())["data"]["e"] == "kline"
            await client.futures_create_order(
                symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.1"
            )
        heard = [await user.recv() for _ in range(4)]
    assert [event["e"] for event in heard] == [
        "ORDER_TRADE_UPDATE", "TRADE_LITE", "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE"]  # fmt: skip
