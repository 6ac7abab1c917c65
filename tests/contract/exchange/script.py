"""A server that says exactly what a test wants, and what no exchange should."""

import asyncio
import json
from contextlib import asynccontextmanager

from aiohttp import web

from engine.exchange.binance.connection import Connection
from engine.exchange.binance.endpoints import local
from tests.contract.exchange.lab import CREDENTIALS, LabClock
from tests.fakes.clock import NOON

SUBSCRIBE, UNSUBSCRIBE = "userDataStream.subscribe.signature", "userDataStream.unsubscribe"
LISTED = "session.subscriptions"


class Script:
    """A websocket server; ``lines`` follow the first answer, ``answer`` makes the answers.

    Every connection numbers its subscriptions from 0 and lists those that stand. A method in
    ``mute`` is not answered. ``say`` and ``cut`` reach every connection that is open.
    """

    def __init__(self):
        self.lines = []
        self.connections = 0
        self.asked = []
        self.keys = {}
        self.mute = set()
        self.open = []
        self.moved = []
        self.listed = asyncio.Event()
        self.muted = asyncio.Event()

    def answer(self, request):
        standing = self.keys.setdefault(self.connections, {})
        number, params = request["id"], request.get("params")
        match request["method"]:
            case method if method == SUBSCRIBE:
                standing[len(standing)] = params["apiKey"]
                return {
                    "id": number,
                    "status": 200,
                    "result": {"subscriptionId": len(standing) - 1},
                }
            case method if method == LISTED:
                return {"id": number, "status": 200,
                        "result": [{"subscriptionId": n} for n in standing]}  # fmt: skip
        return {"result": {}, "id": number}

    async def say(self, line):
        for ws in self.open:
            await ws.send_json(line)

    async def cut(self):
        for ws in list(self.open):
            await ws.close()

    async def time(self, _):
        return web.json_response({"serverTime": NOON})

    async def listen_key(self, request):
        return web.json_response({"listenKey": f"L{request.headers['X-MBX-APIKEY']}"})

    async def moves(self, request):
        """Every order is to go to another place, as a proxy in between might have it."""
        self.moved.append(request.path)
        raise web.HTTPTemporaryRedirect("/elsewhere/order")

    async def serve(self, request):
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        self.connections += 1
        self.open.append(ws)
        async for message in ws:
            asked = json.loads(message.data)
            self.asked.append(asked["method"])
            if asked["method"] == LISTED:
                self.listed.set()
            if asked["method"] in self.mute:
                self.muted.set()
            else:
                await ws.send_json(self.answer(asked))
            for line in self.lines:
                await ws.send_json(line)
            self.lines = []
        self.open.remove(ws)
        return ws


@asynccontextmanager
async def scripted():
    """The server, our connection to it, and a client with a key."""
    script = Script()
    application = web.Application()
    application.router.add_get("/ws-api/v3", script.serve)
    application.router.add_get("/stream", script.serve)
    application.router.add_get("/private/stream", script.serve)
    application.router.add_get("/api/v3/time", script.time)
    application.router.add_get("/fapi/v1/time", script.time)
    application.router.add_post("/api/v3/order", script.moves)
    application.router.add_post("/elsewhere/order", script.moves)
    application.router.add_post("/fapi/v1/listenKey", script.listen_key)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    connection = Connection(local(f"http://127.0.0.1:{runner.addresses[0][1]}"), LabClock())
    client = connection.client(CREDENTIALS)
    try:
        yield script, connection, client
    finally:
        await client.close()
        await connection.close()
        await runner.cleanup()
