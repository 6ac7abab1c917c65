"""ccxt at the local futures exchange: unified orders, positions and streams."""

import asyncio

import ccxt.pro as ccxt

from tests.conformance import ccxt_spot, facts

PAIR, SYMBOL = "BTC/USDT:USDT", "BTCUSDT"
KINDS = {"STOP_MARKET": "stopLossPrice", "TAKE_PROFIT_MARKET": "takeProfitPrice"}
IN_ITS_OWN_WORDS = {ccxt.InsufficientFunds: -2019, ccxt.OrderImmediatelyFillable: -2021}
order = ccxt_spot.order


def algo(found):
    """A conditional order as ccxt understands it."""
    return [found["clientOrderId"], found["status"], facts.number(found["triggerPrice"])]


def told(report):
    """A report on an order or conditional order, as its inner part comes to be understood."""
    kind = "ALGO_UPDATE" if "aid" in report else "ORDER_TRADE_UPDATE"
    return facts.futures_report({"e": kind, "o": report})


class Driver:
    refusals = ccxt.BaseError

    async def start(self, url, key, secret):
        self.client = ccxt_spot.local(url, "future")
        self.client.apiKey, self.client.secret = key, secret
        await self.client.load_markets()
        self.heard = self.client.heard = facts.Heard()
        self.client.told = told
        await self.client.authenticate({"type": "linear"})
        key = self.client.options["linear"]["listenKey"]
        self.listening = asyncio.get_running_loop().create_task(self._listen())
        await asyncio.sleep(0)
        await self.client.client(self.client.get_private_ws_url("linear", key)).connected

    async def stop(self):
        await facts.ended(self.listening)
        await self.client.close()

    @staticmethod
    def code(refusal):
        return ccxt_spot.code(refusal, IN_ITS_OWN_WORDS)

    async def settings(self, leverage, margin):
        await self.client.set_margin_mode(margin.lower(), PAIR)
        return (await self.client.set_leverage(leverage, PAIR))["leverage"]

    async def place(self, side, kind, quantity, name, price=None):
        return order(await self.client.create_order(
            PAIR, kind.lower(), side.lower(), float(quantity), price and float(price),
            {"newClientOrderId": name, "newOrderRespType": "RESULT"},
        ))  # fmt: skip

    async def query(self, name):
        return order(await self.client.fetch_order(None, PAIR, {"clientOrderId": name}))

    async def cancel(self, name):
        return order(await self.client.cancel_order(None, PAIR, {"clientOrderId": name}))

    async def open_orders(self):
        return [order(found) for found in await self.client.fetch_open_orders(PAIR)]

    async def place_algo(self, kind, trigger, quantity, name):
        return algo(await self.client.create_order(
            PAIR, "market", "sell", float(quantity), None,
            {KINDS[kind]: trigger, "reduceOnly": True, "clientOrderId": name},
        ))  # fmt: skip

    async def query_algo(self, name):
        params = {"trigger": True, "clientOrderId": name}
        return algo(await self.client.fetch_order(None, PAIR, params))

    async def cancel_algo(self, name):
        params = {"trigger": True, "clientOrderId": name}
        return (await self.client.cancel_order(None, PAIR, params))["clientOrderId"]

    async def open_algos(self):
        found = await self.client.fetch_open_orders(PAIR, params={"trigger": True})
        return [algo(each) for each in found]

    async def position(self):
        return [
            [facts.number(held["contracts"]), facts.number(held["entryPrice"])]
            for held in await self.client.fetch_positions([PAIR])
            if held["side"] == "long"
        ]

    async def fills(self):
        return [
            facts.fill(t["price"], t["amount"], t["fee"]["cost"], t["fee"]["currency"],
                       t["takerOrMaker"] == "maker")
            for t in await self.client.fetch_my_trades(PAIR)
        ]  # fmt: skip

    async def balances(self):
        return [facts.number((await self.client.fetch_balance())["USDT"]["total"])]

    async def candle(self, close):
        while (candles := await self.client.watch_ohlcv(PAIR, "1m"))[-1][4] != close:
            pass
        return {"symbol": SYMBOL, "close": facts.number(candles[-1][4])}

    async def reports(self, last):
        return await self.heard.until(last)

    async def _listen(self):
        while True:
            await self.client.watch_orders(PAIR)
