"""Futures: what is held, its stops and the wallet, by the exchange's own account."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from tests.chaos.evidence import Evidence, Row, parse_id

ZERO = Decimal(0)
_LIVE = frozenset({"NEW", "PARTIALLY_FILLED"})


def amounts_are_sums_of_fills(seen: Evidence) -> Iterator[str]:
    """The exchange's net amount of each symbol is what the positions say."""
    ours: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for row in _positions(seen):
        sign = 1 if row["side"] == "long" else -1
        ours[seen.key_of(row["owner_id"]), row["symbol"]] += sign * _held(row)
    theirs: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for account in seen.exchange["futures"]["accounts"]:
        for held in account["positions"]:
            theirs[account["apiKey"], held["symbol"]] += Decimal(held["positionAmt"])
    for name in ours.keys() | theirs.keys():
        if ours[name] != theirs[name]:
            yield f"{name[1]}: held are {theirs[name]}, the rows say {ours[name]}"


def wallets_are_accounted_for(seen: Evidence) -> Iterator[str]:
    """What a wallet gained is what the closed trades earned and the open positions paid."""
    for account in seen.exchange["futures"]["accounts"]:
        key = account["apiKey"]
        mine = [p for p in _positions(seen) if seen.key_of(p["owner_id"]) == key]
        if any(p["state"] != "closed" and p["exit_qty"] for p in mine):
            continue  # what half a position has earned stands in no row yet
        ids = {p["id"] for p in mine}
        earned = sum((t["net"] for t in seen.tables["trades"] if t["position_id"] in ids), ZERO)
        paid = sum((p["fee_quote"] - p["funding"] for p in mine if p["state"] != "closed"), ZERO)
        there = Decimal(account["wallet"].get("USDT", "0"))
        if mine and there != seen.money["USDT"] + earned - paid:
            yield f"a wallet holds {there}, the rows say {seen.money['USDT'] + earned - paid}"


def futures_positions_are_covered(seen: Evidence) -> Iterator[str]:
    """One live stop for all that is held; nothing live where nothing is held."""
    live: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for order in seen.exchange["orders"]:
        made = parse_id(order["clientOrderId"])
        if order["market"] == "futures" and order["status"] in _LIVE and made is not None:
            live[made.bot, made.decision].append(order)
    for row in _positions(seen):
        exits = live.pop((row["bot_id"], row["decision"]), [])
        if row["state"] == "closed":
            yield from (f"{o['clientOrderId']} is live for a closed position" for o in exits)
            continue
        stops = [o for o in exits if _leg(o) == "s"]
        whole = [o for o in stops if o["closePosition"] or Decimal(o["origQty"]) >= _held(row)]
        if len(whole) != 1 or len(stops) != 1:
            yield f"position {row['id']} holds {_held(row)} under {len(stops)} stops"
    yield from (f"{o['clientOrderId']} is live alone" for found in live.values() for o in found)


def every_exit_only_reduces(seen: Evidence) -> Iterator[str]:
    """Exits on futures are reduce-only or close the position."""
    for order in seen.exchange["orders"]:
        if order["market"] != "futures" or _leg(order) in {"e", ""}:
            continue
        if not (order["reduceOnly"] or order["closePosition"]):
            yield f"{order['clientOrderId']} could open a position"


def _leg(order: Row) -> str:
    made = parse_id(order["clientOrderId"])
    return made.leg if made is not None else ""


def _positions(seen: Evidence) -> list[Row]:
    return [p for p in seen.tables["positions"] if p["market"] == "futures"]


def _held(position: Row) -> Decimal:
    return position["entry_qty"] - position["exit_qty"]
