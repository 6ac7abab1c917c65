"""The client library that the product uses, unchanged, against the local exchange."""

import asyncio
from decimal import Decimal

import pytest
from binance import AsyncClient, BinanceSocketManager
from binance.exceptions import BinanceAPIException
from binance.ws.reconnecting_websocket import ReconnectingWebsocket


@pytest.fixture
async def client(lab, monkeypatch):
    monkeypatch.setattr(ReconnectingWebsocket, "TIMEOUT", 3)  # closing waits this long
    host = lab.exchange.url.removeprefix("http://")

    class LocalClient(AsyncClient):
        API_URL = f"http://{host}/api"
        MARGIN_API_URL = f"http://{host}/sapi"
        WS_API_URL = f"ws://{host}/ws-api/v3"
        SOCKETS = f"ws://{host}/"

    ready = await LocalClient.create(lab.key, lab.secret, session_params={"trust_env": False})
    # its stamp is real time plus the offset measured once, and this clock stands still
    ready.REQUEST_RECVWINDOW = 60_000
    yield ready
    await ready.close_connection()


def sockets(client):
    class LocalSockets(BinanceSocketManager):
        STREAM_URL = client.SOCKETS

    return LocalSockets(client)


async def test_an_order_lives_its_whole_life(client, lab):
    placed = await client.create_order(
        symbol="BTCUSDT", side="SELL", type="LIMIT", timeInForce="GTC", quantity="0.5",
        price="51000", newClientOrderId="sk-1",
    )  # fmt: skip
    assert [o["orderId"] for o in await client.get_open_orders(symbol="BTCUSDT")] == [
        placed["orderId"]]  # fmt: skip
    await lab.price(51_000)
    order = await client.get_order(symbol="BTCUSDT", origClientOrderId="sk-1")
    assert order["status"] == "FILLED"
    trades = await client.get_my_trades(symbol="BTCUSDT", orderId=placed["orderId"])
    assert sum(Decimal(trade["qty"]) for trade in trades) == Decimal("0.5")
    with pytest.raises(BinanceAPIException) as refusal:
        await client.cancel_order(symbol="BTCUSDT", origClientOrderId="sk-1")
    assert (refusal.value.code, refusal.value.status_code) == (-2011, 400)


async def test_an_exit_list_is_placed_seen_and_cancelled(client):
    placed = await client.create_oco_order(
        symbol="BTCUSDT", side="SELL", quantity="0.5", aboveType="LIMIT_MAKER",
        abovePrice="52000", belowType="STOP_LOSS_LIMIT", belowStopPrice="49000",
        belowPrice="48900", belowTimeInForce="GTC",
    )  # fmt: skip
    listed = await client.v3_get_order_list(orderListId=placed["orderListId"])
    assert listed["listOrderStatus"] == "EXECUTING"
    await client.v3_delete_order_list(symbol="BTCUSDT", orderListId=placed["orderListId"])
    assert await client.v3_get_open_order_list() == []


async def test_everything_else_that_the_product_asks_for_is_answered(client):
    assert len((await client.get_exchange_info())["symbols"]) == 3
    assert len(await client.get_klines(symbol="BTCUSDT", interval="5m", limit=1000)) == 1000
    assert (await client.get_account())["canTrade"] is True
    assert (await client.get_symbol_ticker(symbol="BTCUSDT"))["price"] == "50000.00000000"
    assert {t["symbol"] for t in await client.get_orderbook_tickers()} >= {"BTCUSDT"}
    assert (await client.get_ticker(symbol="BTCUSDT"))["lastPrice"] == "50000.00000000"
    assert (await client.get_order_book(symbol="BTCUSDT", limit=5))["bids"][0][0][:5] == "50000"
    assert (await client.get_avg_price(symbol="BTCUSDT"))["mins"] == 5
    rights = await client.get_account_api_permissions()
    assert (rights["enableReading"], rights["enableWithdrawals"]) == (True, False)
    fees = await client.v3_get_account_commission(symbol="BTCUSDT")
    assert fees["standardCommission"]["taker"] == "0.00100000"
    limits = await client.get_current_order_count()
    assert {limit["interval"] for limit in limits} == {"SECOND", "DAY"}


async def test_its_sockets_hear_candles_and_user_events(client, lab):
    manager = sockets(client)
    async with asyncio.timeout(20), manager.user_socket() as user:
        async with manager.multiplex_socket(["btcusdt@kline_1m", "ethusdt@kline_1m"]) as market:
            await lab.control("advance", ms=60_000)
            closed = set()
            while len(closed) < 2:
                event = (await market.recv())["data"]
                if event["k"]["x"]:
                    closed.add(event["s"])
        await client.create_order(symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.1")
        heard = [await user.recv() for _ in range(3)]
    assert [event.get("x") for event in heard] == ["NEW", "TRADE", None]
