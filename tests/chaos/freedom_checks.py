"""Nothing holds back what must go on: exits, trading, and the chats beside a silent one.

Times are real ones. They count from when nothing hindered service and exchange any more, so that
what these checks see is a wait for something else.
"""

from collections.abc import Iterator
from decimal import Decimal

from tests.chaos.evidence import Evidence, Row, parse_id
from tests.chaos.request_checks import _new_ids

# Seconds: until an exit follows an entry, with nothing in doubt and after a doubt; until a candle
# is judged (one lasts a second at most); until an alert is shown that need not wait for its chat.
EXIT_FOLLOWS, EXIT_AFTER_DOUBT, CANDLE, ALERT = 7.0, 35.0, 6.0, 9.0
# So long the service must have lived to write a notice down; then an alert of its own chat.
_WRITES, _CHAT_RECOVERS = 5.0, 40.0
_SHUT_OUT = frozenset({403, 418})


def exits_follow_entries(seen: Evidence) -> Iterator[str]:
    """Whatever keeps entries back (stopped, paused, a limit, a full day), exits are asked for.

    That they stand until the position is closed is another check's matter.
    """
    asked = {
        (made.bot, made.decision)
        for request in seen.exchange["requests"]
        for client_id in _new_ids(request)
        if (made := parse_id(client_id)) is not None and made.leg != "e"
    }
    for (bot, decision), since in _filled(seen).items():
        age, steady = _seconds(seen, since), _steady(seen)
        limit = EXIT_FOLLOWS if age <= steady else EXIT_AFTER_DOUBT
        if (bot, decision) not in asked and min(age, steady) > limit:
            yield f"decision {bot, decision} is filled for {age:.0f} s, no exit was asked for"


def a_shut_out_is_told(seen: Evidence) -> Iterator[str]:
    """Where exits cannot be sent because the address is banned, the operator hears of it."""
    told = [row for row in seen.tables["outbox"] if row["kind"] == "exchange_stopped"]
    for request in seen.exchange["requests"]:
        at = request["real_ms"]
        lived = not any(at <= death <= at + _WRITES * 1000 for death in seen.deaths)
        if not request["key"] or request["status"] not in _SHUT_OUT or not lived:
            continue
        slack = 2_000 * seen.speed
        if not any(row["created_at"] > request["at"] - slack for row in told):
            yield f"request {request['number']} was answered {request['status']}, nobody was told"


def candles_are_judged_in_time(seen: Evidence) -> Iterator[str]:
    """Every running bot's candles are judged as they close, whatever the chat does."""
    since = {row["stream"]: row["judged_until"] + 120_000 for row in seen.tables["streams"]}
    started = {a["target"]: a["at"] for a in seen.tables["audit"] if a["act"] == "bot.start"}
    for bot in seen.tables["bots"]:
        config = bot["config"]
        stream = f"{config['market']}:{config['symbol']}:{config['timeframe']}"
        if bot["state"] not in {"waiting", "in_position"} or _steady(seen) < CANDLE:
            continue
        late = _seconds(seen, max(since.get(stream, 0), started.get(bot["public_id"], 0)))
        if late > CANDLE:
            yield f"no candle of {stream} was judged for {late:.1f} s"


def nobody_waits_for_anothers_chat(seen: Evidence) -> Iterator[str]:
    """An alert is shown soon, unless it is its own owner's chat that takes nothing."""
    users = {row["id"]: row["telegram_id"] for row in seen.tables["accounts"]}
    for row in seen.tables["outbox"]:
        muted = max(seen.muted.get(users[row["owner_id"]], 0), seen.muted.get(0, 0))
        waits = row["state"] in {"due", "claimed"} and muted + _CHAT_RECOVERS * 1000 < seen.look
        age = min(_seconds(seen, row["created_at"]), _steady(seen))
        if waits and age > ALERT:
            yield f"alert #{row['id']} ({row['kind']}) waits for {age:.0f} s"


def no_order_of_an_ousted_service(seen: Evidence) -> Iterator[str]:
    """Once another service holds the lease, nothing that the one before sends is accepted."""
    for request in seen.exchange["requests"]:
        if not list(_new_ids(request)):
            continue
        before = [host for at, host in seen.ousted if at <= request["real_ms"]]
        accepted = (request["status"] or 0) < 400 and request["status"] is not None
        if before and before[-1] == request["host"].partition(":")[0] and accepted:
            yield f"request {request['number']} of an ousted service was accepted"


def _filled(seen: Evidence) -> dict[tuple[int, int], int]:
    """By decision, when its entry traded first (ms of the exchange's clock)."""
    entries: dict[tuple[str, int], tuple[int, int]] = {}
    for order in seen.exchange["orders"]:
        made = parse_id(order["clientOrderId"])
        if made is not None and made.leg == "e" and Decimal(order["executedQty"]):
            entries[order["symbol"], order["orderId"]] = (made.bot, made.decision)
    times: dict[tuple[int, int], int] = {}
    for trade in seen.exchange["trades"]:
        decision = entries.get(_order_of(trade))
        if decision is not None:
            times[decision] = min(trade["time"], times.get(decision, trade["time"]))
    return times


def _order_of(trade: Row) -> tuple[str, int]:
    return trade["symbol"], trade["orderId"]


def _seconds(seen: Evidence, since: int) -> float:
    """Real seconds since an instant of the exchange's clock."""
    return float(seen.exchange["clock"]["now"] - since) / 1000 / seen.speed


def _steady(seen: Evidence) -> float:
    return (seen.look - seen.steady_since) / 1000
