"""The local Binance as a server on one port: REST, market streams, WebSocket API, control."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from engine.exchange.simulator.clock import VirtualClock
from engine.exchange.simulator.control import Control
from engine.exchange.simulator.knock import Knock
from engine.exchange.simulator.rest import RestDoor
from engine.exchange.simulator.sockets import SocketDoors
from engine.exchange.simulator.world import DemoAccount, ExchangeOptions, World

_BUDGET_NS = 25_000_000
_LEAST_NAP, _MOST_NAP = 0.004, 1.0

_FUTURES_STREAMS = (
    r"/{lead:(?:[^/]+/)*}{category:public|market|private}/{form:ws|stream}",
    r"/{lead:(?!api|fapi|sapi|sandbox)[^/]+}/{form:ws|stream}",
)

__all__ = ["DemoAccount", "ExchangeOptions", "LocalExchange"]


class LocalExchange:
    """A Binance for demos and tests.

    Between ``start`` and ``stop`` it listens on ``host:port`` and lets its time run.

    Raises:
        BadCandles: a candle file cannot be used.
    """

    def __init__(self, options: ExchangeOptions) -> None:
        self._options = options
        self.port = options.port
        self._world: World | None = None
        self._runner: web.AppRunner | None = None
        self._sockets: SocketDoors | None = None
        self._pump: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """``http://host:port``."""
        return f"http://{self._options.host}:{self.port}"

    @property
    def world(self) -> World:
        """State behind the wires, for tests in the same process."""
        if self._world is None:
            raise RuntimeError("the exchange has not been started")
        return self._world

    @property
    def clock(self) -> VirtualClock:
        """Virtual clock: ``origin_ms``, ``speed`` and ``now()``."""
        return self.world.clock

    async def start(self) -> None:
        """Open the port and let time run.

        Raises:
            OSError: the port is taken.
        """
        loop = asyncio.get_running_loop()
        self._world = World(self._options, _later(loop))
        self._sockets = SocketDoors(self._world)
        self._runner = web.AppRunner(
            self._application(self._world, self._sockets), access_log=None, shutdown_timeout=1.0
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._options.host, self._options.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._pump = loop.create_task(self._run(self._world), name="local exchange prices")

    async def stop(self) -> None:
        """Stop time, close every connection and the port."""
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        if self._sockets is not None:
            await self._sockets.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @staticmethod
    def _application(world: World, sockets: SocketDoors) -> web.Application:
        application = web.Application(
            client_max_size=4 * 1024 * 1024, middlewares=[Knock(world).middleware]
        )
        router = application.router
        Control(world).add_routes(router)
        router.add_get("/ws-api/v3", sockets.api)
        router.add_get("/stream", sockets.combined)
        router.add_get("/ws", sockets.raw)
        router.add_get("/ws/{streams:.*}", sockets.raw)
        for names in ("", "/{names:.*}"):
            for address in _FUTURES_STREAMS:
                router.add_get(address + names, sockets.futures)
        router.add_route("*", "/{path:.*}", RestDoor(world).handle)
        return application

    @staticmethod
    async def _run(world: World) -> None:
        """Let prices follow the clock; when they cannot keep up, the clock waits for them."""
        clock = world.clock
        while True:
            kept_up = world.run_until(clock.wanted(), _BUDGET_NS)
            at = world.market.next_at()
            due = _MOST_NAP if at is None else clock.real_seconds_until(at)
            nap = _LEAST_NAP if not kept_up else min(_MOST_NAP, max(_LEAST_NAP, due))
            await asyncio.sleep(nap)


def _later(loop: asyncio.AbstractEventLoop) -> Callable[[float, Callable[[], None]], object]:
    return loop.call_later
