"""A spot account's own events: one subscription on one connection, proven alive when silent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from engine.exchange.binance.client import Client
from engine.exchange.binance.errors import Unreadable
from engine.exchange.binance.parse import account_event
from engine.exchange.binance.sockets import UserSocket
from engine.ports.trader import AccountEvent

SILENCE = 30.0
"""Real seconds without an event after which the subscription is asked about."""
_log = structlog.get_logger("exchange")


@asynccontextmanager
async def user_events(
    client: Client, *, silence: float = SILENCE
) -> AsyncIterator[AsyncIterator[AccountEvent]]:
    """Events of the account; raises Unavailable, RateLimited or KeyRefused on entering.

    Iterating raises Unavailable as soon as the stream is lost.
    """
    socket = UserSocket(client)
    try:
        await socket.subscribe()
        yield _events(socket, silence)
    finally:
        await socket.shut()


async def _events(socket: UserSocket, silence: float) -> AsyncIterator[AccountEvent]:
    while True:
        try:
            async with asyncio.timeout(silence):
                raw = await socket.hear()
        except TimeoutError:
            await socket.prove_alive()
            continue
        try:
            event = account_event(raw)
        except Unreadable as error:
            _log.warning("unreadable account event", problem=str(error))
            continue
        if event is not None:
            yield event
