"""What a fault makes of one HTTP answer: lost, cut short, altered, or another one in its place."""

from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web

from engine.exchange.simulator.faults import Fault

OUTCOMES = (
    "drop_before", "drop_after", "half_answer", "truncate", "status", "code", "edit", "ban",
)  # fmt: skip
_JSON, _HTML = "application/json", "text/html"


def instead(request: web.Request, fault: Fault) -> web.Response | None:
    """What is answered without carrying the request out, or None when it is carried out."""
    if fault.what == "drop_before":
        cut(request)
        return web.Response(status=500)
    if fault.what in {"status", "code"} and not fault.after:
        return _other(fault)
    return None


def told(request: web.Request, answer: web.Response, fault: Fault) -> web.Response:
    """What the client gets to see of the answer to a request that was carried out."""
    match fault.what:
        case "drop_after":
            cut(request)
        case "status" | "code":
            return _other(fault)
        case "truncate":
            answer.body = _bytes(answer)[: len(_bytes(answer)) // 2]
        case "edit":
            answer.body = orjson.dumps(edited(orjson.loads(_bytes(answer)), fault.changes))
        case _:
            pass
    return answer


async def half(
    request: web.Request, answer: web.Response, on_half: Callable[[], None]
) -> web.StreamResponse:
    """Send half of an answer, then cut the connection."""
    body = _bytes(answer)
    stream = web.StreamResponse(status=answer.status, headers={"Content-Length": str(len(body))})
    stream.content_type = _JSON
    await stream.prepare(request)
    await stream.write(body[: len(body) // 2])
    on_half()
    cut(request)
    return stream


def cut(request: web.Request) -> None:
    """End the connection; what is returned can no longer be sent."""
    if request.transport is not None:
        request.transport.abort()


def edited(value: Any, changes: dict[str, Any]) -> Any:
    """``value`` with new values at the paths named; ``*`` is every element of a list."""
    for path, new in changes.items():
        _put(value, path.split("."), new)
    return value


def _put(value: Any, path: list[str], new: Any) -> None:
    name, rest = path[0], path[1:]
    places: list[Any] = []
    if isinstance(value, dict):
        places = [name]
    elif isinstance(value, list):
        wanted = range(len(value)) if name == "*" else [int(name)] if name.isdecimal() else []
        places = [index for index in wanted if index < len(value)]
    for place in places:
        if not rest:
            value[place] = new
        elif isinstance(value, list) or place in value:
            _put(value[place], rest, new)


def _other(fault: Fault) -> web.Response:
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after else {}
    status = fault.status or 400
    if fault.code:
        text = orjson.dumps({"code": fault.code, "msg": fault.msg or "Injected."}).decode()
    elif fault.body is None and fault.msg:
        text = orjson.dumps({"msg": fault.msg}).decode()
    else:
        text = (
            fault.body
            if fault.body is not None
            else f"<html><body><h1>{status}</h1></body></html>"
        )
    kind = _HTML if text.lstrip().startswith("<") else _JSON
    return web.Response(status=status, text=text, headers=headers, content_type=kind)


def _bytes(answer: web.Response) -> bytes:
    return answer.body if isinstance(answer.body, bytes) else b""
