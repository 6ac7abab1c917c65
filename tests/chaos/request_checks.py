"""Requests: what arrived at the exchange, when, and how it was answered, by its own journal."""

from collections import Counter
from collections.abc import Iterator

from tests.chaos.evidence import Evidence, Row, parse_id

NEW_IDS = (
    "newClientOrderId", "aboveClientOrderId", "belowClientOrderId", "clientAlgoId",
)  # fmt: skip
_BUDGET = 6000 * 0.8
_MOST_REFUSALS = 3
_ANSWERS_TO_WAIT = frozenset({418, 429})
# Requests that were on their way when the answer came, and the two clocks' difference.
_ON_THE_WAY_MS, _CLOCKS_MS = 150, 1_000
# Codes that are no judgement of the order itself: it may be tried again.
_PASSING = frozenset({0, -1000, -1003, -1006, -1007, -1008, -1015, -1021})


def no_order_before_its_intent(seen: Evidence) -> Iterator[str]:
    """What asks for a new order was written down, and marked as sent, before it arrived."""
    rows = {row["client_id"]: row for row in seen.tables["orders"]}
    for request in seen.exchange["requests"]:
        for client_id in _new_ids(request):
            row = rows.get(client_id)
            if row is None:
                yield f"request {request['number']} asked for {client_id}, which has no row"
            elif row["signed_at"] is None or row["state"] == "planned":
                yield f"{client_id} arrived and is still {row['state']}"
            elif row["created_at"] > request["at"] + _CLOCKS_MS * seen.speed:
                yield f"{client_id} arrived at {request['at']}, planned at {row['created_at']}"


def no_request_repeats_an_id(seen: Evidence) -> Iterator[str]:
    """An order is asked for once: a lost answer is looked up, never sent again."""
    asked = Counter(i for r in seen.exchange["requests"] for i in _new_ids(r))
    yield from (f"{client_id} was asked for {n} times" for client_id, n in asked.items() if n > 1)


def weight_stays_in_budget(seen: Evidence) -> Iterator[str]:
    """No minute, of either clock, uses more than four fifths of the address's weight."""
    used: Counter[tuple[str, int, int]] = Counter()
    for r in seen.exchange["requests"]:
        used[_product(r), int(r["at"]) // 60_000, int(r["real_ms"]) // 60_000] += r["weight"]
    yield from (f"{name} used weight {n}" for name, n in used.items() if n > _BUDGET)


def retry_after_is_obeyed(seen: Evidence) -> Iterator[str]:
    """After 429 and 418 that address is quiet for as long as it was told.

    A process that was started since cannot know of it.
    """
    quiet: dict[str, tuple[float, float, int]] = {}
    for r in _ours(seen):
        product = _product(r)
        began, until, number = quiet.get(product, (0.0, 0.0, 0))
        knows = not any(began <= death <= r["real_ms"] for death in seen.deaths)
        if began + _ON_THE_WAY_MS < r["real_ms"] < until and knows:
            late = r["real_ms"] - began
            yield f"request {r['number']} came {late:.0f} ms after {number} was told to wait"
        if r["status"] in _ANSWERS_TO_WAIT and r["retry_after"] and r["code"] != -1015:
            ends = r["real_ms"] + r["retry_after"] * 1000
            quiet[product] = (r["real_ms"], max(ends, until), r["number"])


def no_refusal_loops(seen: Evidence) -> Iterator[str]:
    """The same refusal of the same leg comes at most three times in a row."""
    row: dict[tuple[object, ...], tuple[int, int]] = {}
    for r in seen.exchange["requests"]:
        for client_id in _new_ids(r):
            made = parse_id(client_id)
            if made is None or made.leg == "c":  # a close is tried for ever, ever more slowly
                continue
            leg = (made.bot, made.decision, made.leg)
            code, n = row.get(leg, (0, 0))
            now = int(r["code"] or 0) if (r["status"] or 0) >= 400 else 0
            row[leg] = (now, n + 1 if now == code else 1)
            if now not in _PASSING and row[leg][1] > _MOST_REFUSALS:
                yield f"{client_id} is refusal number {row[leg][1]} with {now}"


def order_rates_hold(seen: Evidence) -> Iterator[str]:
    """No account has more than 100 new orders in ten seconds of the exchange's clock."""
    made: Counter[tuple[str, int]] = Counter()
    for order in seen.exchange["orders"]:
        made[order["apiKey"], order["time"] // 10_000] += 1
    yield from (f"{n} orders at {when}" for (_, when), n in made.items() if n > 100)


def messages_are_paced(seen: Evidence) -> Iterator[str]:
    """The chat never had to refuse a message for its pace (30 a second over all, 20 a minute)."""
    for user, messages in seen.chats.items():
        minutes = Counter(int(m["date"]) // 60 for m in messages if m["from"] == "bot")
        yield from (
            f"user {user} got {n} messages in a minute" for n in minutes.values() if n > 90
        )


def _product(request: Row) -> str:
    return "futures" if request["path"].startswith("/fapi") else "spot"


def _ours(seen: Evidence) -> list[Row]:
    """The service's requests, oldest first: those that came with a key."""
    return [r for r in seen.exchange["requests"] if r["key"]]


def _new_ids(request: Row) -> Iterator[str]:
    if request["method"] == "POST":
        for name in NEW_IDS:
            if name in request["params"]:
                yield request["params"][name]
