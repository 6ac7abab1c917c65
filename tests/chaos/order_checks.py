"""Orders: ours and the exchange's are the same ones, none twice, none lost, none left behind."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal

from tests.chaos.evidence import Evidence, Row, parse_id

ZERO = Decimal(0)
_IN_MOTION = frozenset({"planned", "sent", "unknown", "cancelling"})
_NEVER_PLACED = frozenset({"planned", "not_placed", "rejected"})
_STATUS = {
    "open": "NEW", "part_filled": "PARTIALLY_FILLED", "filled": "FILLED",
    "cancelled": "CANCELED", "expired": "EXPIRED",
}  # fmt: skip
_LIVE = frozenset({"NEW", "PARTIALLY_FILLED"})


def every_order_has_its_row(seen: Evidence) -> Iterator[str]:
    """Holds at any moment: what reached the exchange was written down before."""
    rows = {row["client_id"]: row for row in seen.tables["orders"]}
    for order in seen.exchange["orders"]:
        row = rows.get(order["clientOrderId"])
        if row is None:
            yield f"order {order['clientOrderId']} has no row"
        elif seen.key_of(row["owner_id"]) != order["apiKey"]:
            yield f"order {order['clientOrderId']} is on somebody else's account"
    for request in seen.exchange["requests"]:
        for name, value in request["params"].items():
            new = name in {"newClientOrderId", "aboveClientOrderId", "belowClientOrderId"}
            if new and value not in rows:
                yield f"request {request['number']} asked for {value}, which has no row"


def no_order_is_doubled(seen: Evidence) -> Iterator[str]:
    """One order per client id, one entry per decision, no more sold or bought than decided."""
    ids = Counter(order["clientOrderId"] for order in seen.exchange["orders"])
    yield from (
        f"{client_id} is on the exchange {n} times" for client_id, n in ids.items() if n > 1
    )
    entries: Counter[tuple[int, int]] = Counter()
    bought: dict[tuple[int, int], Decimal] = defaultdict(lambda: ZERO)
    sold: dict[tuple[int, int], Decimal] = defaultdict(lambda: ZERO)
    for order in seen.exchange["orders"]:
        made = parse_id(order["clientOrderId"])
        if made is None:
            continue
        decision = (made.bot, made.decision)
        entries[decision] += made.leg == "e"
        (bought if made.leg == "e" else sold)[decision] += Decimal(order["executedQty"])
    decided = {
        (row["bot_id"], row["decision"]): row["quantity"]
        for row in seen.tables["orders"]
        if row["leg"] == "e"
    }
    for decision, n in entries.items():
        if n > 1:
            yield f"decision {decision} has {n} entry orders on the exchange"
        if bought[decision] > decided.get(decision, ZERO):
            yield f"decision {decision} bought more than decided"
        if sold[decision] > bought[decision]:
            yield f"decision {decision} sold {sold[decision]} of {bought[decision]}"
    yield from (f"decision {d} was sold without an entry" for d in sold if d not in entries)


def every_row_is_settled(seen: Evidence) -> Iterator[str]:
    """Rows say what the exchange says, and nothing is in motion."""
    placed = {order["clientOrderId"]: order for order in seen.exchange["orders"]}
    for row in seen.tables["orders"]:
        name, state = row["client_id"], row["state"]
        order = placed.get(name)
        if state in _IN_MOTION:
            yield f"{name} is still {state}"
        elif order is None:
            if state not in _NEVER_PLACED:
                yield f"{name} is {state}, the exchange never had it"
        elif state in _NEVER_PLACED:
            yield f"{name} is {state}, the exchange has it {order['status']}"
        else:
            yield from _same(row, order)


def _same(row: Row, order: Row) -> Iterator[str]:
    name, executed = row["client_id"], Decimal(order["executedQty"])
    figures = {
        "status": (_STATUS[row["state"]], order["status"]),
        "symbol": (row["symbol"], order["symbol"]),
        "side": (row["side"], order["side"]),
        "quantity": (row["quantity"], Decimal(order["origQty"])),
        "filled": (row["filled_qty"], executed),
        "booked": (row["booked_qty"], executed),
        "spent": (row["filled_quote"], Decimal(order["cummulativeQuoteQty"])),
        "price": (row["price"] or ZERO, Decimal(order["price"])),
        "stop price": (row["stop_price"] or ZERO, Decimal(order["stopPrice"])),
    }
    for figure, (ours, theirs) in figures.items():
        if ours != theirs:
            yield f"{name}: {figure} is {ours}, at the exchange {theirs}"


def positions_are_covered(seen: Evidence) -> Iterator[str]:
    """What is held stands under live stops of the same size; nothing else is live."""
    live: dict[tuple[int, int], dict[str, Decimal]] = defaultdict(
        lambda: defaultdict(lambda: ZERO)
    )
    for order in seen.exchange["orders"]:
        made = parse_id(order["clientOrderId"])
        if order["status"] in _LIVE and made is not None:
            left = Decimal(order["origQty"]) - Decimal(order["executedQty"])
            live[made.bot, made.decision][made.leg] += left
    for row in seen.tables["positions"]:
        legs = live.pop((row["bot_id"], row["decision"]), {})
        held = row["entry_qty"] - row["exit_qty"] - row["fee_base"]
        what = f"position {row['id']}"
        if row["state"] == "closed":
            if legs:
                yield f"{what} is closed, live are still {dict(legs)}"
            continue
        step = seen.steps[row["symbol"]]
        sellable = held // step * step
        if legs.get("s", ZERO) != sellable:
            yield f"{what} holds {held}, its stop covers {legs.get('s', ZERO)}"
        if legs.get("t", ZERO) > sellable or set(legs) - {"s", "t"}:
            yield f"{what} holds {held}, live are {dict(legs)}"
    yield from (f"live orders {dict(legs)} of {d} without a position" for d, legs in live.items())


def one_leg_of_a_list_fills(seen: Evidence) -> Iterator[str]:
    """The legs of an OCO never both trade."""
    traded = {o["clientOrderId"] for o in seen.exchange["orders"] if Decimal(o["executedQty"])}
    for each in seen.exchange["orderLists"]:
        both = [leg["clientOrderId"] for leg in each["orders"]]
        if len(traded.intersection(both)) > 1:
            yield f"both legs of {each['listClientOrderId']} traded"
