"""Before a WebSocket opens: it is written down and held against bans and request faults."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from engine.exchange.simulator import mishaps
from engine.exchange.simulator.clock import precise_ms
from engine.exchange.simulator.errors import Refused
from engine.exchange.simulator.faults import Occasion
from engine.exchange.simulator.world import World
from engine.exchange.simulator.ws_api import CONNECT_WEIGHT

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Knock:
    """Middleware for requests that ask for a WebSocket; their method is ``CONNECT``."""

    def __init__(self, world: World) -> None:
        self._world = world

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a connection open, or answer what stands in its way."""
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return await handler(request)
        world, query = self._world, dict(request.query)
        entry = world.journal.add(
            precise_ms(), world.clock.now(), "CONNECT", request.path, "", query
        )
        occasion = Occasion("CONNECT", request.path, facts=query)
        wait = world.faults.take(occasion, "delay")
        if wait is not None:
            await asyncio.sleep(world.faults.seconds(wait))
        fault = world.faults.take(occasion, "drop_before", "status", "code")
        refusal = None if fault is None else mishaps.instead(request, fault)
        if fault is not None and refusal is not None:
            entry.fault, entry.status = fault.what, fault.status or None
            return refusal
        try:
            world.bans.check(request.remote or "")
        except Refused as banned:
            entry.fault, entry.status = "ban", banned.status
            return web.json_response(banned.body, status=banned.status, headers=banned.headers)
        entry.status = 101
        entry.weight = CONNECT_WEIGHT if request.path.startswith("/ws-api") else 0
        return await handler(request)
