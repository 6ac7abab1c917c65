"""python-binance at the local exchange: only its addresses are changed."""

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
            WS_API_URL = f"ws://{host}/ws-api/v3"

        class Sockets(BinanceSocketManager):
            STREAM_URL = f"ws://{host}/"

        self.client = await Local.create(key, secret, session_params={"trust_env": False})
        self.sockets = Sockets(self.client)
        self.user = self.sockets.user_socket()
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

    async def place(self, side, kind, quantity, name, price=None, stop_price=None):
        more = {"price": price, "stopPrice": stop_price, "timeInForce": price and "GTC"}
        return facts.raw_order(await self.client.create_order(
            symbol=SYMBOL, side=side, type=kind, quantity=quantity, newClientOrderId=name,
            newOrderRespType="RESULT", **{n: v for n, v in more.items() if v is not None},
        ))  # fmt: skip

    async def query(self, name):
        answer = await self.client.get_order(symbol=SYMBOL, origClientOrderId=name)
        return facts.raw_order(answer)

    async def cancel(self, name):
        answer = await self.client.cancel_order(symbol=SYMBOL, origClientOrderId=name)
        return facts.raw_order(answer)

    async def open_orders(self):
        return [facts.raw_order(o) for o in await self.client.get_open_orders(symbol=SYMBOL)]

    async def place_list(self, name, quantity, target, stop):
        answer = await self.client.create_oco_order(
            symbol=SYMBOL, side="SELL", quantity=quantity, listClientOrderId=name,
            aboveType="LIMIT_MAKER", abovePrice=target, aboveClientOrderId=f"{name}-target",
            belowType="STOP_LOSS", belowStopPrice=stop, belowClientOrderId=f"{name}-stop",
        )  # fmt: skip
        return [facts.raw_order(order) for order in answer["orderReports"]]

    async def cancel_list(self, name):
        answer = await self.client.v3_delete_order_list(symbol=SYMBOL, listClientOrderId=name)
        return [facts.raw_order(order) for order in answer["orderReports"]]

    async def fills(self):
        return [
            facts.fill(t["price"], t["qty"], t["commission"], t["commissionAsset"], t["isMaker"])
            for t in await self.client.get_my_trades(symbol=SYMBOL)
        ]

    async def balances(self):
        answer = await self.client.get_account()
        return {b["asset"]: [facts.number(b["free"]), facts.number(b["locked"])]
                for b in answer["balances"]}  # fmt: skip

    async def candle(self, close):
        async with self.sockets.kline_socket(SYMBOL, interval="1m") as socket:
            while float((event := await socket.recv())["k"]["c"]) != close:
                pass
            return {"symbol": event["s"], "close": facts.number(event["k"]["c"])}

    async def reports(self, last):
        return await self.heard.until(last)

    async def _listen(self):
        while True:
            event = await self.user.recv()
            if event["e"] == "executionReport":
                self.heard.add(facts.report(event))
