"""The exchange's own SDK at the local exchange: every answer and event goes through its models."""

import asyncio

from binance_common.configuration import (
    ConfigurationRestAPI,
    ConfigurationWebSocketAPI,
    ConfigurationWebSocketStreams,
)
from binance_common.errors import Error
from binance_sdk_spot.spot import Spot

from tests.conformance import facts

SYMBOL = "BTCUSDT"


def plain(model):
    """A model's fields under the exchange's own names; a list of models as a list."""
    if isinstance(model, list):
        return [plain(each) for each in model]
    return model.to_dict()


async def answer(method, **params):
    """Answer of a REST method as its model holds it; the SDK itself blocks."""
    response = await asyncio.to_thread(method, **params)
    return plain(response.data())


class Driver:
    refusals = Error

    async def start(self, url, key, secret):
        socket = url.replace("http", "ws")
        keys = {"api_key": key, "api_secret": secret}
        self.client = Spot(
            config_rest_api=ConfigurationRestAPI(**keys, base_path=url, timeout=5000),
            config_ws_api=ConfigurationWebSocketAPI(**keys, stream_url=f"{socket}/ws-api/v3"),
            config_ws_streams=ConfigurationWebSocketStreams(stream_url=socket),
        )
        self.rest = self.client.rest_api
        self.connection = await self.client.websocket_api.create_connection()
        self.heard = facts.Heard()
        subscribed = await self.connection.user_data_stream_subscribe_signature()
        subscribed.stream.on("message", self._hear)

    async def stop(self):
        await self.connection.close_connection(close_session=True)

    @staticmethod
    def code(refusal):
        return refusal.status_code

    async def place(self, side, kind, quantity, name, price=None, stop_price=None):
        return facts.raw_order(await answer(
            self.rest.new_order, symbol=SYMBOL, side=side, type=kind, quantity=float(quantity),
            new_client_order_id=name, price=price and float(price),
            stop_price=stop_price and float(stop_price), time_in_force=price and "GTC",
            new_order_resp_type="RESULT",
        ))  # fmt: skip

    async def query(self, name):
        found = await answer(self.rest.get_order, symbol=SYMBOL, orig_client_order_id=name)
        return facts.raw_order(found)

    async def cancel(self, name):
        found = await answer(self.rest.delete_order, symbol=SYMBOL, orig_client_order_id=name)
        return facts.raw_order(found)

    async def open_orders(self):
        found = await answer(self.rest.get_open_orders, symbol=SYMBOL)
        return [facts.raw_order(order) for order in found]

    async def place_list(self, name, quantity, target, stop):
        placed = await answer(
            self.rest.order_list_oco, symbol=SYMBOL, side="SELL", quantity=float(quantity),
            list_client_order_id=name, above_type="LIMIT_MAKER", above_price=float(target),
            above_client_order_id=f"{name}-target", below_type="STOP_LOSS",
            below_stop_price=float(stop), below_client_order_id=f"{name}-stop",
        )  # fmt: skip
        return [facts.raw_order(order) for order in placed["orderReports"]]

    async def cancel_list(self, name):
        ended = await answer(self.rest.delete_order_list, symbol=SYMBOL, list_client_order_id=name)
        return [facts.raw_order(order) for order in ended["orderReports"]]

    async def fills(self):
        return [
            facts.fill(t["price"], t["qty"], t["commission"], t["commissionAsset"], t["isMaker"])
            for t in await answer(self.rest.my_trades, symbol=SYMBOL)
        ]

    async def balances(self):
        found = await answer(self.rest.get_account)
        return {b["asset"]: [facts.number(b["free"]), facts.number(b["locked"])]
                for b in found["balances"]}  # fmt: skip

    async def candle(self, close):
        heard = asyncio.Queue()
        connection = await self.client.websocket_streams.create_connection()
        try:
            stream = await connection.kline(symbol=SYMBOL.lower(), interval="1m")
            stream.on("message", heard.put_nowait)
            while float((event := plain(await heard.get()))["k"]["c"]) != close:
                pass
            return {"symbol": event["s"], "close": facts.number(event["k"]["c"])}
        finally:
            await connection.close_connection(close_session=True)

    async def reports(self, last):
        return await self.heard.until(last)

    def _hear(self, event):
        found = event.actual_instance
        if isinstance(found, dict):  # what its models do not take it passes on as it came
            self.heard.add(["not readable", found])
        elif type(found).__name__ == "ExecutionReport":
            self.heard.add(facts.report(found.to_dict()))
