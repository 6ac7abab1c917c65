"""A running local exchange with a frozen clock, and a plain HTTP client that signs for itself."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from types import SimpleNamespace
from urllib.parse import urlencode

import aiohttp
import pytest
from yarl import URL

from engine.exchange.simulator.server import DemoAccount, ExchangeOptions, LocalExchange

KEY, SECRET = "k" * 64, "s" * 64
START = 1_767_225_600_000
MONEY = {"USDT": Decimal(100_000), "BTC": Decimal(1), "BNB": Decimal(1)}


class Lab:
    """The exchange, and requests to it over real HTTP and WebSockets."""

    def __init__(self, exchange: LocalExchange, session: aiohttp.ClientSession) -> None:
        self.exchange = exchange
        self.session = session
        self.key, self.secret = KEY, SECRET

    @property
    def now(self) -> int:
        return self.exchange.clock.now()

    async def send(self, method, path, query="", body="", key=None):
        headers = {"X-MBX-APIKEY": self.key if key is None else key}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        url = f"{self.exchange.url}{path}" + (f"?{query}" if query else "")
        request = self.session.request(
            method, URL(url, encoded=True), data=body or None, headers=headers
        )
        async with request as answer:
            text = await answer.text()
            parsed = json.loads(text) if "json" in answer.content_type else text
            return SimpleNamespace(status=answer.status, json=parsed, headers=answer.headers)

    def sign(self, payload: str) -> str:
        return hmac.new(self.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()

    async def signed(self, method, path, in_body=False, **params):
        params.setdefault("timestamp", self.now)
        payload = urlencode(params)
        payload += f"&signature={self.sign(payload)}"
        return await self.send(method, path, **{"body" if in_body else "query": payload})

    async def public(self, path, **params):
        return await self.send("GET", path, urlencode(params), key="")

    async def order(self, **params):
        return await self.signed("POST", "/api/v3/order", **{"symbol": "BTCUSDT", **params})

    async def control(self, name, method="POST", **body):
        url = f"{self.exchange.url}/sandbox/{name}"
        async with self.session.request(method, url, json=body) as answer:
            return await answer.json()

    async def state(self):
        async with self.session.get(f"{self.exchange.url}/sandbox/state") as answer:
            return await answer.json()

    async def price(self, value, symbol="BTCUSDT"):
        return await self.control("price", symbol=symbol, price=str(value))

    async def balances(self):
        answer = await self.signed("GET", "/api/v3/account")
        return {b["asset"]: (Decimal(b["free"]), Decimal(b["locked"]))
                for b in answer.json["balances"]}  # fmt: skip

    @asynccontextmanager
    async def socket(self, path):
        url = f"{self.exchange.url.replace('http', 'ws')}{path}"
        async with self.session.ws_connect(url) as ws:
            yield Wire(ws)

    @asynccontextmanager
    async def user_stream(self):
        async with self.socket("/ws-api/v3") as wire:
            await wire.call("userDataStream.subscribe.signature", **self.api_params())
            yield wire

    def api_params(self, **params):
        params |= {"apiKey": self.key, "timestamp": self.now}
        payload = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
        return params | {"signature": self.sign(payload)}


class Wire:
    """A WebSocket that answers in JSON."""

    def __init__(self, ws) -> None:
        self.ws = ws

    async def hear(self, seconds=5):
        async with asyncio.timeout(seconds):
            return json.loads(await self.ws.receive_str())

    async def event(self):
        return (await self.hear())["event"]

    async def call(self, method, **params):
        await self.ws.send_str(json.dumps({"id": "7", "method": method, "params": params}))
        return await self.hear()

    async def ask(self, method, params=None, number=1):
        await self.ws.send_str(json.dumps({"method": method, "params": params, "id": number}))
        return await self.hear()


@asynccontextmanager
async def running(**options) -> AsyncIterator[Lab]:
    settings = {
        "speed": 0.0, "start_ms": START, "symbols": ("BTCUSDT", "ETHUSDT", "BNBUSDT"),
        "accounts": (DemoAccount(KEY, SECRET, MONEY),),
    }  # fmt: skip
    exchange = LocalExchange(ExchangeOptions(**settings | options))
    await exchange.start()
    try:
        async with aiohttp.ClientSession(trust_env=False) as session:
            yield Lab(exchange, session)
    finally:
        await exchange.stop()


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with running() as ready:
        await ready.price(50_000)
        yield ready


@pytest.fixture
def open_lab():
    return running
