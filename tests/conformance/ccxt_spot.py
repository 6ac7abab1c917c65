"""ccxt at the local exchange: its unified orders, trades and balances, and its streams."""

import asyncio
import json
import re

import ccxt.pro as ccxt

from tests.conformance import facts

IN_ITS_OWN_WORDS = {ccxt.InsufficientFunds: -2010, ccxt.OrderImmediatelyFillable: -2010}
PAIR, SYMBOL = "BTC/USDT", "BTCUSDT"


class Hearing(ccxt.binance):
    """ccxt that notes each order event, as ``told``, once it has understood it."""

    told = staticmethod(facts.report)

    def parse_ws_order(self, order, market=None):
        understood = super().parse_ws_order(order, market)
        if understood["status"] != facts.STATUSES.get(order["X"], understood["status"]):
            self.heard.add(["not understood", understood])
        self.heard.add(self.told(order))
        return understood


def local(url, kind):
    """A client whose addresses lead to the local exchange."""
    client = Hearing({"options": {
        "defaultType": kind, "fetchCurrencies": False, "fetchMargins": False,
        "fetchMarkets": {"types": ["spot" if kind == "spot" else "linear"]},
        "adjustForTimeDifference": True, "warnOnFetchOpenOrdersWithoutSymbol": False,
    }})  # fmt: skip
    api, socket = client.urls["api"], url.replace("http", "ws")
    for name, address in api.items():
        if isinstance(address, str):
            api[name] = re.sub(r"^https://[^/]+", url, address)
    calls = {"spot": f"{socket}/ws-api/v3", "linear": f"{socket}/ws-fapi/v1"}
    api["ws"] |= {"spot": f"{socket}/ws", "linear": f"{socket}/ws", "ws-api": calls}
    return client


def code(refusal, in_its_own_words=IN_ITS_OWN_WORDS):
    """Number in the exchange's own answer, which the message ends with."""
    found = re.search(r"\{.*\}", str(refusal))
    if found is None:
        return in_its_own_words.get(type(refusal), str(refusal))
    return json.loads(found.group())["code"]


def order(found):
    """An order as ccxt understands it; a cancelled one carries the id of its cancel."""
    name = found["info"].get("origClientOrderId") or found["clientOrderId"]
    return facts.order(name, found["status"], found["filled"], found["cost"])


class Driver:
    refusals = ccxt.BaseError
    code = staticmethod(code)

    async def start(self, url, key, secret):
        self.client = local(url, "spot")
        self.client.apiKey, self.client.secret = key, secret
        await self.client.load_markets()
        self.heard = self.client.heard = facts.Heard()
        await self.client.authenticate({"type": "spot"})
        self.listening = asyncio.get_running_loop().create_task(self._listen())
        await asyncio.sleep(0)

    async def stop(self):
        await facts.ended(self.listening)
        await self.client.close()

    async def place(self, side, kind, quantity, name, price=None, stop_price=None):
        params = {"newClientOrderId": name, "newOrderRespType": "RESULT"}
        if stop_price is not None:
            kind, params["stopLossPrice"] = "MARKET", stop_price
        return order(await self.client.create_order(
            PAIR, kind.lower(), side.lower(), float(quantity), price and float(price), params
        ))  # fmt: skip

    async def query(self, name):
        return order(await self.client.fetch_order(None, PAIR, {"clientOrderId": name}))

    async def cancel(self, name):
        return order(await self.client.cancel_order(None, PAIR, {"clientOrderId": name}))

    async def open_orders(self):
        return [order(found) for found in await self.client.fetch_open_orders(PAIR)]

    async def place_list(self, name, quantity, target, stop):
        answer = await self.client.private_post_orderlist_oco({
            "symbol": SYMBOL, "side": "SELL", "quantity": quantity, "listClientOrderId": name,
            "aboveType": "LIMIT_MAKER", "abovePrice": target,
            "aboveClientOrderId": f"{name}-target", "belowType": "STOP_LOSS",
            "belowStopPrice": stop, "belowClientOrderId": f"{name}-stop",
        })  # fmt: skip
        return [order(self.client.parse_order(report)) for report in answer["orderReports"]]

    async def cancel_list(self, name):
        answer = await self.client.private_delete_orderlist(
            {"symbol": SYMBOL, "listClientOrderId": name}
        )
        return [order(self.client.parse_order(report)) for report in answer["orderReports"]]

    async def fills(self):
        return [
            facts.fill(t["price"], t["amount"], t["fee"]["cost"], t["fee"]["currency"],
                       t["takerOrMaker"] == "maker")
            for t in await self.client.fetch_my_trades(PAIR)
        ]  # fmt: skip

    async def balances(self):
        answer = await self.client.fetch_balance()
        return {asset: [facts.number(answer[asset]["free"]), facts.number(answer[asset]["used"])]
                for asset in answer["total"]}  # fmt: skip

    async def candle(self, close):
        while (candles := await self.client.watch_ohlcv(PAIR, "1m"))[-1][4] != close:
            pass
        return {"symbol": SYMBOL, "close": facts.number(candles[-1][4])}

    async def reports(self, last):
        return await self.heard.until(last)

    async def _listen(self):
        while True:
            await self.client.watch_orders(PAIR)
