"""WebSocket doors: market streams on /ws and /stream, the WebSocket API on /ws-api/v3."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import orjson
from aiohttp import WSMsgType, web

from engine.exchange.simulator.hub import Streams
from engine.exchange.simulator.world import World
from engine.exchange.simulator.ws_api import ApiSession

_PING_SECONDS = 20.0
_MOST_WAITING = 50_000
_BAD_JSON = {"error": {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}}


class Connection:
    """One WebSocket with a queue in front, so that a slow reader never stops the market."""

    def __init__(self, request: web.Request, ws: web.WebSocketResponse) -> None:
        self._request = request
        self._ws = ws
        self._waiting: deque[bytes] = deque()
        self._ready = asyncio.Event()
        self._code = 0

    def push(self, text: bytes) -> None:
        """Queue a message; a reader that lets too many pile up is cut off."""
        if len(self._waiting) >= _MOST_WAITING:
            self.drop()
            return
        self._waiting.append(text)
        self._ready.set()

    def drop(self, code: int = 0) -> None:
        """Close the connection with ``code``, or cut it without a closing handshake."""
        if code:
            self._code = code
            self._ready.set()
        elif self._request.transport is not None:
            self._request.transport.abort()

    async def serve(self, heard: Callable[[str], None]) -> None:
        """Send what is queued and pass on what is heard, until the connection ends."""
        async with asyncio.TaskGroup() as group:
            writer = group.create_task(self._write())
            async for message in self._ws:
                if message.type is WSMsgType.TEXT:
                    heard(message.data)
            writer.cancel()

    async def _write(self) -> None:
        while True:
            await self._ready.wait()
            self._ready.clear()
            while self._waiting:
                try:
                    await self._ws.send_str(self._waiting.popleft().decode())
                except (ConnectionError, RuntimeError):
                    return
            if self._code:
                await self._ws.close(code=self._code)
                return


class Session(Protocol):
    """What one connection talks to."""

    def heard(self, text: str) -> None:
        """Take a message."""
        ...

    def close(self) -> None:
        """The connection has ended."""
        ...


class SocketDoors:
    """Handlers of the WebSocket paths; ``close`` ends all connections."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: set[web.WebSocketResponse] = set()

    async def _serve(
        self, connection: Connection, ws: web.WebSocketResponse, path: str, session: Session
    ) -> None:
        self._world.sockets[connection] = path
        try:
            await connection.serve(session.heard)
        finally:
            session.close()
            self._world.sockets.pop(connection, None)
            self._open.discard(ws)

    async def raw(self, request: web.Request) -> web.WebSocketResponse:
        """``/ws`` and ``/ws/<stream>/<stream>``: bare events."""
        names = [name for name in request.path.removeprefix("/ws").split("/") if name]
        return await self._market(request, self._world.streams, names, wrapped=False)

    async def combined(self, request: web.Request) -> web.WebSocketResponse:
        """``/stream?streams=a/b``: events wrapped in {"stream", "data"}."""
        names = [name for name in request.query.get("streams", "").split("/") if name]
        return await self._market(request, self._world.streams, names, wrapped=True)

    async def futures(self, request: web.Request) -> web.WebSocketResponse:
        """``<any>/{public,market,private}/{ws,stream}``: streams of USD-M futures.

        A listen key may stand in the path, in ``listenKey`` or among ``streams``; ``events`` says
        which ones it is about. An address without a category, as it was once, sends public
        streams only.
        """
        info, query = request.match_info, request.query
        asked = f"{info.get('names', '')}/{query.get('streams', '')}/{query.get('listenKey', '')}"
        names = [name for name in asked.split("/") if name]
        events = frozenset(name for name in query.get("events", "").split("/") if name)
        door = self._world.futures.door(info.get("category", ""), events)
        return await self._market(request, door, names, wrapped=info["form"] == "stream")

    async def api(self, request: web.Request) -> web.WebSocketResponse:
        """``/ws-api/v3``: requests, answers and user data events."""
        ws = await self._prepare(request)
        connection = Connection(request, ws)
        session = ApiSession(self._world, connection, request.remote or "")
        await self._serve(connection, ws, request.path, session)
        return ws

    async def close(self) -> None:
        """Close every connection as a server that goes down does (1001)."""
        for ws in list(self._open):
            await ws.close(code=1001)

    async def _market(
        self, request: web.Request, streams: Streams, names: list[str], *, wrapped: bool
    ) -> web.WebSocketResponse:
        ws = await self._prepare(request)
        connection = Connection(request, ws)
        session = MarketSession(streams, connection, wrapped=wrapped)
        session.subscribe(names)
        await self._serve(connection, ws, request.path, session)
        return ws

    async def _prepare(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(heartbeat=_PING_SECONDS, compress=False)
        try:
            await ws.prepare(request)
        except ConnectionResetError:
            # Whoever knocked is gone, which is no fault of the server's: nobody reads this answer.
            raise web.HTTPBadRequest from None
        self._open.add(ws)
        return ws


class MarketSession:
    """Subscriptions of one market connection."""

    def __init__(self, streams: Streams, connection: Connection, *, wrapped: bool) -> None:
        self._streams = streams
        self._connection = connection
        self._wrapped = wrapped
        self._names: list[str] = []

    def subscribe(self, names: list[str]) -> None:
        """Add streams; those already there stay once."""
        for name in names:
            if name not in self._names:
                self._names.append(name)
            self._streams.add(self._connection, name, wrapped=self._wrapped)

    def unsubscribe(self, names: list[str]) -> None:
        """Remove streams."""
        for name in names:
            if name in self._names:
                self._names.remove(name)
            self._streams.remove(self._connection, name)

    def close(self) -> None:
        """Remove everything."""
        self.unsubscribe(list(self._names))

    def heard(self, text: str) -> None:
        """Carry out a control message and answer it."""
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            self._say(_BAD_JSON)
            return
        if not isinstance(message, dict) or "method" not in message:
            self._say({"error": {"code": 2, "msg": "Invalid request: missing field `method`"}})
            return
        answer = self._obey(message["method"], message.get("params"))
        self._say(answer | {"id": message.get("id")})

    def _obey(self, method: str, params: Any) -> dict[str, Any]:
        names = params if isinstance(params, list) else []
        match method:
            case "SUBSCRIBE" if all(isinstance(name, str) for name in names):
                self.subscribe(names)
            case "UNSUBSCRIBE" if all(isinstance(name, str) for name in names):
                self.unsubscribe(names)
            case "LIST_SUBSCRIPTIONS":
                return {"result": list(self._names)}
            case "GET_PROPERTY":
                return {"result": self._wrapped}
            case "SET_PROPERTY" if len(names) == 2:
                self._wrapped = bool(names[1])
                self.subscribe(list(self._names))
            case _:
                return {"error": {"code": 2, "msg": f"Invalid request: {method}"}}
        return {"result": None}

    def _say(self, answer: dict[str, Any]) -> None:
        self._connection.push(orjson.dumps(answer))
