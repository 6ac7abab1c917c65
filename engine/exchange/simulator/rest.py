"""The REST door: what surrounds every endpoint, from the first byte to the answer or a fault."""

import asyncio

import orjson
from aiohttp import web

from engine.exchange.simulator import mishaps, rest_account, rest_market, rest_orders
from engine.exchange.simulator.auth import signed_payload
from engine.exchange.simulator.call import Endpoint
from engine.exchange.simulator.clock import precise_ms
from engine.exchange.simulator.errors import Refused
from engine.exchange.simulator.faults import Fault, Occasion
from engine.exchange.simulator.futures.routes import ROUTES as FUTURES_ROUTES
from engine.exchange.simulator.journal import Entry
from engine.exchange.simulator.params import Params, merged
from engine.exchange.simulator.serving import Asked, serve
from engine.exchange.simulator.world import World

ROUTES: dict[tuple[str, str], Endpoint] = (
    rest_market.ROUTES | rest_account.ROUTES | rest_orders.ROUTES | FUTURES_ROUTES
)
GONE = frozenset({"/api/v3/userDataStream", "/api/v1/userDataStream"})
_GONE_PAGE = "<html><head><title>410 Gone</title></head><body><h1>410 Gone</h1></body></html>"
_NOT_FOUND = "<html><head><title>404 Not Found</title></head><body>Not Found</body></html>"


class RestDoor:
    """Answers every request that is neither a WebSocket nor the control surface."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request, from its first byte to the answer or the fault put in its place."""
        body = (await request.read()).decode("utf-8", "replace")
        query = request.raw_path.partition("?")[2]
        key = request.headers.get("X-MBX-APIKEY", "")
        try:
            values, broken = merged(query, body), None
        except Refused as refusal:
            values, broken = {}, refusal
        occasion = Occasion(request.method, request.path, key, facts=values)
        entry = self._world.journal.add(
            precise_ms(), self._world.clock.now(), request.method, request.path, key, values,
            request.host,
        )  # fmt: skip
        payload = signed_payload(query, body)
        asked = Asked(occasion, Params(values), payload, request.remote or "", entry)
        return await self._through_faults(request, asked, broken)

    async def _through_faults(
        self, request: web.Request, asked: Asked, broken: Refused | None
    ) -> web.StreamResponse:
        faults, occasion, entry = self._world.faults, asked.occasion, asked.entry
        faults.moment("request_read", occasion)
        wait = faults.take(occasion, "delay")
        if wait is not None and not wait.after:
            await asyncio.sleep(faults.seconds(wait))
        fault = faults.take(occasion, *mishaps.OUTCOMES)
        entry.fault = fault.what if fault else wait.what if wait else ""
        if fault is not None:
            early = self._instead(request, asked, fault)
            if early is not None:
                return early
        answer = self._answer(asked) if broken is None else _refusal(broken, entry)
        faults.moment("accepted_not_answered", occasion)
        if wait is not None and wait.after:
            await asyncio.sleep(faults.seconds(wait))
        wanted = fault is not None and fault.what == "half_answer"
        if wanted or faults.wants("half_answer", occasion):
            return await mishaps.half(
                request, answer, lambda: faults.moment("half_answer", occasion)
            )
        return answer if fault is None else mishaps.told(request, answer, fault)

    def _instead(self, request: web.Request, asked: Asked, fault: Fault) -> web.Response | None:
        if fault.what == "ban":
            seconds = self._world.faults.seconds(fault)
            self._world.bans.begin(asked.address, fault.status or 418, seconds * 1000)
        early = mishaps.instead(request, fault)
        asked.entry.retry_after = fault.retry_after
        if early is not None:
            asked.entry.status, asked.entry.code = fault.status or None, fault.code or None
        return early

    def _answer(self, asked: Asked) -> web.Response:
        try:
            self._world.bans.check(asked.address)
        except Refused as refusal:
            asked.entry.fault = asked.entry.fault or "ban"
            return _refusal(refusal, asked.entry)
        occasion, entry, limits = asked.occasion, asked.entry, self._world.limits
        if occasion.path in GONE:
            entry.status = 410
            return web.Response(status=410, text=_GONE_PAGE, content_type="text/html")
        endpoint = ROUTES.get((occasion.method, occasion.path))
        if endpoint is None:
            entry.status = 404
            return web.Response(status=404, text=_NOT_FOUND, content_type="text/html")
        try:
            result = serve(self._world, endpoint, asked)
        except Refused as refusal:
            answer = _refusal(refusal, entry)
        else:
            entry.status = 200
            answer = web.Response(body=orjson.dumps(result), content_type="application/json")
        counted = (
            occasion.key if endpoint.orders and occasion.key in self._world.accounts else None
        )
        answer.headers.update(limits.headers(asked.address, counted, endpoint.pools))
        return answer


def _refusal(refusal: Refused, entry: Entry) -> web.Response:
    entry.status, entry.code = refusal.status, refusal.code
    entry.retry_after = int(refusal.headers.get("Retry-After", entry.retry_after))
    return web.Response(
        status=refusal.status, body=orjson.dumps(refusal.body), headers=refusal.headers,
        content_type="application/json",
    )  # fmt: skip
