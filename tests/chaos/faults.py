"""What goes wrong, as tables of the local servers' own fault rules.

A wire fault strikes one call of the order protocol (``ORDER``) or of the reads behind it
(``READ``). Codes and texts are the exchange's own (Spot API and USD-M API, "Error codes").
"""

from collections.abc import Iterator
from random import Random
from typing import Any

from tests.chaos.venues import FUTURES, Venue

Rule = dict[str, Any]
RETRY_AFTER = 2
_UNKNOWN = "Unknown error, please check your request or try again later."
_FAILED = "Service Unavailable."
_BUSY = "Server is currently overloaded with other requests. Please try again in a few minutes."
_MANY = "Too much request weight used; please use WebSocket Streams."


def _code(code: int, status: int = 400, msg: str = "Injected.", **more: Any) -> Rule:
    return {"what": "code", "code": code, "status": status, "msg": msg, **more}


ORDER: tuple[Rule, ...] = (
    {"what": "drop_before"},
    {"what": "drop_after"},
    {"what": "half_answer"},
    *({"what": "status", "status": s, "after": a} for s in (500, 502, 504) for a in (False, True)),
    *(_code(-1006, 500, after=after) for after in (False, True)),
    *(_code(-1007, 408, after=after) for after in (False, True)),
    *(_code(-1000, 503, _UNKNOWN, after=after) for after in (False, True)),
    _code(-1000, 503, _FAILED),
    _code(-1008, 503, _BUSY),
    _code(-1021, msg="Timestamp for this request is outside of the recvWindow."),
    _code(-1015, 429, "Too many new orders.", retry_after=RETRY_AFTER),
    _code(-1003, 429, _MANY, retry_after=RETRY_AFTER),
    {"what": "ban", "ms": 2500},
    {"what": "delay", "ms": 50, "ms_max": 1500},
    {"what": "delay", "ms": 50, "ms_max": 1500, "after": True},
)
# What the futures exchange alone says to an order, and what it says with other codes than spot.
# A code of a duplicate is the truth only where the order was taken.
FUTURES_ORDER: tuple[Rule, ...] = (
    _code(-1000, 503, "Internal error; unable to process your request. Please try again."),
    _code(-2019, msg="Margin is insufficient."),
    _code(-2021, msg="Order would immediately trigger."),
    _code(-2022, msg="ReduceOnly Order is rejected."),
    _code(-4061, msg="Order's position side does not match user's setting."),
    _code(-4116, msg="ClientOrderId is duplicated.", after=True),
    _code(-4118, msg="ReduceOnly Order Failed. Please check your existing position and orders."),
    _code(-4131, msg="The counterparty's best price does not meet the PERCENT_PRICE filter."),
    _code(-4164, msg="Order's notional must be no smaller than 5."),
)
READ: tuple[Rule, ...] = (
    {"what": "drop_before"},
    {"what": "half_answer"},
    {"what": "status", "status": 502},
    _code(-2013, msg="Order does not exist."),
    _code(-1003, 429, _MANY, retry_after=RETRY_AFTER),
    {"what": "ban", "ms": 2500},
    {"what": "stale", "ms": 1500},
    {"what": "delay", "ms": 50, "ms_max": 2500},
)
FILLS: tuple[Rule, ...] = (
    {"what": "partial_fill", "share": "0.5"},
    {"what": "partial_fill", "share": "0.1"},
    {"what": "fill_on_cancel"},
    {"what": "refuse_trigger"},
)
STREAM: tuple[Rule, ...] = tuple(
    {"stream": name, **rule}
    for name in ("user@", "kline", "bookTicker")
    for rule in (
        {"what": "stall", "times": 3},
        {"what": "stall", "times": None},
        {"what": "duplicate", "times": 5},
        {"what": "reorder", "times": 3},
        {"what": "delay", "ms": 100, "ms_max": 2000, "times": 5},
        {"what": "disconnect"},
    )
)
CUTS: tuple[Rule, ...] = tuple(
    {"path": path, "notice": notice}
    for path in ("/ws-api", "/stream", "")
    for notice in (False, True)
)
CHAT: tuple[Rule, ...] = (
    {"method": "sendMessage", "what": "403", "times": 2},
    {"method": "editMessageText", "what": "403", "times": 2},
    *(
        {"method": method, **rule}
        for method in ("sendMessage", "editMessageText", "getUpdates", "")
        for rule in (
            {"what": "429", "retry_after": 1},
            {"what": "500", "times": 3},
            {"what": "502", "times": 3},
            {"what": "drop_before", "times": 3},
            {"what": "accept_then_drop", "times": 2},
            {"what": "delay", "seconds": 0.7, "times": 3},
            {"what": "answer_late", "seconds": 0.7, "times": 3},
        )
    ),
)
# Chats that are silent until somebody ends it: one person's alone, or everybody's.
ALONE = frozenset({"403", "429"})
SILENCE: tuple[Rule, ...] = tuple(
    {"times": None, **rule}
    for rule in (
        {"what": "403"},
        {"what": "429", "retry_after": 15},
        {"what": "500"},
        {"what": "drop_before"},
        {"what": "delay", "seconds": 30.0},
    )
)
# In so many blows a whole address is refused: requests of everybody, not of one order.
_EVERYWHERE = frozenset({-1003})


def wire(random: Random, venues: tuple[Venue, ...]) -> Iterator[Rule]:
    """Between one and three blows, each on a call of its own, one to three times."""
    for _ in range(random.randint(1, 3)):
        venue = random.choice(venues)
        kind = random.choices(("order", "read", "fill"), (6, 3, 1))[0]
        if kind == "fill":
            yield random.choice(FILLS)
            continue
        method, path = random.choice(venue.orders if kind == "order" else venue.reads)
        rule = random.choice(READ if kind == "read" else _of_orders(venue, method))
        everywhere = rule.get("code") in _EVERYWHERE or rule["what"] == "ban"
        times = 1 if everywhere else random.choice((1, 1, 2, 3))
        yield {"method": method, "path": path, "times": times, **rule}


def _of_orders(venue: Venue, method: str) -> tuple[Rule, ...]:
    """A cancel is refused with none of the codes that are about a new order."""
    return ORDER + FUTURES_ORDER if venue is FUTURES and method == "POST" else ORDER
