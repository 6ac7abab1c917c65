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

from engine.core.errors import Unavailable
from engine.exchange.binance.endpoints import Endpoints
from engine.exchange.binance.errors import translated

MAX_QUEUE = 20_000
ANSWER_WITHIN = 10.0
_CLOSE_WITHIN = 2.0
_LOST = frozenset({"error", "eventStreamTerminated", "serverShutdown"})


class StreamRefused(Unavailable):
    """The exchange does not take these streams; the connection itself is well."""


class OneConnection(ReconnectingWebsocket):  # type: ignore[misc]
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


class MarketSocket(OneConnection):
    """Combined streams at ``address``.

    ``read`` makes of a message what ``hear`` returns, or None. Sockets that share a ``queue`` are
    heard as one.
    """

    def __init__(
        self,
        address: str,
        endpoints: Endpoints,
        read: Callable[[str, Any], Any],
        queue: "asyncio.Queue[Any] | None" = None,
    ) -> None:
        super().__init__(
            url=address,
            prefix="stream",
            path="",
            max_queue_size=MAX_QUEUE,
            **endpoints.proxy,
        )
        self._read = read
        if queue is not None:
            self._queue = queue
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._is_lost = False

    async def ask(self, number: int, method: str, names: list[str]) -> Any:
        """Send ``SUBSCRIBE`` and the like, and return the result.

        Raises StreamRefused, or Unavailable when there is no answer.
        """
        answer = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        request = {"method": method, "params": names, "id": number}
        try:
            with translated(sending=False):
                if self.ws is None or self._is_lost:
                    raise Unavailable("stream lost before it could be changed")
                await self.ws.send(self.json_dumps(request))
                async with asyncio.timeout(ANSWER_WITHIN):
                    return await answer
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
                # Its words may repeat a listen key, which is a secret.
                error = message["error"]
                code = error.get("code") if isinstance(error, dict) else None
                answer.set_exception(StreamRefused(f"subscription refused, code {code}"))
            else:
                answer.set_result(message.get("result"))
        return message if message.get("e") in _LOST else None

    async def _propagate_error(self, error_msg: dict[str, Any]) -> None:
        self._is_lost = True
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Unavailable("stream lost while it was changed"))
        await super()._propagate_error(error_msg)
