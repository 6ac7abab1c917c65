"""python-binance at the local futures exchange: only its addresses are changed."""

import asyncio

from binance import AsyncClient, BinanceSocketManager
from binance.exceptions import BinanceAPIException
from binance.ws.reconnecting_websocket import ReconnectingWebsocket

from tests.conformance import facts

SYMBOL = "BTCUSDT"
ReconnectingWebsocket.TIMEOUT = 1  # closing waits as long as this


class Driver:
    refusals = BinanceAPIException

    async def start(self, url, key, secret):
        host = url.removeprefix("http://")

        class Local(AsyncClient):
            API_URL = f"http://{host}/api"
            FUTURES_URL = f"http://{host}/fapi"

        class Sockets(BinanceSocketManager):
            FSTREAM_URL = f"ws://{host}/fstream/"

        self.client = await Local.create(key, secret, session_params={"trust_env": False})
        self.sockets = Sockets(self.client)
        self.user = self.sockets.futures_user_socket()
        await self.user.__aenter__()
        self.heard = facts.Heard()
        self.listening = asyncio.get_running_loop().create_task(self._listen())

    async def stop(self):
        await facts.ended(self.listening)
        await self.user.__aexit__(None, None, None)
        await self.client.close_connection()

    @staticmethod
    def code(refusal):
        return refusal.code

    async def settings(self, leverage, margin):
        await self.client.futures_change_margin_type(symbol=SYMBOL, marginType=margin)
        answer = await self.client.futures_change_leverage(symbol=SYMBOL, leverage=leverage)
        return answer["leverage"]

    async def place(self, side, kind, quantity, name, price=None):
        more = {} if price is None else {"price": price, "timeInForce": "GTC"}
        return facts.raw_order(await self.client.futures_create_order(
            symbol=SYMBOL, side=side, type=kind, quantity=quantity, newClientOrderId=name,
            newOrderRespType="RESULT", **more,
        ))  # fmt: skip

    async def query(self, name):
        answer = await self.client.futures_get_order(symbol=SYMBOL, origClientOrderId=name)
        return facts.raw_order(answer)

    async def cancel(self, name):
        answer = await self.client.futures_cancel_order(symbol=SYMBOL, origClientOrderId=name)
        return facts.raw_order(answer)

    async def open_orders(self):
        return [
            facts.raw_order(order)
            for order in await self.client.futures_get_open_orders(symbol=SYMBOL)
        ]

    async def place_algo(self, kind, trigger, quantity, name):
        return facts.raw_algo(await self.client.futures_create_order(
            symbol=SYMBOL, side="SELL", type=kind, stopPrice=trigger, quantity=quantity,
            reduceOnly="true", clientAlgoId=name,
        ))  # fmt: skip

    async def query_algo(self, name):
        return facts.raw_algo(await self.client.futures_get_algo_order(clientAlgoId=name))

    async def cancel_algo(self, name):
        answer = await self.client.futures_cancel_algo_order(clientAlgoId=name)
        return answer["clientAlgoId"]

    async def open_algos(self):
        return [
            facts.raw_algo(algo)
            for algo in await self.client.futures_get_open_algo_orders(symbol=SYMBOL)
        ]

    async def position(self):
        return [
            [facts.number(held["positionAmt"]), facts.number(held["entryPrice"])]
            for held in await self.client.futures_position_information(symbol=SYMBOL)
        ]

    async def fills(self):
        return [
            facts.fill(t["price"], t["qty"], t["commission"], t["commissionAsset"], t["maker"])
            for t in await self.client.futures_account_trades(symbol=SYMBOL)
        ]

    async def balances(self):
        rows = await self.client.futures_account_balance()
        return [facts.number(row["balance"]) for row in rows if row["asset"] == "USDT"]

    async def candle(self, close):
        async with self.sockets.kline_futures_socket(SYMBOL, interval="1m") as socket:
            while float((event := await socket.recv())["k"]["c"]) != close:
                pass
            return {"symbol": event["ps"], "close": facts.number(event["k"]["c"])}

    async def reports(self, last):
        return await self.heard.until(last)

    async def _listen(self):
        while True:
            told = facts.futures_report(await self.user.recv())
            if told is not None:
                self.heard.add(told)
