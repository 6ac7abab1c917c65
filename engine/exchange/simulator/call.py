"""One request as the endpoints see it, and the description of an endpoint."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.exchange.simulator.errors import bad_key, bad_symbol
from engine.exchange.simulator.limits import SPOT, Pools
from engine.exchange.simulator.orders import Account
from engine.exchange.simulator.params import Params
from engine.exchange.simulator.world import World


@dataclass(slots=True)
class Call:
    """World, parameters, virtual time, and the account that signed (None for public requests).

    ``skew`` is by how many ms the clock is told wrong, when the time is asked for.
    """

    world: World
    params: Params
    now: int
    signer: Account | None = None
    skew: int = 0

    @property
    def account(self) -> Account:
        """Account that signed."""
        if self.signer is None:
            raise bad_key()
        return self.signer

    def symbol(self, name: str = "symbol") -> str:
        """Mandatory listed symbol."""
        value = self.params.text(name)
        if value not in self.world.market.specs:
            raise bad_symbol()
        return value


Handler = Callable[[Call], Any]
Weigher = Callable[[Params], int]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How a request is answered; ``free`` costs weight only when it fails.

    ``keyed`` asks for an API key without a signature; ``right`` names the flag of the account that
    the request needs besides.
    """

    handler: Handler
    weight: int | Weigher = 1
    signed: bool = False
    trade: bool = False
    orders: int = 0
    free: bool = False
    keyed: bool = False
    right: str = ""
    pools: Pools = SPOT

    def admit(self, account: Account) -> None:
        """Hold the key's rights against what the request needs.

        Raises:
            Refused: -2015.
        """
        if self.trade and not account.can_trade:
            raise bad_key()
        if self.right and not getattr(account, self.right):
            raise bad_key()

    def cost(self, params: Params) -> int:
        """Request weight."""
        return self.weight if isinstance(self.weight, int) else self.weight(params)
