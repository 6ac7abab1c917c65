"""python-binance's websockets, each for one connection only: a lost one is replaced, not mended.

The library's own reconnecting leaves subscriptions and order events behind without a word, so it
is switched off here, and whatever it reports as an error ends the stream.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from binance.ws.constants import WSListenerState
from binance.ws.reconnecting_websocket import ReconnectingWebsocket
from binance.ws.websocket_api import WebsocketAPI

from engine.core.errors import Unavailable
from engine.exchange.binance.client import Client
from engine.exchange.binance.endpoints import Endpoints
from engine.exchange.binance.errors import translated

MAX_QUEUE = 20_000
_ANSWER_WITHIN = 10.0
_CLOSE_WITHIN = 2.0
_LOST = frozenset({"error", "eventStreamTerminated", "serverShutdown"})


class _OneConnection(ReconnectingWebsocket):  # type: ignore[misc]
    """A websocket that never connects twice."""

    MAX_RECONNECTS = 0

    async def open(self) -> None:
        """Connect; raises Unavailable."""
        with translated(sending=False):
            await self.connect()

    async def shut(self) -> None:
        """Close within a moment, whatever the other side does."""
        self.ws_state = WSListenerState.EXITING
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_CLOSE_WITHIN):
                # Closing first wakes the reader, which the library would let wait for 10 s.
                if self.ws is not None:
                    await self.ws.close()
                await self.close()

    async def hear(self) -> Any:
        """The next message; raises Unavailable when the connection is lost or being closed."""
        message = await self._queue.get()
        if isinstance(message, dict) and message.get("e") in _LOST:
            raise Unavailable(f"stream lost: {message.get('type', message['e'])}")
        return message


class MarketSocket(_OneConnection):
    """Combined public streams; ``read`` makes of a message what ``hear`` returns, or None."""

    def __init__(self, endpoints: Endpoints, read: Callable[[str, Any], Any]) -> None:
        super().__init__(
            url=endpoints.streams,
            prefix="stream",
            path="",
            max_queue_size=MAX_QUEUE,
            **endpoints.proxy,
        )
        self._read = read
        self._answers: dict[int, asyncio.Future[None]] = {}
        self._is_lost = False

    async def ask(self, number: int, method: str, names: list[str]) -> None:
        """Send ``SUBSCRIBE`` or ``UNSUBSCRIBE`` and wait for its answer; raises Unavailable."""
        answer = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        request = {"method": method, "params": names, "id": number}
        try:
            with translated(sending=False):
                if self.ws is None or self._is_lost:
                    raise Unavailable("stream lost before it could be changed")
                await self.ws.send(self.json_dumps(request))
                async with asyncio.timeout(_ANSWER_WITHIN):
                    await answer
        finally:
            self._answers.pop(number, None)

    def _handle_message(self, evt: Any) -> Any:
        message = self.json_loads(evt)
        if "stream" in message:
            if message["data"].get("e") == "serverShutdown":
                return message["data"]
            return self._read(message["stream"], message["data"])
        answer = self._answers.get(message.get("id"))
        if answer is not None and not answer.done():
            if "error" in message:
                answer.set_exception(Unavailable(f"subscription refused: {message['error']}"))
            else:
                answer.set_result(None)
        return message if message.get("e") in _LOST else None

    async def _propagate_error(self, error_msg: dict[str, Any]) -> None:
        self._is_lost = True
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Unavailable("stream lost while it was changed"))
        await super()._propagate_error(error_msg)


class UserSocket(_OneConnection, WebsocketAPI):  # type: ignore[misc]
    """A WebSocket API connection that carries one account's user data stream."""

    def __init__(self, client: Client) -> None:
        super().__init__(url=client.endpoints.ws_api)
        self._ws_kwargs = client.endpoints.proxy
        self._client = client
        self._asked = 0
        self._subscription: int | None = None

    async def subscribe(self) -> None:
        """Connect and subscribe; raises Unavailable, RateLimited or KeyRefused."""
        await self.open()
        answer = await self._ask(
            "userDataStream.subscribe.signature", self._client.sign_for_socket({})
        )
        self._subscription = answer.get("subscriptionId")
        if self._subscription is None:
            raise Unavailable("the user data stream was not subscribed")

    async def prove_alive(self) -> None:
        """Ask whether the subscription still stands; raises Unavailable when it does not."""
        answer = await self._ask("session.subscriptions", {})
        standing = answer if isinstance(answer, list) else []
        if self._subscription not in {entry.get("subscriptionId") for entry in standing}:
            raise Unavailable("the user data stream is no longer subscribed")

    async def _ask(self, method: str, params: dict[str, Any]) -> Any:
        self._asked += 1
        number = str(self._asked)
        with translated(sending=False):
            return await self.request(number, {"id": number, "method": method, "params": params})

    async def _ensure_ws_connection(self) -> None:
        if self.ws_state != WSListenerState.STREAMING:
            raise Unavailable("stream lost")

    def _handle_message(self, msg: Any) -> Any:
        message = self.json_loads(msg)
        if "event" in message:
            self._queue.put_nowait(message["event"])
            return None
        return super()._handle_message(msg)
