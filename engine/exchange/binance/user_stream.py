"""Spot accounts' own events: many accounts on few connections, each proven alive when silent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import random

import structlog

from engine.core.errors import ExchangeError, RateLimited
from engine.exchange.binance.api_socket import ApiSocket, Subscription
from engine.exchange.binance.ask import Ask, Priority, Product
from engine.exchange.binance.client import Client
from engine.exchange.binance.clock import ExchangeClock
from engine.exchange.binance.dialing import Dialing
from engine.exchange.binance.endpoints import Endpoints
from engine.exchange.binance.errors import OUTSIDE_WINDOW, Unreadable
from engine.exchange.binance.governor import Governor
from engine.exchange.binance.parse import account_event
from engine.exchange.binance.turns import Turns
from engine.ports.clock import Clock
from engine.ports.trader import UNREAD, AccountEvent

SILENCE = 30.0
"""Real seconds without an event after which the subscription is asked about."""
MOST_ACCOUNTS = 200
"""Accounts on one connection, of the 1000 that the exchange takes: a lost one costs them all."""
_AT_ONCE = 10
_JITTER = 2.0
_PARTING = 2.0
# An account has one subscription on a connection (Spot API, "Error codes").
_SUBSCRIBED = -2035
_CONNECT = Ask(Product.SPOT, Priority.READ, weight=2)
_log = structlog.get_logger("exchange")


class UserStreams:
    """The user data streams of all accounts of one environment."""

    def __init__(
        self,
        endpoints: Endpoints,
        governor: Governor,
        exchange_clock: ExchangeClock,
        dialing: Dialing,
        clock: Clock,
    ) -> None:
        self._endpoints = endpoints
        self._governor = governor
        self._exchange_clock = exchange_clock
        self._dialing = dialing
        self._clock = clock
        self._sockets: list[ApiSocket] = []
        self._opening = Turns()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._hurt = False

    @asynccontextmanager
    async def events(
        self, client: Client, *, silence: float = SILENCE
    ) -> AsyncIterator[AsyncIterator[AccountEvent]]:
        """Events of an account; raises Unavailable, RateLimited or KeyRefused on entering.

        Iterating raises Unavailable as soon as the stream is lost.
        """
        await self._exchange_clock.refresh()
        asked_at = asyncio.get_running_loop().time()
        async with self._slots:
            socket = await self._socket_for(client.owner, asked_at)
            try:
                subscription = await socket.subscribe(client)
            except ExchangeError as error:
                if error.code != _SUBSCRIBED:
                    socket.accounts.discard(client.owner)
                await self._give_back(socket)
                if error.code in OUTSIDE_WINDOW:
                    await self._exchange_clock.measure()
                raise
            except BaseException:
                # It may stand all the same: the account keeps its place, and goes elsewhere.
                await self._give_back(socket)
                raise
        try:
            yield _events(socket, subscription, silence)
        finally:
            await self._leave(socket, subscription)

    async def _socket_for(self, owner: str, asked_at: float) -> ApiSocket:
        """A connection with room for an account, opened if there is none."""
        async with self._opening.take(asked_at):
            socket = next((each for each in self._sockets if _has_room(each, owner)), None)
            if socket is None:
                socket = await self._opened()
            socket.users += 1
            socket.accounts.add(owner)
            return socket

    async def _opened(self) -> ApiSocket:
        if self._hurt:
            # Whoever lost a connection at the same moment must not come back at the same moment.
            self._hurt = False
            await self._clock.sleep_real(random() * _JITTER)  # noqa: S311 - no secret
        self._dialing.dial()
        turn = await self._governor.admit(_CONNECT)
        socket = ApiSocket(self._endpoints, self._governor)
        try:
            await socket.open()
        except BaseException:
            await socket.shut()
            raise
        finally:
            self._governor.land(turn)
        self._sockets.append(socket)
        return socket

    async def _leave(self, socket: ApiSocket, subscription: Subscription) -> None:
        self._hurt = self._hurt or socket.lost
        try:
            if socket.users > 1 and not socket.lost:
                # An account that cannot be unsubscribed keeps its place, and goes elsewhere.
                with suppress(ExchangeError, TimeoutError):
                    async with asyncio.timeout(_PARTING):
                        await socket.unsubscribe(subscription)
        finally:
            await self._give_back(socket)

    async def _give_back(self, socket: ApiSocket) -> None:
        """The last user closes it."""
        socket.users -= 1
        if socket.users == 0:
            self._sockets.remove(socket)
            await socket.shut()


def _has_room(socket: ApiSocket, owner: str) -> bool:
    full = len(socket.accounts) >= MOST_ACCOUNTS
    return not (socket.lost or full or owner in socket.accounts)


async def _events(
    socket: ApiSocket, subscription: Subscription, silence: float
) -> AsyncIterator[AccountEvent]:
    loop = asyncio.get_running_loop()
    while True:
        since = loop.time()
        try:
            async with asyncio.timeout(silence):
                raw = await subscription.hear()
        except TimeoutError:
            raw, since = None, loop.time() - silence / 2
        if raw is None:
            # Told to wait by the exchange, nobody can ask; the silence is asked about later.
            with suppress(RateLimited):
                await socket.prove(subscription, since)
            continue
        try:
            event = account_event(raw)
        except Unreadable as error:
            _log.warning("unreadable account event", problem=str(error))
            event = UNREAD
        if event is not None:
            yield event
