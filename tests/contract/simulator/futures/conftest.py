"""The local exchange with a futures wallet, and the calls that futures tests make."""

from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from engine.exchange.simulator.server import DemoAccount

KEY, SECRET = "k" * 64, "s" * 64
OTHER, OTHERS = "o" * 64, "t" * 64
WALLET = Decimal(10_000)


class Desk:
    """A user of the futures exchange over real HTTP and WebSockets."""

    def __init__(self, lab) -> None:
        self.lab = lab
        self.key = lab.key

    async def call(self, method, name, **params):
        """Signed request, ``v1`` unless the name says so."""
        path = name if name.startswith("/") else f"/fapi/v1/{name}"
        return await self.lab.signed(method, path, **params)

    async def get(self, name, **params):
        return (await self.call("GET", name, **params)).json

    async def order(self, side, quantity=None, price=None, symbol="BTCUSDT", **params):
        kind = {"type": "MARKET"} if price is None else {
            "type": "LIMIT", "timeInForce": "GTC", "price": price}  # fmt: skip
        if quantity is not None:
            params["quantity"] = quantity
        wish = {"symbol": symbol, "side": side, **kind, **params}
        return await self.call("POST", "order", **wish)

    async def algo(self, side, kind="STOP_MARKET", symbol="BTCUSDT", **params):
        return await self.call(
            "POST", "algoOrder", algoType="CONDITIONAL", symbol=symbol, side=side, type=kind,
            **params,
        )  # fmt: skip

    async def seen(self, order_id, symbol="BTCUSDT"):
        return await self.get("order", symbol=symbol, orderId=order_id)

    async def seen_algo(self, algo_id):
        return await self.get("algoOrder", algoId=algo_id)

    async def position(self, symbol="BTCUSDT", side="BOTH"):
        rows = await self.get("/fapi/v3/positionRisk", symbol=symbol)
        return next((row for row in rows if row["positionSide"] == side), None)

    async def amount(self, symbol="BTCUSDT", side="BOTH"):
        row = await self.position(symbol, side)
        return Decimal(row["positionAmt"]) if row else Decimal(0)

    async def wallet(self, asset="USDT"):
        rows = await self.get("/fapi/v3/balance")
        return next(Decimal(row["balance"]) for row in rows if row["asset"] == asset)

    async def act(self, act, **body):
        return await self.lab.control("futures", act=act, **{"key": self.key, **body})

    async def path(self, symbol="BTCUSDT", **candle):
        """Let the running candle end and the next one pass through four prices."""
        await self.lab.control("candle", symbol=symbol, **{k: str(v) for k, v in candle.items()})
        await self.lab.control("advance", ms=120_000)

    async def listen_key(self, method="POST"):
        answer = await self.lab.send(method, "/fapi/v1/listenKey")
        return answer.json

    @asynccontextmanager
    async def user_stream(self, form="/fstream/private/ws?listenKey={}"):
        key = (await self.listen_key())["listenKey"]
        async with self.lab.socket(form.format(key)) as wire:
            yield wire


async def events_of(wire, *names, until=None, count=None):
    """Events of some names (all without any), until one fits or so many have come."""
    found = []
    while count is None or len(found) < count:
        event = await wire.hear()
        if names and event["e"] not in names:
            continue
        found.append(event)
        if until is not None and until(event):
            break
    return found


@pytest.fixture
def hear():
    return events_of


@pytest.fixture
def open_desk(open_lab):
    @asynccontextmanager
    async def opened(price=50_000, **options):
        accounts = (
            DemoAccount(KEY, SECRET, {"USDT": Decimal(1000)}, futures={"USDT": WALLET}),
            DemoAccount(OTHER, OTHERS, futures={"USDT": WALLET}),
        )
        async with open_lab(**{"accounts": accounts, "spread_ticks": 0} | options) as lab:
            await lab.price(price)
            await lab.control("price", symbol="ETHUSDT", price="2000")
            await lab.control("price", symbol="BNBUSDT", price="500")
            yield Desk(lab)

    return opened


@pytest.fixture
async def desk(open_desk):
    async with open_desk() as ready:
        yield ready


@pytest.fixture
def other(desk):
    lab = type(desk.lab)(desk.lab.exchange, desk.lab.session)
    lab.key, lab.secret = OTHER, OTHERS
    return Desk(lab)
