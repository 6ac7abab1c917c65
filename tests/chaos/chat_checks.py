"""The chat: each entry and exit is told, under one number, and to its owner alone."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.chaos.evidence import Evidence, Row

_NUMBER = re.compile(r"#(\d+)(?: · (.+))?$")
_KINDS = ("entered", "exited")


def every_event_has_one_alert(seen: Evidence) -> Iterator[str]:
    """One outbox row per entry and one per exit, no more and no less."""
    made = Counter((row["kind"], row["trade_ref"]) for row in seen.tables["outbox"])
    wanted = Counter({("entered", row["id"]): 1 for row in seen.tables["positions"]})
    closed = [row for row in seen.tables["positions"] if row["state"] == "closed"]
    wanted.update(("exited", row["id"]) for row in closed)
    for kind in _KINDS:
        for event in {e for e in made | wanted if e[0] == kind}:
            if made[event] != wanted[event]:
                yield f"{event} has {made[event]} alerts, wanted {wanted[event]}"


def every_alert_was_shown(seen: Evidence) -> Iterator[str]:
    """Each row was shown to its owner at least once; only what follows is marked as a repeat."""
    users = {row["id"]: row["telegram_id"] for row in seen.tables["accounts"]}
    rows = {str(row["id"]): row for row in seen.tables["outbox"]}
    shown = _shown(seen)
    yield from (
        f"alert #{number} was never written down" for number in shown if number not in rows
    )
    entries = {p["id"]: f"{p['entry_qty']:f}" for p in seen.tables["positions"]}
    for number, row in rows.items():
        if row["kind"] == "entered" and number in shown:
            bought = entries[row["trade_ref"]]
            if bought not in shown[number][0][1]["text"]:
                yield f"alert #{number} does not say that {bought} was bought"
        yield from _shown_well(row, shown.get(number, []), users[row["owner_id"]])


def repeats(seen: Evidence) -> int:
    """How many messages told an alert once more."""
    return sum(len(messages) - 1 for messages in _shown(seen).values())


def _shown(seen: Evidence) -> dict[str, list[tuple[int, Row, str]]]:
    """By alert number: to whom, the message, and the mark of a repeat."""
    shown: dict[str, list[tuple[int, Row, str]]] = defaultdict(list)
    for user, messages in seen.chats.items():
        for message in messages:
            told = _NUMBER.search(message["text"] or "")
            if told:
                shown[told[1]].append((user, message, told[2] or ""))
    return shown


def _shown_well(row: Row, shown: list[tuple[int, Row, str]], user: int) -> Iterator[str]:
    what = f"alert #{row['id']} ({row['kind']})"
    if row["state"] != "sent":
        yield f"{what} is {row['state']}"
    if not shown:
        yield f"{what} was never shown"
        return
    if {to for to, _, _ in shown} != {user}:
        yield f"{what} was shown to somebody else"
    if row["message_id"] not in {message["id"] for _, message, _ in shown}:
        yield f"{what} is not message {row['message_id']}"
    if len({_NUMBER.sub("", message["text"]) for _, message, _ in shown}) > 1:
        yield f"{what} was told in different words"
    unmarked = [message["id"] for _, message, mark in shown[1:] if not mark]
    if unmarked:
        yield f"{what} was repeated as if it were new: {unmarked}"
