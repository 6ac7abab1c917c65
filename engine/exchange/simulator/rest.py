"""The REST door: limits, keys, signatures and faults around every endpoint."""

import asyncio
from typing import Any

import orjson
from aiohttp import web

from engine.exchange.simulator import rest_account, rest_market, rest_orders
from engine.exchange.simulator.auth import account_of, signed_payload, verify
from engine.exchange.simulator.call import Call, Endpoint
from engine.exchange.simulator.clock import system_ms
from engine.exchange.simulator.errors import Refused
from engine.exchange.simulator.faults import Fault
from engine.exchange.simulator.journal import Entry
from engine.exchange.simulator.params import Params, merged
from engine.exchange.simulator.world import World

ROUTES: dict[tuple[str, str], Endpoint] = (
    rest_market.ROUTES | rest_account.ROUTES | rest_orders.ROUTES
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
        method, path = request.method, request.path
        faults = self._world.faults
        key = request.headers.get("X-MBX-APIKEY", "")
        try:
            values, broken = merged(query, body), None
        except Refused as refusal:
            values, broken = {}, refusal
        entry = self._world.journal.add(
            system_ms(), self._world.clock.now(), method, path, key, values
        )
        faults.moment("request_read", method=method, path=path)
        fault = faults.request(
            method, path, "delay", "drop_before", "drop_after", "half_answer", "status", "code"
        )
        if fault is not None:
            entry.fault = fault.what
            early = await self._before(request, fault)
            if early is not None:
                entry.status = fault.status or None
                return early
        if broken is not None:
            answer = _refusal(broken, entry)
        else:
            payload = signed_payload(query, body)
            answer = self._answer(request, Params(values), payload, entry)
        faults.moment("accepted_not_answered", method=method, path=path)
        return await self._after(request, answer, fault)

    def _answer(
        self, request: web.Request, params: Params, payload: str, entry: Entry
    ) -> web.Response:
        if request.path in GONE:
            entry.status = 410
            return web.Response(status=410, text=_GONE_PAGE, content_type="text/html")
        endpoint = ROUTES.get((request.method, request.path))
        if endpoint is None:
            entry.status = 404
            return web.Response(status=404, text=_NOT_FOUND, content_type="text/html")
        address = request.remote or ""
        key = request.headers.get("X-MBX-APIKEY")
        try:
            result = self._serve(endpoint, params, payload, address, key)
        except Refused as refusal:
            answer = _refusal(refusal, entry)
        else:
            entry.status = 200
            answer = web.Response(body=orjson.dumps(result), content_type="application/json")
        counted = key if endpoint.orders and key in self._world.accounts else None
        told = self._world.limits.headers(address, counted, endpoint.pools)
        answer.headers.update(told)
        return answer

    def _serve(
        self, endpoint: Endpoint, params: Params, payload: str, address: str, key: str | None
    ) -> Any:
        world, cost = self._world, endpoint.cost(params)
        world.limits.spend_weight(address, cost, endpoint.pools)
        call = Call(world, params, world.clock.now())
        if endpoint.signed or endpoint.keyed:
            call.signer = account_of(world.accounts, key)
            if endpoint.signed:
                verify(call.signer, payload, params.values, world.clock)
            endpoint.admit(call.signer)
            world.limits.spend_orders(call.signer.key, endpoint.orders, endpoint.pools)
        result = endpoint.handler(call)
        if endpoint.free:
            world.limits.add_weight(address, -cost, endpoint.pools)
        return result

    async def _before(self, request: web.Request, fault: Fault) -> web.StreamResponse | None:
        if fault.ms:
            await asyncio.sleep(fault.ms / 1000)
        if fault.what == "drop_before":
            return _cut(request)
        if fault.what in {"status", "code"} and not fault.after:
            return _faulty(fault)
        return None

    async def _after(
        self, request: web.Request, answer: web.Response, fault: Fault | None
    ) -> web.StreamResponse:
        half = fault is not None and fault.what == "half_answer"
        if half or self._world.faults.wants("half_answer", request.method, request.path):
            return await self._half(request, answer)
        if fault is not None and fault.what == "drop_after":
            return _cut(request)
        if fault is not None and fault.what in {"status", "code"}:
            return _faulty(fault)
        return answer

    async def _half(self, request: web.Request, answer: web.Response) -> web.StreamResponse:
        body = answer.body if isinstance(answer.body, bytes) else b""
        stream = web.StreamResponse(
            status=answer.status, headers={"Content-Length": str(len(body))}
        )
        stream.content_type = "application/json"
        await stream.prepare(request)
        await stream.write(body[: len(body) // 2])
        self._world.faults.moment("half_answer", method=request.method, path=request.path)
        return _cut(request, stream)


def _cut(request: web.Request, answer: web.StreamResponse | None = None) -> web.StreamResponse:
    """End the connection; what is returned can no longer be sent."""
    if request.transport is not None:
        request.transport.abort()
    return answer if answer is not None else web.Response(status=500)


def _refusal(refusal: Refused, entry: Entry) -> web.Response:
    entry.status, entry.code = refusal.status, refusal.code
    return web.Response(
        status=refusal.status, body=orjson.dumps(refusal.body), headers=refusal.headers,
        content_type="application/json",
    )  # fmt: skip


def _faulty(fault: Fault) -> web.Response:
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after else {}
    if fault.body is not None:
        return web.Response(status=fault.status or 400, text=fault.body, headers=headers,
                            content_type="text/html")  # fmt: skip
    if not fault.code:
        return web.Response(status=fault.status, headers=headers, content_type="text/html",
                            text=f"<html><body><h1>{fault.status}</h1></body></html>")  # fmt: skip
    body = {"code": fault.code, "msg": fault.msg or "Injected."}
    return web.Response(status=fault.status or 400, body=orjson.dumps(body), headers=headers,
                        content_type="application/json")  # fmt: skip
