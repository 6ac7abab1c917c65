"""Futures accounts' own events: many listen keys on few connections, each proven alive.

Source: USD-M API, "User Data Streams": a listen key lives for 60 minutes from its last extension
and is shared by all clients of an account, so it is never deleted here.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from engine.core.errors import ExchangeError, KeyRefused, Unavailable
from engine.exchange.binance.api_socket import Subscription
from engine.exchange.binance.ask import Priority, Product
from engine.exchange.binance.connection import Connection
from engine.exchange.binance.desk import Desk
from engine.exchange.binance.endpoints import Endpoints
from engine.exchange.binance.errors import translated
from engine.exchange.binance.fields import text
from engine.exchange.binance.sockets import MarketSocket, StreamRefused
from engine.exchange.binance.turns import Turns
from engine.ports.clock import Clock

SILENCE = 30.0
"""Real seconds without an event after which the subscription is asked about."""
EXTEND_MS = 10 * 60_000
"""Age of a listen key at which it is extended; that also tells whether it is still the same."""
_DEAD_MS = 50 * 60_000
_TRY_AGAIN_MS = 30_000
MOST_KEYS = 200
"""Listen keys on one connection: a lost one costs them all."""
_BATCH = 50
# The exchange drops a connection that sends more than ten messages in a second.
_PAUSE = 0.15
_NO_SUCH_KEY = -1125


class PrivateSocket(MarketSocket):
    """One connection of ``/private``: hands every account its events, by listen key."""

    def __init__(self, endpoints: Endpoints, clock: Clock) -> None:
        super().__init__(endpoints.futures_private, endpoints, self._route)
        self._clock = clock
        self._listeners: dict[str, list[Subscription]] = {}
        self._subscribed: set[str] = set()
        self._asking = asyncio.Lock()
        self._asked = 0
        self._proving = asyncio.Lock()
        self._proved_at = 0.0
        self.lost = False

    @property
    def keys(self) -> int:
        """How many listen keys it carries."""
        return len(self._listeners)

    async def join(self, key: str, subscription: Subscription) -> None:
        """Begin to hand it the key's events; raises Unavailable."""
        # Before it is asked for: the next message may be an event of this stream.
        self._listeners.setdefault(key, []).append(subscription)
        async with self._asking:
            await self._drop_left()
            if key not in self._subscribed:
                await self._subscribe(key)

    async def leave(self, key: str, subscription: Subscription) -> None:
        """Hand it nothing any more."""
        others = self._listeners.get(key, [])
        if subscription in others:
            others.remove(subscription)
        if not others and self._listeners.pop(key, None) is not None:
            with suppress(Unavailable):
                async with self._asking:
                    await self._drop_left()

    async def prove(self, key: str, since: float) -> None:
        """Make sure that the key was subscribed at ``since`` (loop time) or later.

        One answer serves all accounts. Raises Unavailable when it is not.
        """
        async with self._proving:
            if self._proved_at < since:
                async with self._asking:
                    now, expected = asyncio.get_running_loop().time(), set(self._subscribed)
                    listed = await self._order("LIST_SUBSCRIPTIONS", [])
                self._proved_at = now
                for gone in expected - set(listed or ()):
                    self._lose(gone, "no longer subscribed")
        if key not in self._listeners:
            raise Unavailable("the user data stream is no longer subscribed")

    async def _subscribe(self, key: str) -> None:
        """Ask for a key, and for others that wait; one that is not taken costs nobody else."""
        waiting = [name for name in self._listeners if name not in self._subscribed | {key}]
        names = [key, *waiting[: _BATCH - 1]]
        try:
            await self._order("SUBSCRIBE", names)
        except StreamRefused:
            if not waiting:
                raise
            names = [key]
            await self._order("SUBSCRIBE", names)
        self._subscribed.update(name for name in names if name in self._listeners)

    async def _drop_left(self) -> None:
        """End what nobody listens to, unless the connection ends anyhow."""
        left = self._subscribed - self._listeners.keys()
        self._subscribed -= left
        if left and self._listeners and not self.lost:
            await self._order("UNSUBSCRIBE", sorted(left))

    async def _order(self, method: str, names: list[str]) -> Any:
        if self.lost:
            raise Unavailable("stream lost")
        if self._asked:
            await self._clock.sleep_real(_PAUSE)
        self._asked += 1
        try:
            return await self.ask(self._asked, method, names)
        except StreamRefused:
            raise
        except Unavailable:
            self._lose_all("no answer")
            raise

    def _route(self, key: str, event: Any) -> None:
        if event.get("e") == "listenKeyExpired":
            self._lose(event.get("listenKey", key), "its listen key expired")
        for subscription in self._listeners.get(key, ()):
            subscription.tell(event)

    def _lose(self, key: str, why: str) -> None:
        self._subscribed.discard(key)
        for subscription in self._listeners.pop(key, ()):
            subscription.lose(why)

    def _lose_all(self, why: str) -> None:
        self.lost = True
        for key in list(self._listeners):
            self._lose(key, why)

    def _handle_message(self, evt: Any) -> None:
        ended = super()._handle_message(evt)
        if ended is not None:
            self._lose_all(str(ended.get("e")))

    async def _propagate_error(self, error_msg: dict[str, Any]) -> None:
        await super()._propagate_error(error_msg)
        self._lose_all(str(error_msg.get("type", "")))


