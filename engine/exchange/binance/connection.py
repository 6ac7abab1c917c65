"""One environment of the exchange as seen from this process: the only way in."""

import contextvars
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp

from engine.core.account import Credentials
from engine.core.errors import ClockOff, KeyRefused, NotSent, Unavailable
from engine.exchange.binance.ask import Ask, Priority, Product
from engine.exchange.binance.client import Client
from engine.exchange.binance.clock import ExchangeClock
from engine.exchange.binance.dialing import Dialing
from engine.exchange.binance.endpoints import Endpoints
from engine.exchange.binance.errors import OUTSIDE_WINDOW, translated
from engine.exchange.binance.fields import integer
from engine.exchange.binance.governor import AT_ONCE, Governor, Stop, Turn
from engine.exchange.binance.user_stream import UserStreams
from engine.ports.clock import Clock

Call = Callable[[], Awaitable[Any]]
_log = logging.getLogger(__name__)
_TURN: contextvars.ContextVar[tuple[Governor, Turn] | None] = contextvars.ContextVar(
    "turn", default=None
)


class Connection:
    """Shared sockets, and for each product its clock and its limits.

    Must be made inside the running event loop. ``send`` and ``read`` are the only ways in: both
    wait for their turn, raise RateLimited when it would come too late, and learn from the answer.
    """

    def __init__(self, endpoints: Endpoints, clock: Clock) -> None:
        self.endpoints = endpoints
        self._clock = clock
        self._listeners: list[Callable[[Stop], None]] = []
        self.exchange_clock = ExchangeClock(clock, self.server_time_ms)
        self.futures_clock = ExchangeClock(clock, self.futures_time_ms, "futures")
        self._clocks = {
            Product.SPOT: self.exchange_clock,
            Product.FUTURES: self.futures_clock,
            Product.SAPI: self.exchange_clock,
        }
        self._governors = {
            product: Governor(product, theirs, self._stopped)
            for product, theirs in self._clocks.items()
        }
        self._dialings = {product: Dialing() for product in Product}
        self.user_streams = UserStreams(
            endpoints,
            self._governors[Product.SPOT],
            self.exchange_clock,
            self.dialing_of(Product.SPOT),
            clock,
        )
        self._connector = aiohttp.TCPConnector(limit=AT_ONCE * len(Product))
        self.public = self.client()

    @property
    def clock(self) -> Clock:
        """Our own clock."""
        return self._clock

    def clock_of(self, product: Product) -> ExchangeClock:
        """The clock of the servers of a product."""
        return self._clocks[product]

    def dialing_of(self, product: Product) -> Dialing:
        """The websocket connections that were opened to the servers of a product."""
        return self._dialings[product]

    def governor(self, product: Product) -> Governor:
        """Who lets requests to a product through."""
        return self._governors[product]

    def listen(self, stopped: Callable[[Stop], None]) -> None:
        """Have ``stopped`` called whenever the exchange shuts this address out."""
        self._listeners.append(stopped)

    def client(self, credentials: Credentials | None = None) -> Client:
        """A client for a key, or for public data; its owner closes it.

        Raises KeyRefused when an Ed25519 key cannot be read.
        """
        try:
            return Client(self.endpoints, self._connector, self._stamp, self._heard, credentials)
        except ValueError:
            raise KeyRefused("the private key cannot be read") from None

    async def server_time_ms(self) -> int:
        """The spot exchange's clock; raises Unavailable or RateLimited."""
        return await self._time_of(Product.SPOT, self.public.get_server_time)

    async def futures_time_ms(self) -> int:
        """The futures exchange's clock; raises Unavailable or RateLimited."""
        return await self._time_of(Product.FUTURES, self.public.futures_time)

    async def send(self, call: Call, *, ask: Ask) -> Any:
        """Carry out a call that changes something, exactly once.

        Raises what ``engine.ports.trader.Trader`` promises for sending calls.
        """
        if not self._clocks[ask.product].measured:
            try:
                await self._clocks[ask.product].refresh()
            except Unavailable as error:
                raise NotSent(f"the clock could not be measured: {error.detail}") from None
        return await self._carry_out(call, ask, sending=True)

    async def read(self, call: Call, *, ask: Ask, signed: bool = True) -> Any:
        """Carry out a call that only reads; ``signed`` calls need the exchange's time.

        Raises Unavailable, RateLimited, KeyRefused, OrderGone or Refused.
        """
        if signed:
            await self._keep_time(self._clocks[ask.product])
        return await self._carry_out(call, ask, sending=False)

    async def close(self) -> None:
        """Close what is shared; clients must be closed before."""
        await self.public.close()
        await self._connector.close()

    async def _time_of(self, product: Product, call: Call) -> int:
        answer = await self._in_turn(call, Ask(product, Priority.EXIT), sending=False)
        with translated(sending=False):
            return integer(answer, "serverTime")

    async def _keep_time(self, clock: ExchangeClock) -> None:
        try:
            await clock.refresh()
        except Unavailable:
            # An old offset is better than none; a wrong one is refused by the time gate.
            if not clock.measured:
                raise

    async def _carry_out(self, call: Call, ask: Ask, *, sending: bool) -> Any:
        try:
            return await self._in_turn(call, ask, sending=sending)
        except (ClockOff, Unavailable) as error:
            if error.code in OUTSIDE_WINDOW:
                await self._measure_again(self._clocks[ask.product])
            raise

    async def _in_turn(self, call: Call, ask: Ask, *, sending: bool) -> Any:
        governor = self._governors[ask.product]
        turn = await governor.admit(ask)
        mark = _TURN.set((governor, turn))
        try:
            with translated(sending=sending, product=ask.product):
                return await call()
        finally:
            _TURN.reset(mark)
            governor.land(turn)

    async def _measure_again(self, clock: ExchangeClock) -> None:
        try:
            await clock.measure()
        except Unavailable:
            _log.warning("the exchange's clock could not be measured")

    def _stamp(self, ours_ms: int | None) -> int:
        under_way = _TURN.get()
        product = under_way[1].ask.product if under_way else Product.SPOT
        return self._clocks[product].stamp(ours_ms)

    def _heard(self, status: int, headers: Mapping[str, str], code: int, message: str) -> None:
        under_way = _TURN.get()
        if under_way is not None:
            governor, turn = under_way
            governor.heard(turn, status, headers, code, message)

    def _stopped(self, stop: Stop) -> None:
        _log.error("the exchange shuts this address out: %s (%s)", stop.reason, stop.product)
        for heard in self._listeners:
            heard(stop)
