"""Lives over time: nothing final comes back, nothing confirmed is undone, days and limits hold."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from tests.chaos.evidence import Evidence

ZERO = Decimal(0)
RECOVERY = 15.0
_FINAL = frozenset({"filled", "cancelled", "expired", "rejected"})
_DOUBT = 45.0
_CLOCKS_MS = 1_000
_STOPS = frozenset({"bot.stop", "bot.panic", "account.panic"})


def nothing_final_comes_back(seen: Evidence) -> Iterator[str]:
    """What was over in the last look is over, with no less filled."""
    if seen.earlier is None:
        return
    now = {row["client_id"]: row for row in seen.tables["orders"]}
    for was in seen.earlier.tables["orders"]:
        row = now.get(was["client_id"])
        if row is None:
            yield f"{was['client_id']} has vanished"
        elif was["state"] in _FINAL and row["state"] != was["state"]:
            yield f"{was['client_id']} was {was['state']}, is {row['state']}"
        elif row["filled_qty"] < was["filled_qty"]:
            yield f"{was['client_id']} had {was['filled_qty']} filled, has {row['filled_qty']}"


def no_doubt_is_told_as_an_outcome(seen: Evidence) -> Iterator[str]:
    """An order in doubt is neither told as bought nor as failed."""
    told = {row["dedup"] for row in seen.tables["outbox"]}
    for row in seen.tables["orders"]:
        name = row["client_id"]
        if row["state"] == "unknown" and f"entry_failed:{name}" in told:
            yield f"{name} is in doubt and was told as failed"


def no_doubt_lasts(seen: Evidence) -> Iterator[str]:
    """UNKNOWN ends within its limit."""
    now = seen.exchange["clock"]["now"]
    for row in seen.tables["orders"]:
        since = (now - (row["signed_at"] or now)) / 1000 / seen.speed
        if row["state"] in {"unknown", "sent"} and since > _DOUBT:
            yield f"{row['client_id']} is {row['state']} for {since:.0f} s"


def no_entry_while_stopped(seen: Evidence) -> Iterator[str]:
    """No entry is sent between a stop and the next start, by the audit's times."""
    acts = [a for a in seen.tables["audit"] if a["act"] in {*_STOPS, "bot.start"}]
    bots = {b["id"]: {b["public_id"], str(b["owner_id"])} for b in seen.tables["bots"]}
    slack = _CLOCKS_MS * seen.speed
    for row in seen.tables["orders"]:
        if row["leg"] != "e" or row["signed_at"] is None:
            continue
        before = [
            a for a in acts if a["target"] in bots[row["bot_id"]] and a["at"] < row["signed_at"]
        ]
        last = max(before, key=lambda a: a["at"], default=None)
        late = last is not None and row["signed_at"] - last["at"] > slack
        if late and last is not None and last["act"] in _STOPS:
            yield f"{row['client_id']} was sent after its bot was stopped"


def daily_limits_hold(seen: Evidence) -> Iterator[str]:
    """No bot enters more often in a UTC day than it may, counted by its fills."""
    opened = Counter((p["bot_id"], _day(p["opened_at"])) for p in seen.tables["positions"])
    limits = {bot["id"]: bot["config"].get("max_daily_trades") for bot in seen.tables["bots"]}
    for (bot, day), n in opened.items():
        # One decided just before midnight may fill just after it.
        if limits.get(bot) is not None and n > limits[bot] + 1:
            yield f"bot {bot} entered {n} times on {day}, it may {limits[bot]} times"


def counters_follow_from_fills(seen: Evidence) -> Iterator[str]:
    """Every day's counters are what the positions and trades of that day say."""
    counted = {(c["bot_id"], c["day"]): c for c in seen.tables["counters"]}
    entries = Counter((p["bot_id"], _day(p["opened_at"])) for p in seen.tables["positions"])
    closed = Counter((t["bot_id"], _day(t["closed_at"])) for t in seen.tables["trades"])
    net: dict[tuple[int, str], Decimal] = {}
    for t in seen.tables["trades"]:
        day = (t["bot_id"], _day(t["closed_at"]))
        net[day] = net.get(day, ZERO) + t["net"]
    for day in entries.keys() | closed.keys() | counted.keys():
        row = counted.get(day, {"entries": 0, "closed": 0, "net": ZERO})
        said = (row["entries"], row["closed"], row["net"])
        real = (entries[day], closed[day], net.get(day, ZERO))
        if said != real:
            yield f"{day} counted {said}, its rows say {real}"


def every_trade_has_one_day(seen: Evidence) -> Iterator[str]:
    """The sum of all days is the sum of all trades: none in two days, none in none."""
    for bot in {t["bot_id"] for t in seen.tables["trades"]}:
        days = sum(c["closed"] for c in seen.tables["counters"] if c["bot_id"] == bot)
        trades = sum(t["bot_id"] == bot for t in seen.tables["trades"])
        if days != trades:
            yield f"bot {bot} has {trades} trades, its days count {days}"


def what_was_confirmed_holds(seen: Evidence) -> Iterator[str]:
    """A bot whose stop was shown as done is stopped, whatever happened since."""
    for bot in seen.tables["bots"]:
        if bot["config"]["name"] in seen.stopped and bot["state"] != "stopped":
            yield f"{bot['config']['name']} was shown as stopped, it is {bot['state']}"


def no_order_of_an_old_lease(seen: Evidence) -> Iterator[str]:
    """Installation ids of orders, in the order in which they were planned, never go back."""
    prefix, last = f"sk{seen.tables['installs'][0]['install']}", 0
    for row in sorted(seen.tables["orders"], key=lambda o: o["id"]):
        head, *_, leg = row["client_id"].split("-")
        boot = int(head.removeprefix(prefix), 36)
        # A further attempt of an entry keeps the id of the boot that decided it.
        if boot < last and not (leg[0] == "e" and leg != "e1"):
            yield f"{row['client_id']} was planned after boot {last}"
        last = max(last, boot)


def the_database_is_sound(seen: Evidence) -> Iterator[str]:
    """The integrity checks find nothing, and the schema has a known version."""
    yield from seen.integrity
    if len(seen.tables["alembic_version"]) != 1:
        yield f"schema versions: {seen.tables['alembic_version']}"


def every_start_recovers_in_time(seen: Evidence) -> Iterator[str]:
    """From the spawn to "reconciled and trading"."""
    yield from (f"a start took {took:.0f} s" for took in seen.starts if took > RECOVERY)


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, tz=UTC).date().isoformat()
