"""What the harness must know of each market: the paths of its order protocol."""

from dataclasses import dataclass

Call = tuple[str, str]


@dataclass(frozen=True)
class Venue:
    """``orders``: calls that place or cancel; ``reads``: those that tell what became of them.

    ``answer``: the wizard's answer for the market; ``events``: its order events' stream.
    """

    answer: str
    orders: tuple[Call, ...]
    reads: tuple[Call, ...]
    events: str


SPOT = Venue(
    answer="spot",
    orders=(
        ("POST", "/api/v3/order"),
        ("POST", "/api/v3/orderList/oco"),
        ("DELETE", "/api/v3/orderList"),
    ),
    reads=(
        ("GET", "/api/v3/order"),
        ("GET", "/api/v3/openOrders"),
        ("GET", "/api/v3/account"),
        ("GET", "/api/v3/myTrades"),
    ),
    events="user@executionReport",
)
FUTURES = Venue(
    answer="futures",
    orders=(
        ("POST", "/fapi/v1/order"),
        ("POST", "/fapi/v1/algoOrder"),
        ("DELETE", "/fapi/v1/algoOrder"),
    ),
    reads=(
        ("GET", "/fapi/v1/order"),
        ("GET", "/fapi/v1/algoOrder"),
        ("GET", "/fapi/v1/openOrders"),
        ("GET", "/fapi/v1/openAlgoOrders"),
        ("GET", "/fapi/v3/account"),
        ("GET", "/fapi/v1/userTrades"),
    ),
    events="user@ORDER_TRADE_UPDATE",
)
MARKETS: dict[str, tuple[Venue, ...]] = {
    "spot": (SPOT,),
    "futures": (FUTURES,),
    "both": (SPOT, FUTURES),
}
