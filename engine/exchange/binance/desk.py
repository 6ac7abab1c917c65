"""How one account asks: every request in its owner's name, none after the account was closed."""

from collections.abc import Awaitable, Callable
from typing import Any

from engine.core.errors import NotSent, Unavailable
from engine.exchange.binance.ask import Ask, Priority, Product
from engine.exchange.binance.client import Client
from engine.exchange.binance.connection import Connection

Params = dict[str, str | int]
Method = Callable[..., Awaitable[Any]]


class Desk:
    """Requests of one key to one product; ``client`` is the key's own."""

    def __init__(self, connection: Connection, client: Client, product: Product) -> None:
        self.connection = connection
        self.client = client
        self.product = product

    def ask(self, priority: Priority, weight: int = 1, orders: int = 0) -> Ask:
        """What a request asks of the limits."""
        return Ask(self.product, priority, self.client.owner, weight, orders)

    def now_ms(self) -> int:
        """The exchange's time, as far as it is known."""
        return self.connection.clock_of(self.product).stamp()

    async def send(
        self, method: Method, params: Params, ask: Ask, *, signed_at: int | None = None
    ) -> Any:
        """Carry out a call that changes something, signed for ``signed_at`` (ms) or now.

        Raises what ``engine.ports.trader.Trader`` promises for sending calls.
        """
        stamped = params if signed_at is None else params | {"signed_at": signed_at}
        return await self.connection.send(self._checked(method, stamped, NotSent), ask=ask)

    async def read(self, method: Method, params: Params, ask: Ask, *, signed: bool = True) -> Any:
        """Carry out a call that only reads; raises what ``Connection.read`` raises."""
        call = self._checked(method, params, Unavailable)
        return await self.connection.read(call, ask=ask, signed=signed)

    def _checked(
        self, method: Method, params: Params, closed: type[NotSent | Unavailable]
    ) -> Callable[[], Awaitable[Any]]:
        def call() -> Awaitable[Any]:
            if self.client.session.closed:
                raise closed("the account was closed")
            return method(**params)

        return call