class FuturesStreams:
    """The user data streams of all futures accounts of one environment."""

    def __init__(self, connection: Connection, *, silence: float = SILENCE) -> None:
        self._connection = connection
        self._silence = silence
        self._sockets: list[PrivateSocket] = []
        self._opening = Turns()

    @asynccontextmanager
    async def events(self, desk: Desk) -> AsyncIterator[AsyncIterator[Any]]:
        """Raw events of an account; raises Unavailable, RateLimited or KeyRefused on entering.

        Iterating raises Unavailable as soon as the stream is lost.
        """
        key = await _listen_key(desk)
        socket = await self._socket()
        subscription = Subscription(desk.client.owner)
        life = _KeyLife(desk, key, self._connection.clock)
        try:
            await socket.join(key, subscription)
            yield self._events(socket, life, subscription)
        finally:
            await socket.leave(key, subscription)
            await self._put_away(socket)

    async def _socket(self) -> PrivateSocket:
        """A connection with room, opened when there is none."""
        async with self._opening.take(asyncio.get_running_loop().time()):
            for socket in self._sockets:
                if not socket.lost and socket.keys < MOST_KEYS:
                    return socket
            self._connection.dialing_of(Product.FUTURES).dial()
            socket = PrivateSocket(self._connection.endpoints, self._connection.clock)
            try:
                await socket.open()
            except BaseException:
                await socket.shut()
                raise
            self._sockets.append(socket)
            return socket

    async def _put_away(self, socket: PrivateSocket) -> None:
        if socket in self._sockets and not socket.keys:
            self._sockets.remove(socket)
            await socket.shut()

    async def _events(
        self, socket: PrivateSocket, life: "_KeyLife", subscription: Subscription
    ) -> AsyncIterator[Any]:
        loop = asyncio.get_running_loop()
        while True:
            await life.look_after()
            since = loop.time()
            try:
                async with asyncio.timeout(self._silence):
                    event = await subscription.hear()
            except TimeoutError:
                await socket.prove(life.key, since)
                continue
            if event is not None:
                yield event


class _KeyLife:
    """Keeps one listen key alive."""

    def __init__(self, desk: Desk, key: str, clock: Clock) -> None:
        self._desk = desk
        self.key = key
        self._clock = clock
        self._extended_at = clock.now_ms()
        self._due_at = self._extended_at + self._span(EXTEND_MS)

    async def look_after(self) -> None:
        """Extend the key when it is time; raises Unavailable when it is not ours any more."""
        now = self._clock.now_ms()
        if now < self._due_at:
            return
        try:
            key = await _extended(self._desk, self.key)
        except KeyRefused:
            raise
        except ExchangeError as error:
            if error.code == _NO_SUCH_KEY or now - self._extended_at > self._span(_DEAD_MS):
                raise Unavailable("the listen key could not be kept alive") from error
            self._due_at = now + self._span(_TRY_AGAIN_MS)
            return
        if key != self.key:
            raise Unavailable("the listen key was replaced")
        self._extended_at, self._due_at = now, now + self._span(EXTEND_MS)

    def _span(self, ms: int) -> int:
        """Market ms in which so many real ms pass: in a fast market keys live as long."""
        return int(ms * max(1.0, self._clock.rate))


async def _listen_key(desk: Desk) -> str:
    """The account's key, made when there is none."""
    method = desk.client.futures_stream_get_listen_key
    try:
        answer = await desk.read(method, {}, desk.ask(Priority.READ), signed=False)
    except (KeyError, TypeError):
        answer = None
    if not isinstance(answer, str) or not answer:
        raise Unavailable("the listen key cannot be read")
    return answer


async def _extended(desk: Desk, key: str) -> str:
    """The account's key after it was given another hour."""
    answer = await desk.read(
        desk.client.futures_stream_keepalive, {"listenKey": key}, desk.ask(Priority.READ),
        signed=False,
    )  # fmt: skip
    with translated(sending=False):
        return text(answer, "listenKey") if answer else key
