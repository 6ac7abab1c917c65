"""Books: every trade once, positions and money to the last digit, one position at a time."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal

from tests.chaos.evidence import Evidence, Row, parse_id

ZERO = Decimal(0)
Figures = tuple[Decimal, ...]


def every_trade_is_booked_once(seen: Evidence) -> Iterator[str]:
    """Fills are the exchange's trades: same numbers, same prices, quantities and fees."""
    orders = {row["id"]: row for row in seen.tables["orders"]}
    theirs = {
        (t["apiKey"], t["market"], t["symbol"], str(t["id"])): t for t in seen.exchange["trades"]
    }
    numbers = {(o["symbol"], o["orderId"]): o["clientOrderId"] for o in seen.exchange["orders"]}
    booked: Counter[tuple[str, str, str, str]] = Counter()
    for fill in seen.tables["fills"]:
        market = orders[fill["order_id"]]["market"]
        name = (seen.key_of(fill["owner_id"]), market, fill["symbol"], fill["trade_id"])
        booked[name] += 1
        trade = theirs.get(name)
        if trade is None:
            yield f"fill {name[1:]} is no trade of the exchange"
            continue
        ours = (
            *(fill["price"], fill["quantity"], fill["commission"]),
            *(fill["commission_asset"], fill["at"], orders[fill["order_id"]]["client_id"]),
        )
        real = (
            *(Decimal(trade["price"]), Decimal(trade["qty"]), Decimal(trade["commission"])),
            *(trade["commissionAsset"], trade["time"]),
            numbers[trade["symbol"], trade["orderId"]],
        )
        if ours != real:
            yield f"fill {name[1:]} says {ours}, the exchange {real}"
    yield from (f"trade {name[1:]} is booked {n} times" for name, n in booked.items() if n > 1)
    yield from (f"trade {name[1:]} is not booked" for name in theirs if name not in booked)


def positions_are_sums_of_fills(seen: Evidence) -> Iterator[str]:
    """Replaying the fills from zero gives the same positions and trades."""
    orders = {row["id"]: row for row in seen.tables["orders"]}
    sums: dict[int, list[Decimal]] = defaultdict(lambda: [ZERO] * 6)
    bases = {row["id"]: row["base"] for row in seen.tables["positions"]}
    quotes = {row["id"]: row["quote"] for row in seen.tables["positions"]}
    for fill in seen.tables["fills"]:
        order = orders[fill["order_id"]]
        total, first = sums[order["position_id"]], 0 if order["leg"] == "e" else 2
        total[first] += fill["quantity"]
        total[first + 1] += fill["quantity"] * fill["price"]
        in_base = fill["commission_asset"] == bases.get(order["position_id"])
        if in_base or fill["commission_asset"] == quotes.get(order["position_id"]):
            total[4 if in_base else 5] += fill["commission"]
    names = ("entry_qty", "entry_quote", "exit_qty", "exit_quote", "fee_base", "fee_quote")
    for row in seen.tables["positions"]:
        if [row[name] for name in names] != sums[row["id"]]:
            yield f"position {row['id']} is not the sum of its fills {sums[row['id']]}"
    yield from _closed_books(seen)


def _closed_books(seen: Evidence) -> Iterator[str]:
    trades: dict[int, list[Row]] = defaultdict(list)
    for trade in seen.tables["trades"]:
        trades[trade["position_id"]].append(trade)
    for row in seen.tables["positions"]:
        made = trades[row["id"]]
        if len(made) != (row["state"] == "closed"):
            yield f"position {row['id']} is {row['state']} with {len(made)} trades"
        for trade in made:
            if (trade["quantity"], trade["dust"]) != (row["exit_qty"], _held(row)):
                yield f"trade {trade['id']} is not its position's"


def money_is_accounted_for(seen: Evidence) -> Iterator[str]:
    """What an account gained and lost is what the rows say, to the last digit."""
    symbols = {row["id"]: row for row in seen.tables["orders"]}
    bases = {row["id"]: row["base"] for row in seen.tables["positions"]}
    for user, key in seen.keys.items():
        expected: dict[str, Decimal] = defaultdict(lambda: ZERO, seen.money)
        for row in seen.tables["positions"]:
            if seen.key_of(row["owner_id"]) == key and row["market"] == "spot":
                expected[row["base"]] += _held(row)
        for fill in seen.tables["fills"]:
            spot = symbols[fill["order_id"]]["market"] == "spot"
            if seen.key_of(fill["owner_id"]) == key and spot:
                sign = -1 if symbols[fill["order_id"]]["side"] == "BUY" else 1
                expected["USDT"] += sign * fill["quantity"] * fill["price"]
                if fill["commission_asset"] != bases[symbols[fill["order_id"]]["position_id"]]:
                    expected[fill["commission_asset"]] -= fill["commission"]
        account = next(a for a in seen.exchange["accounts"] if a["apiKey"] == key)
        for balance in account["balances"]:
            there = Decimal(balance["free"]) + Decimal(balance["locked"])
            ours = expected.pop(balance["asset"], ZERO)
            if there != ours:
                yield f"user {user} has {there} {balance['asset']}, the rows say {ours}"
        yield from (f"user {user} has no {asset}" for asset, left in expected.items() if left)


def fees_are_what_was_charged(seen: Evidence) -> Iterator[str]:
    """Commissions by account and asset, BNB included, in fills and in positions."""
    charged: Counter[tuple[str, str]] = Counter()
    booked: Counter[tuple[str, str]] = Counter()
    summed: Counter[tuple[str, str]] = Counter()
    for trade in seen.exchange["trades"]:
        charged[trade["apiKey"], trade["commissionAsset"]] += Decimal(trade["commission"])
    for fill in seen.tables["fills"]:
        booked[seen.key_of(fill["owner_id"]), fill["commission_asset"]] += fill["commission"]
    for row in seen.tables["positions"]:
        for asset, fee in row["fees"].items():
            summed[seen.key_of(row["owner_id"]), asset] += Decimal(fee)
    for name in charged.keys() | booked.keys() | summed.keys():
        if not charged[name] == booked[name] == summed[name]:
            theirs = f"the exchange took {charged[name]} {name[1]}"
            yield f"{theirs}, fills say {booked[name]}, positions {summed[name]}"


def one_position_at_a_time(seen: Evidence) -> Iterator[str]:
    """By the exchange's trades alone: no bot buys while it still holds coins it could sell."""
    numbers = {(o["symbol"], o["orderId"]): o["clientOrderId"] for o in seen.exchange["orders"]}
    held: dict[int, dict[int, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for trade in sorted(seen.exchange["trades"], key=lambda t: (t["time"], t["id"])):
        made = parse_id(numbers[trade["symbol"], trade["orderId"]])
        if made is None:
            continue
        mine, quantity = held[made.bot], Decimal(trade["qty"])
        if made.leg == "e":
            others = [
                d for d, left in mine.items()
                if d != made.decision and left >= 2 * seen.steps[trade["symbol"]]
            ]  # fmt: skip
            if others:
                yield f"bot {made.bot} entered {made.decision} while {others} were open"
            mine[made.decision] += quantity
        else:
            mine[made.decision] -= quantity
    open_rows = Counter(p["bot_id"] for p in seen.tables["positions"] if p["state"] != "closed")
    yield from (f"bot {bot} has {n} open positions" for bot, n in open_rows.items() if n > 1)


def _held(position: Row) -> Decimal:
    return position["entry_qty"] - position["exit_qty"] - position["fee_base"]
