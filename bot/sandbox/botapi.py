"""The HTTP face towards the bot: /bot<token>/<method> and /file/bot<token>/<path>."""

import asyncio
import re
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson
from aiohttp import web

from bot.sandbox.faults import Fault, Faults
from bot.sandbox.methods import perform
from bot.sandbox.params import Params, read_params
from bot.sandbox.refusals import Refusal
from bot.sandbox.world import Json, World

_TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)
_LOGGED = 10_000
_REDACTED = "<token>"


@dataclass(slots=True)
class Call:
    """One call in the log; ``status`` is 0 until it is answered and stays 0 when it was cut."""

    n: int
    at: str
    method: str
    params: dict[str, str]
    files: dict[str, str]
    status: int = 0
    description: str = ""
    fault: str = ""


class BotApi:
    """Answers the bot's calls and keeps a log of them."""

    def __init__(self, world: World, faults: Faults, token: str) -> None:
        self._world = world
        self._faults = faults
        self._token = token
        self.calls: deque[Call] = deque(maxlen=_LOGGED)
        self._count = 0

    def routes(self) -> list[web.RouteDef]:
        """The two addresses of the Bot API."""
        return [
            web.route("*", r"/bot{token:[^/]+}/{method:[^/]*}", self.call),
            web.get(r"/file/bot{token:[^/]+}/{path:.+}", self.download),
        ]

    async def call(self, request: web.Request) -> web.Response:
        """One method call."""
        method = request.match_info["method"].lower()
        try:
            self._check_token(request)
            params = await read_params(request)
        except Refusal as refusal:
            return _refused(refusal)
        except web.HTTPRequestEntityTooLarge:
            return _refused(Refusal(413, "Request Entity Too Large"))
        call = self._noted(request.match_info["method"], params)
        fault = self._faults.strike(method, params)
        call.fault = "" if fault is None else fault.what
        if fault is not None and fault.what == "drop_before":
            return _cut(request)
        response = await self._answer(call, params, fault)
        if fault is not None and fault.what == "accept_then_drop":
            return _cut(request)
        call.status = response.status
        return response

    async def _answer(self, call: Call, params: Params, fault: Fault | None) -> web.Response:
        try:
            planned = None if fault is None else fault.refusal()
            if planned is not None:
                raise planned
            if fault is not None and fault.what == "delay":
                await asyncio.sleep(fault.seconds)
            result = await perform(self._world, call.method.lower(), params)
            response = _json({"ok": True, "result": result})
        except Refusal as refusal:
            call.description = refusal.description
            response = _refused(refusal)
        if fault is not None and fault.what == "answer_late":
            await asyncio.sleep(fault.seconds)
        return response

    async def download(self, request: web.Request) -> web.Response:
        """One file, by the path getFile gave."""
        try:
            self._check_token(request)
        except Refusal as refusal:
            return _refused(refusal)
        path = request.match_info["path"]
        file = self._world.files.by_path(path)
        fault = self._faults.strike("file", Params())
        planned = None if fault is None else fault.refusal()
        if planned is not None or file is None:
            return _refused(planned or Refusal(404, "Not Found"))
        return web.Response(body=file.data, content_type="application/octet-stream")

    def _check_token(self, request: web.Request) -> None:
        token = unquote(request.match_info["token"])
        if token == self._token:
            return
        if _TOKEN.fullmatch(token):
            raise Refusal(401, "Unauthorized")
        raise Refusal(404, "Not Found")

    def _noted(self, method: str, params: Params) -> Call:
        self._count += 1
        call = Call(
            n=self._count,
            at=self._world.now().isoformat(),
            method=method,
            params={
                name: value.replace(self._token, _REDACTED)
                for name, value in params.values.items()
            },
            files={
                name: f"{file.name}, {len(file.data)} bytes" for name, file in params.files.items()
            },
        )
        self.calls.append(call)
        return call


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=orjson.dumps(body),
        status=status,
        content_type="application/json",
        headers=headers,
    )


def _refused(refusal: Refusal) -> web.Response:
    body: Json = refusal.body()
    retry_after = refusal.parameters.get("retry_after")
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return _json(body, refusal.code, headers)


def _cut(request: web.Request) -> web.Response:
    """Break the connection, so that the client never sees an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
