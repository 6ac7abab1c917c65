"""What a request asks of the exchange's limits: whose it is, how urgent, and what it costs."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from engine.core.order import Leg


class Product(StrEnum):
    """Parts of the exchange with limits, and error codes, of their own."""

    SPOT = "spot"
    FUTURES = "futures"
    SAPI = "sapi"


class Priority(IntEnum):
    """Who goes first, and who is held first when the limits come near."""

    EXIT = 0
    """Ends a position: closes, emergency closes, and the time they are signed with."""
    STOP = 1
    """Protects one: stops, targets, cancels."""
    DOUBT = 2
    """Reads what became of an order of ours."""
    ENTRY = 3
    """Opens a position, or prepares one."""
    READ = 4
    """Reads what trading needs: rules, candles, balances, open orders."""
    OPTIONAL = 5
    """Reads what people like to see."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: its owner shares fairly with others, and has order counts of its own.

    ``owner`` is an account, or "" for what all share; ``weight`` the request weight it is
    expected to cost at most; ``orders`` the orders it adds to its account's counts.
    """

    product: Product
    priority: Priority
    owner: str = ""
    weight: int = 1
    orders: int = 0


_URGENCY = {Leg.CLOSE: Priority.EXIT, Leg.ENTRY: Priority.ENTRY}


def urgency(leg: Leg) -> Priority:
    """How urgent it is to send an order of a leg."""
    return _URGENCY.get(leg, Priority.STOP)
