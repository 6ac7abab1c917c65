"""One request carried out, whichever door it came through: limits, key, signature, endpoint."""

from dataclasses import dataclass
from typing import Any

from engine.exchange.simulator.auth import account_of, verify
from engine.exchange.simulator.call import Call, Endpoint
from engine.exchange.simulator.errors import Refused
from engine.exchange.simulator.faults import Occasion
from engine.exchange.simulator.journal import Entry
from engine.exchange.simulator.orders import Account
from engine.exchange.simulator.params import Params
from engine.exchange.simulator.world import World


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came: ``payload`` is what its signature covers, ``address`` who pays."""

    occasion: Occasion
    params: Params
    payload: str
    address: str
    entry: Entry


def serve(world: World, endpoint: Endpoint, asked: Asked) -> Any:
    """Carry a request out.

    Raises:
        Refused: it is not answered with what it asks for.
    """
    cost = endpoint.cost(asked.params)
    try:
        world.limits.spend_weight(asked.address, cost, endpoint.pools)
    except Refused:
        world.bans.pressed(asked.address)
        raise
    asked.entry.weight = cost
    call = Call(world, asked.params, world.clock.now(), skew=skew_of(world, asked.occasion))
    if endpoint.signed or endpoint.keyed:
        call.signer = account_of(world.accounts, asked.occasion.key)
        if endpoint.signed:
            signer(world, asked, call.skew)
        endpoint.admit(call.signer)
        world.limits.spend_orders(call.signer.key, endpoint.orders, endpoint.pools)
    world.lag.refuse(asked.occasion)
    result = endpoint.handler(call)
    if endpoint.free:
        asked.entry.weight = 0
        world.limits.add_weight(asked.address, -cost, endpoint.pools)
    return world.lag.passed(asked.occasion, result)


def signer(world: World, asked: Asked, skew: int) -> Account:
    """Account that signed a request.

    Raises:
        Refused: the key, the signature or the time is wrong.
    """
    account = account_of(world.accounts, asked.occasion.key)
    verify(account, asked.payload, asked.params.values, world.clock, skew)
    return account


def skew_of(world: World, occasion: Occasion) -> int:
    """By how many ms the exchange's clock is wrong for a request."""
    wrong = sum(rule.ms for rule in world.faults.all(occasion, "skew"))
    return int(wrong * world.clock.tolerance)
