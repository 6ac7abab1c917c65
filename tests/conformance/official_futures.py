"""The exchange's own futures SDK at the local exchange: everything goes through its models."""

import asyncio

from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketStreams
from binance_common.errors import Error
from binance_sdk_derivatives_trading_usds_futures import derivatives_trading_usds_futures as sdk

from tests.conformance import facts
from tests.conformance.official_spot import answer, plain

SYMBOL = "BTCUSDT"


class Driver:
    refusals = Error

    async def start(self, url, key, secret):
        self.client = sdk.DerivativesTradingUsdsFutures(
            config_rest_api=ConfigurationRestAPI(
                api_key=key, api_secret=secret, base_path=url, timeout=5000
            ),
            config_ws_streams=ConfigurationWebSocketStreams(stream_url=url.replace("http", "ws")),
        )
        self.rest = self.client.rest_api
        self.heard = facts.Heard()
        key = (await answer(self.rest.start_user_data_stream))["listenKey"]
        self.connection = await self.client.websocket_streams.create_connection()
        stream = await self.connection.user_data(key)
        stream.on("message", self._hear)

    async def stop(self):
        await self.connection.close_connection(close_session=True)

    @staticmethod
    def code(refusal):
        return refusal.status_code

    async def settings(self, leverage, margin):
        await answer(self.rest.change_margin_type, symbol=SYMBOL, margin_type=margin)
        changed = await answer(self.rest.change_initial_leverage, symbol=SYMBOL, leverage=leverage)
        return changed["leverage"]

    async def place(self, side, kind, quantity, name, price=None):
        return facts.raw_order(await answer(
            self.rest.new_order, symbol=SYMBOL, side=side, type=kind, quantity=float(quantity),
            new_client_order_id=name, price=price and float(price),
            time_in_force=price and "GTC", new_order_resp_type="RESULT",
        ))  # fmt: skip

    async def query(self, name):
        found = await answer(self.rest.query_order, symbol=SYMBOL, orig_client_order_id=name)
        return facts.raw_order(found)

    async def cancel(self, name):
        found = await answer(self.rest.cancel_order, symbol=SYMBOL, orig_client_order_id=name)
        return facts.raw_order(found)

    async def open_orders(self):
        found = await answer(self.rest.current_all_open_orders, symbol=SYMBOL)
        return [facts.raw_order(order) for order in found]

    async def place_algo(self, kind, trigger, quantity, name):
        return facts.raw_algo(await answer(
            self.rest.new_algo_order, algo_type="CONDITIONAL", symbol=SYMBOL, side="SELL",
            type=kind, trigger_price=float(trigger), quantity=float(quantity),
            reduce_only="true", client_algo_id=name,
        ))  # fmt: skip

    async def query_algo(self, name):
        return facts.raw_algo(await answer(self.rest.query_algo_order, client_algo_id=name))

    async def cancel_algo(self, name):
        ended = await answer(self.rest.cancel_algo_order, client_algo_id=name)
        return ended["clientAlgoId"]

    async def open_algos(self):
        found = await answer(self.rest.current_all_algo_open_orders, symbol=SYMBOL)
        return [facts.raw_algo(each) for each in found]

    async def position(self):
        return [
            [facts.number(held["positionAmt"]), facts.number(held["entryPrice"])]
            for held in await answer(self.rest.position_information_v3, symbol=SYMBOL)
        ]

    async def fills(self):
        return [
            facts.fill(t["price"], t["qty"], t["commission"], t["commissionAsset"], t["maker"])
            for t in await answer(self.rest.account_trade_list, symbol=SYMBOL)
        ]

    async def balances(self):
        rows = await answer(self.rest.futures_account_balance_v3)
        return [facts.number(row["balance"]) for row in rows if row["asset"] == "USDT"]

    async def candle(self, close):
        heard = asyncio.Queue()
        stream = await self.connection.kline_candlestick_streams(
            symbol=SYMBOL.lower(), interval="1m"
        )
        stream.on("message", heard.put_nowait)
        while float((event := plain(await heard.get()))["k"]["c"]) != close:
            pass
        await stream.unsubscribe()
        return {"symbol": event["s"], "close": facts.number(event["k"]["c"])}

    async def reports(self, last):
        return await self.heard.until(last)

    def _hear(self, event):
        found = event.actual_instance
        if isinstance(found, dict):  # what its models do not take it passes on as it came
            self.heard.add(["not readable", found])
            return
        told = facts.futures_report({"e": _name(found), **found.to_dict()})
        if told is not None:
            self.heard.add(told)


def _name(model):
    """Name of an event after its model."""
    names = {"OrderTradeUpdate": "ORDER_TRADE_UPDATE", "AlgoUpdate": "ALGO_UPDATE"}
    return names.get(type(model).__name__, type(model).__name__)
