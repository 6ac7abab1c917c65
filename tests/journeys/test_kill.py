"""The journey with the service killed again and again: nothing is doubled, lost or forgotten.

The long form, over many seeds: ``python -m tests.chaos.kills --seeds 20 --kills 10``.
"""

from copy import deepcopy

import pytest

from tests.chaos.killer import PROTOCOL, RECOVERING, STARTING, TRADING, Moment
from tests.chaos.kills import SETTLED, play, problems

pytestmark = pytest.mark.journey
SEED = 11
ORDER = {"method": "POST", "path": "/api/v3/order"}
LIST = {"method": "POST", "path": "/api/v3/orderList/oco"}
# None that takes the half minute in which an order is proven absent: the long form has those.
DEATHS = (
    Moment(PROTOCOL, 0.05, {"at": "request_read", **LIST}),
    Moment(STARTING, 0.9),
    Moment(PROTOCOL, 0.3, {"at": "accepted_not_answered", **ORDER}),
    Moment(RECOVERING, 0.0, {"at": "half_answer", **LIST}),
    Moment(TRADING, 0.4),
)


async def test_five_sudden_deaths_change_nothing_in_the_books(tmp_path):
    symbols = ("BTCUSDT", "ETHUSDT")

    outcome = await play(tmp_path, SEED, DEATHS, symbols=symbols, speed=300.0)

    assert outcome.problems == []
    assert outcome.deaths.total() == len(DEATHS)
    assert len(outcome.seen.tables["trades"]) > 0
    assert overlooked_lies(outcome.seen) == []


def overlooked_lies(seen):
    """Falsified evidence that the checks let pass: none, or the checks are worth nothing."""
    overlooked = []
    for name, lie in LIES.items():
        told = deepcopy(seen)
        lie(told.exchange, told.tables, told.chats)
        if not problems(told, SETTLED):
            overlooked.append(name)
    return overlooked


def _first(rows, **wanted):
    return next(row for row in rows if all(row[name] == wanted[name] for name in wanted))


def _chat_of(told, tables):
    first = _first(tables["outbox"], kind="entered")
    return next(c for c in told.values() if any(f"#{first['id']}" in m["text"] for m in c)), first


def _unsay(chats, tables):
    chat, first = _chat_of(chats, tables)
    chat[:] = [m for m in chat if f"#{first['id']}" not in m["text"]]


def _say_again(chats, tables):
    chat, first = _chat_of(chats, tables)
    chat.append(next(m for m in chat if f"#{first['id']}" in m["text"]) | {"id": 10**6})


def _both_legs(exchange):
    legs = [leg["clientOrderId"] for leg in exchange["orderLists"][0]["orders"]]
    for order in exchange["orders"]:
        if order["clientOrderId"] in legs:
            order["executedQty"] = order["origQty"]


LIES = {
    "an order without a row": lambda x, t, c: t["orders"][0].update(client_id="another"),
    "an order that vanished": lambda x, t, c: x["orders"].remove(
        _first(x["orders"], executedQty="0.00000000")
    ),
    "a doubled entry": lambda x, t, c: x["orders"].append(
        x["orders"][0] | {"clientOrderId": x["orders"][0]["clientOrderId"][:-1] + "2"}
    ),
    "an order in doubt": lambda x, t, c: t["orders"][0].update(state="unknown"),
    "an order thought absent": lambda x, t, c: t["orders"][0].update(state="not_placed"),
    "an order without a position": lambda x, t, c: _first(x["orders"], status="EXPIRED").update(
        status="NEW"
    ),
    "both legs of a list": lambda x, t, c: _both_legs(x),
    "a trade not booked": lambda x, t, c: t["fills"].remove(t["fills"][-1]),
    "a trade booked twice": lambda x, t, c: t["fills"].append(t["fills"][-1]),
    "a fee too low": lambda x, t, c: t["fills"][0].update(commission=t["fills"][0]["price"] * 0),
    "a coin too many": lambda x, t, c: x["accounts"][-1]["balances"][0].update(free="1.00000000"),
    "a wrong position": lambda x, t, c: t["positions"][0].update(fee_base=1),
    "a second open position": lambda x, t, c: t["positions"].append(
        t["positions"][0] | {"state": "open"}
    ),
    "an exit untold": lambda x, t, c: t["outbox"].remove(_first(t["outbox"], kind="exited")),
    "an entry told twice": lambda x, t, c: t["outbox"].append(
        _first(t["outbox"], kind="entered") | {"id": 10**6}
    ),
    "an alert never shown": lambda x, t, c: _unsay(c, t),
    "a repeat not marked": lambda x, t, c: _say_again(c, t),
}
