"""Evidence falsified, one lie for every check at least: a check that believes it is blind.

A lie changes a deep copy of what was really seen; the named check must say that it is wrong.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any

from tests.chaos import book_checks as books
from tests.chaos import chat_checks as chats
from tests.chaos import freedom_checks as freedom
from tests.chaos import futures_checks as futures
from tests.chaos import life_checks as life
from tests.chaos import order_checks as orders
from tests.chaos import request_checks as requests
from tests.chaos.evidence import Evidence, Row
from tests.chaos.invariants import INVARIANTS, Check

Lie = Callable[[Evidence], object]
DAY_MS = 86_400_000


def overlooked(seen: Evidence) -> Iterator[str]:
    """Lies that their check believes, and checks to which nobody lies."""
    for check, name, lie in LIES:
        told = deepcopy(seen)
        lie(told)
        if not list(check(told)):
            yield f"{check.__name__} believes in {name}"
    asked = {check for check, _, _ in LIES}
    yield from (f"nobody lies to {i.name}" for i in INVARIANTS if i.check not in asked)


def _first(rows: list[Row], **wanted: Any) -> Row:
    return next(row for row in rows if all(row[name] == wanted[name] for name in wanted))


def _entry(e: Evidence) -> Row:
    """An entry at the exchange."""
    return next(o for o in e.exchange["orders"] if o["clientOrderId"].split("-")[-1] == "e1")


def _row_of(e: Evidence, order: Row) -> Row:
    return _first(e.tables["orders"], client_id=order["clientOrderId"])


def _asked(e: Evidence) -> Row:
    """A request for a new order."""
    return next(r for r in e.exchange["requests"] if list(requests._new_ids(r)))


def _legs(e: Evidence) -> list[Row]:
    names = [leg["clientOrderId"] for leg in e.exchange["orderLists"][0]["orders"]]
    return [o for o in e.exchange["orders"] if o["clientOrderId"] in names]


def _told(e: Evidence) -> tuple[list[Row], str]:
    """A chat and the number of an alert that it shows, unmarked."""
    numbers = [f"#{row['id']}" for row in e.tables["outbox"] if row["kind"] == "entered"]
    return next(
        (chat, number)
        for number in numbers
        for chat in e.chats.values()
        if any((m["text"] or "").endswith(number) for m in chat)
    )


def _unsay(e: Evidence) -> None:
    chat, number = _told(e)
    chat[:] = [m for m in chat if number not in (m["text"] or "")]


def _say_again(e: Evidence) -> None:
    chat, number = _told(e)
    chat.append(next(m for m in chat if (m["text"] or "").endswith(number)) | {"id": 10**6})


def _reopen(e: Evidence) -> None:
    for leg in _legs(e):
        leg["status"] = "NEW"


def _uncover(e: Evidence) -> None:
    _first(e.tables["positions"], state="closed", market="spot").update(
        state="open", exit_qty=Decimal(0)
    )


def _refusals(e: Evidence) -> None:
    request = _asked(e)
    e.exchange["requests"] += [request | {"status": 400, "code": -2010} for _ in range(4)]


def _impatience(e: Evidence) -> None:
    last = requests._ours(e)[-1]
    told = last | {"status": 429, "code": -1003, "retry_after": 60, "real_ms": 10**13}
    e.exchange["requests"] += [told, last | {"real_ms": 10**13 + 1000}]


def _backwards(e: Evidence) -> None:
    last = e.tables["orders"][-1]
    boots = e.tables["installs"][0]["install"]
    last["client_id"] = f"sk{boots}0-{last['client_id'].partition('-')[2]}"


def _stop_beside(e: Evidence, **about: Any) -> None:
    """One more stop at the futures exchange, made of an order that was there."""
    order = next(o for o in e.exchange["orders"] if o["market"] == "futures")
    e.exchange["orders"].append(order | {"clientOrderId": "sk0-99-1-s1"} | about)


def _steadily(e: Evidence) -> None:
    """Nothing ever hindered anybody."""
    e.look, e.steady_since, e.muted = 10.0**13, 0.0, {}


def _no_exits(e: Evidence) -> None:
    _steadily(e)
    entries = [r for r in e.exchange["requests"] if any("-e" in i for i in requests._new_ids(r))]
    e.exchange["requests"] = entries
    # A quick machine is done before an exit would be missed.
    e.exchange["clock"]["now"] += DAY_MS


def _secret_ban(e: Evidence) -> None:
    e.tables["outbox"] = [r for r in e.tables["outbox"] if r["kind"] != "exchange_stopped"]
    e.exchange["requests"].append(_asked(e) | {"status": 418, "real_ms": 10.0**13})


def _late_candles(e: Evidence) -> None:
    _steadily(e)
    e.tables["bots"][0]["state"] = "waiting"
    for row in e.tables["streams"]:
        row["judged_until"] -= DAY_MS


def _waiting_alert(e: Evidence) -> None:
    _steadily(e)
    e.tables["outbox"][0].update(state="due", created_at=0)


def _ousted(e: Evidence) -> None:
    e.ousted.append((0.0, _asked(e)["host"].partition(":")[0]))


LIES: tuple[tuple[Check, str, Lie], ...] = (
    (orders.no_order_is_doubled, "a second entry", lambda e: e.exchange["orders"].append(
        _entry(e) | {"clientOrderId": _entry(e)["clientOrderId"][:-1] + "2"})),
    (orders.no_order_is_doubled, "a doubled id", lambda e: e.exchange["orders"].append(_entry(e))),
    (orders.no_order_is_doubled, "too much bought", lambda e: _entry(e).update(executedQty="9")),
    (requests.no_request_repeats_an_id, "a request sent again",
     lambda e: e.exchange["requests"].append(_asked(e))),
    (orders.every_order_has_its_row, "an order without a row",
     lambda e: _row_of(e, _entry(e)).update(client_id="another")),
    (orders.every_row_is_settled, "an order that vanished",
     lambda e: e.exchange["orders"].remove(_entry(e))),
    (orders.every_row_is_settled, "an order in doubt",
     lambda e: _row_of(e, _entry(e)).update(state="unknown")),
    (orders.every_row_is_settled, "an order thought absent",
     lambda e: _row_of(e, _entry(e)).update(state="not_placed")),
    (requests.no_order_before_its_intent, "a request without an intent",
     lambda e: _asked(e)["params"].update(newClientOrderId="sk0-1-1-e1")),
    (requests.no_order_before_its_intent, "an intent written down later",
     lambda e: [o.update(created_at=o["created_at"] + DAY_MS) for o in e.tables["orders"]]),
    (books.money_is_accounted_for, "a coin too many",
     lambda e: e.exchange["accounts"][-1]["balances"][0].update(free="1.00000001")),
    (futures.amounts_are_sums_of_fills, "coins that nobody bought",
     lambda e: e.exchange["futures"]["accounts"][-1]["positions"].append(
         {"symbol": "XRPUSDT", "positionAmt": "1"})),
    (futures.wallets_are_accounted_for, "a wallet with more in it",
     lambda e: [a["wallet"].update(USDT="10000.5") for a in e.exchange["futures"]["accounts"]]),
    (futures.futures_positions_are_covered, "a stop of no position",
     lambda e: _stop_beside(e, status="NEW")),
    (futures.every_exit_only_reduces, "a stop that may open a position",
     lambda e: _stop_beside(e, reduceOnly=False, closePosition=False)),
    (books.every_trade_is_booked_once, "a trade not booked", lambda e: e.tables["fills"].pop()),
    (books.every_trade_is_booked_once, "a trade booked twice",
     lambda e: e.tables["fills"].append(e.tables["fills"][-1])),
    (books.every_trade_is_booked_once, "another price",
     lambda e: e.tables["fills"][0].update(price=Decimal(1))),
    (books.fees_are_what_was_charged, "a fee forgotten",
     lambda e: e.tables["fills"][0].update(commission=Decimal(0))),
    (orders.the_naked_clock_runs, "a naked position without a clock", _uncover),
    (orders.positions_are_covered, "a position without a stop", _uncover),
    (orders.no_order_is_orphaned, "exits of a closed position", _reopen),
    (orders.exits_never_exceed_the_position, "exits of a sold position", _reopen),
    (books.one_position_at_a_time, "a second open position",
     lambda e: e.tables["positions"].extend(
         e.tables["positions"][0] | {"state": "open"} for _ in range(2))),
    (orders.one_leg_of_a_list_fills, "both legs of a list",
     lambda e: [leg.update(executedQty=leg["origQty"]) for leg in _legs(e)]),
    (life.nothing_final_comes_back, "a filled order that is open again",
     lambda e: _row_of(e, _entry(e)).update(state="open")),
    (life.no_doubt_is_told_as_an_outcome, "a doubt told as a failure",
     lambda e: (_row_of(e, _entry(e)).update(state="unknown"), e.tables["outbox"].append(
         {"dedup": f"entry_failed:{_entry(e)['clientOrderId']}"}))),
    (life.no_doubt_lasts, "a doubt of yesterday",
     lambda e: _row_of(e, _entry(e)).update(state="unknown", signed_at=1)),
    (life.no_entry_while_stopped, "an entry after the stop",
     lambda e: _row_of(e, _entry(e)).update(signed_at=2 * e.exchange["clock"]["now"])),
    (life.daily_limits_hold, "a limit of one trade a day", lambda e: [
        (b["config"].update(max_daily_trades=1), e.tables["positions"].extend(
            e.tables["positions"][:1] * 3)) for b in e.tables["bots"]]),
    (life.counters_follow_from_fills, "a day counted wrong",
     lambda e: e.tables["counters"][0].update(entries=99)),
    (life.every_trade_has_one_day, "a trade in two days",
     lambda e: [c.update(closed=c["closed"] + 1) for c in e.tables["counters"]]),
    (life.what_was_confirmed_holds, "a stopped bot that runs",
     lambda e: e.tables["bots"][0].update(state="waiting")),
    (chats.every_event_has_one_alert, "an exit untold",
     lambda e: e.tables["outbox"].remove(_first(e.tables["outbox"], kind="exited"))),
    (chats.every_event_has_one_alert, "an entry told twice", lambda e: e.tables["outbox"].append(
        _first(e.tables["outbox"], kind="entered") | {"id": 10**6})),
    (chats.every_alert_was_shown, "an alert never shown", _unsay),
    (chats.every_alert_was_shown, "a repeat not marked", _say_again),
    (life.no_order_of_an_old_lease, "an order of an old boot", _backwards),
    (requests.weight_stays_in_budget, "a heavy request",
     lambda e: _asked(e).update(weight=5000)),
    (requests.retry_after_is_obeyed, "a request that did not wait", _impatience),
    (requests.order_rates_hold, "a hundred orders at once",
     lambda e: e.exchange["orders"].extend([_entry(e)] * 101)),
    (requests.messages_are_paced, "a flood of messages",
     lambda e: _told(e)[0].extend([_told(e)[0][-1] | {"from": "bot"}] * 100)),
    (requests.no_refusal_loops, "four refusals in a row", _refusals),
    (books.positions_are_sums_of_fills, "a wrong position",
     lambda e: e.tables["positions"][0].update(fee_base=Decimal(1))),
    (life.the_database_is_sound, "a damaged page", lambda e: e.integrity.append("page 7")),
    (freedom.exits_follow_entries, "an entry whose exits nobody asked for", _no_exits),
    (freedom.a_shut_out_is_told, "a ban that nobody was told of", _secret_ban),
    (freedom.candles_are_judged_in_time, "a candle of yesterday", _late_candles),
    (freedom.nobody_waits_for_anothers_chat, "an alert of long ago", _waiting_alert),
    (freedom.no_order_of_an_ousted_service, "an order of an ousted service", _ousted),
    (life.every_start_recovers_in_time, "a slow start", lambda e: e.starts.append(16.0)),
)  # fmt: skip
