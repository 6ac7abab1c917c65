"""Control surface of what goes wrong: rules, fills by hand, connections cut or told to end."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.exchange.simulator import wire
from engine.exchange.simulator.faults import parse
from engine.exchange.simulator.world import World


class FaultControl:
    """Actions behind ``POST /sandbox/{faults,fill,disconnect}``."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def rule(self, body: Mapping[str, Any]) -> Any:
        """Add a rule."""
        fault = parse(body)
        self._world.faults.rules.append(fault)
        return fault.described()

    async def fill(self, body: Mapping[str, Any]) -> Any:
        """Let a live spot order trade now: all of it or ``quantity``, at its price or another."""
        world = self._world
        account = world.accounts[body["key"]]
        order = world.book.find(
            account, body["symbol"], body.get("orderId"), body.get("clientOrderId")
        )
        if order is None:
            raise ValueError("no such order")
        quantity, price = (
            Decimal(str(body[name])) if name in body else None for name in ("quantity", "price")
        )
        world.book.fill(order, world.clock.now(), quantity, price)
        return wire.shown(order)

    async def disconnect(self, body: Mapping[str, Any]) -> Any:
        """End WebSockets by the beginning of their path.

        ``notice`` only announces it, ``code`` closes them with a handshake. ``event`` ends the
        user streams of ``key`` instead, while the connections stay: ``eventStreamTerminated`` its
        subscriptions, ``listenKeyExpired`` its futures listen key.
        """
        world, path = self._world, str(body.get("path", ""))
        ends = {
            "eventStreamTerminated": world.terminate,
            "listenKeyExpired": world.futures.users.expire,
        }
        if "event" in body:
            ends[body["event"]](str(body["key"]))
            return {}
        if body.get("notice"):
            return {"sockets": world.announce_shutdown(path)}
        return {"sockets": world.cut_sockets(path, int(body.get("code", 0)))}
