"""A model service on loopback that speaks both wire formats and misbehaves on request."""

import asyncio
import json
from contextlib import asynccontextmanager

from aiohttp import web

GEMINI, OPENAI = "gemini", "openai"


def verdict(signal="BUY", confidence=80, price=100.0, symbol="BTCUSDT", **changes):
    """An answer as a model would write it, with exits 0.5 % and 1 % away from ``price``."""
    sign = -1 if signal == "SELL" else 1
    said = {
        "symbol": symbol,
        "signal": signal,
        "confidence": confidence,
        "entry": price,
        "stop_loss": price * (1 - sign * 0.005),
        "take_profit": price * (1 + sign * 0.01),
        "reason": "Momentum turned up with volume.",
    }
    return json.dumps(said | changes)


class StubModel:
    """What is asked lands in ``requests`` (path, headers, body); ``script`` says what follows.

    An entry of the script is a text (the model's answer), a dict (``status``, ``headers``,
    ``body``, ``delay`` real seconds, ``finish``), or a function of the asked data (a dict) that
    gives one of these. The last entry is repeated for ever. ``served`` is set by every request.
    With a ``key`` its list of models is shown to nobody else.
    """

    def __init__(self, *script):
        self.script = list(script)
        self.requests = []
        self.served = asyncio.Event()
        self.url = ""
        self.model = "stub-1"
        self.key = None

    async def handle(self, request):
        body = await request.json() if request.can_read_body else None
        self.requests.append((request.path, dict(request.headers), body))
        self.served.set()
        if request.method == "GET":
            if self.key is not None and self.key not in str(request.headers):
                return web.json_response({"error": {"message": "bad key"}}, status=401)
            return self._listed(request.path)
        gemini = request.path.endswith(":generateContent")
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if callable(step):
            step = step(json.loads(_data_of(body, gemini=gemini)))
        if isinstance(step, str):
            step = {"text": step}
        await asyncio.sleep(step.get("delay", 0))
        if "body" in step or "status" in step:
            return web.Response(
                status=step.get("status", 200),
                headers=step.get("headers"),
                body=step.get("body", b""),
                content_type="application/json",
            )
        wrap = _gemini if gemini else _openai
        return web.json_response(wrap(step["text"], step.get("finish")))

    def _listed(self, path):
        if path.endswith("/models"):
            return web.json_response({"object": "list", "data": [{"id": self.model}]})
        if path.endswith(f"/models/{self.model}"):
            return web.json_response({"name": f"models/{self.model}"})
        return web.json_response({"error": {"code": 404}}, status=404)


def _data_of(body, *, gemini):
    if gemini:
        return body["contents"][0]["parts"][0]["text"]
    return body["messages"][-1]["content"]


def _gemini(text, finish):
    return {
        "candidates": [
            {
                "content": {"role": "model", "parts": [{"text": text}]},
                "finishReason": finish or "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 3000,
            "candidatesTokenCount": 60,
            "thoughtsTokenCount": 40,
            "totalTokenCount": 3100,
        },
    }


def _openai(text, finish):
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_780_056_000,
        "model": "stub-1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": finish or "stop",
            }
        ],
        "usage": {"prompt_tokens": 3000, "completion_tokens": 100, "total_tokens": 3100},
    }


@asynccontextmanager
async def serving(*script):
    """A stub that answers at ``stub.url`` until the block ends."""
    stub = StubModel(*script)
    app = web.Application(client_max_size=2**20)
    app.router.add_route("*", "/{path:.*}", stub.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    stub.url = f"http://127.0.0.1:{port}/v1"
    try:
        yield stub
    finally:
        await runner.cleanup()
