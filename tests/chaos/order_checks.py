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
        elif state == "rejected" and order["status"] == "REJECTED":
            continue  # taken, and refused when it triggered
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
    if row["market"] == "futures":  # a conditional order has a shape of its own there
        figures = {
            name: figures[name] for name in ("status", "symbol", "side", "filled", "booked")
        }
    for figure, (ours, theirs) in figures.items():
        if ours != theirs:
            yield f"{name}: {figure} is {ours}, at the exchange {theirs}"


def positions_are_covered(seen: Evidence) -> Iterator[str]:
    """What is held stands under live stops of the same size, and no other leg sells more."""
    live = _live(seen)
    for row in seen.tables["positions"]:
        legs = live.get((row["bot_id"], row["decision"]), {})
        held = row["entry_qty"] - row["exit_qty"] - row["fee_base"]
        step = seen.steps[row["symbol"]]
        sellable = held // step * step
        if row["state"] == "closed" or row["market"] != "spot":
            continue
        if legs.get("s", ZERO) != sellable:
            yield f"position {row['id']} holds {held}, its stop covers {legs.get('s', ZERO)}"
        if legs.get("t", ZERO) > sellable or set(legs) - {"s", "t"}:
            yield f"position {row['id']} holds {held}, live are {dict(legs)}"


def the_naked_clock_runs(seen: Evidence) -> Iterator[str]:
    """In the rows: an open position without full cover has its clock running.

    A process that died before it knew the trading rules booked fills and left this to the next.
    """
    stops: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for row in seen.tables["orders"]:
        if row["leg"] == "s" and row["state"] in {"open", "part_filled"}:
            whole = Decimal("Infinity") if row["close_position"] else row["quantity"]
            stops[row["position_id"]] += whole - row["filled_qty"]
    for row in seen.tables["positions"]:
        held = row["entry_qty"] - row["exit_qty"] - row["fee_base"]
        step = seen.steps[row["symbol"]]
        naked = (
            row["state"] == "open" and row["guarded"] and stops[row["id"]] < held // step * step
        )
        if naked and row["naked_since"] is None:
            yield f"position {row['id']} holds {held} under {stops[row['id']]}, no clock runs"


def no_order_is_orphaned(seen: Evidence) -> Iterator[str]:
    """Nothing is live for a position that is closed or was never there."""
    open_ones = {
        (p["bot_id"], p["decision"]) for p in seen.tables["positions"] if p["state"] != "closed"
    }
    for decision, legs in _live(seen).items():
        if decision not in open_ones:
            yield f"live are {dict(legs)} of {decision}, which holds nothing"


def exits_never_exceed_the_position(seen: Evidence) -> Iterator[str]:
    """At any moment, by the exchange alone: live exits, an OCO once, do not sell too much."""
    held: dict[tuple[int, int], Decimal] = defaultdict(lambda: ZERO)
    for order in seen.exchange["orders"]:
        made = parse_id(order["clientOrderId"])
        if made is not None:
            sign = 1 if made.leg == "e" else -1
            held[made.bot, made.decision] += sign * Decimal(order["executedQty"])
    for decision, legs in _live(seen, "spot").items():
        exits = max(legs.get("s", ZERO), legs.get("t", ZERO)) + legs.get("c", ZERO)
        if exits > held[decision]:
            yield f"{decision} holds {held[decision]}, live exits would sell {exits}"


def _live(seen: Evidence, *markets: str) -> dict[tuple[int, int], dict[str, Decimal]]:
    """Open quantity by decision and leg."""
    live: dict[tuple[int, int], dict[str, Decimal]] = defaultdict(
        lambda: defaultdict(lambda: ZERO)
    )
    for order in seen.exchange["orders"]:
        made = parse_id(order["clientOrderId"])
        wanted = not markets or order["market"] in markets
        if order["status"] in _LIVE and made is not None and wanted:
            left = Decimal(order["origQty"]) - Decimal(order["executedQty"])
            live[made.bot, made.decision][made.leg] += left
    return live


def one_leg_of_a_list_fills(seen: Evidence) -> Iterator[str]:
    """The legs of an OCO never both trade."""
    traded = {o["clientOrderId"] for o in seen.exchange["orders"] if Decimal(o["executedQty"])}
    for each in seen.exchange["orderLists"]:
        both = [leg["clientOrderId"] for leg in each["orders"]]
        if len(traded.intersection(both)) > 1:
            yield f"both legs of {each['listClientOrderId']} traded"
