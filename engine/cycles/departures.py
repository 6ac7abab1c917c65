"""Departures: entries that are written as SENT in the commit of their decision, and sent at once.

That is one commit less on the way of an order than through PLANNED rows, which stay the way of
every order whose account is not in order at that moment.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from engine.core.order import Order, OrderEvent, OrderState, move
from engine.cycles.execution import Sender


@dataclass(slots=True)
class Departures:
    """The entries of one commit; ``sender_of`` gives the sender of an account that is kept.

    An announced order belongs to its sender from before the commit: whoever reads the row must
    not take it for one whose sending was interrupted.
    """

    sender_of: Callable[[str], Sender | None]
    _announced: dict[str, Sender] = field(default_factory=dict)

    def announce(self, order: Order, *, at: int) -> Order:
        """The order as it is to be written: SENT where its account would send it now."""
        sender = self.sender_of(order.account)
        if sender is None or not sender.takes_entries():
            return order
        sender.expected.add(order.client_id)
        self._announced[order.client_id] = sender
        return move(order, OrderEvent.SEND, at=at)

    def send(self, orders: Iterable[Order]) -> None:
        """Send those that are SENT; they are durable by now."""
        for order in orders:
            if order.state is OrderState.SENT:
                self._announced[order.client_id].send(order)

    def end(self) -> None:
        """Nothing more is sent: what was written all the same is a sending interrupted."""
        for client_id, sender in self._announced.items():
            sender.expected.discard(client_id)
