"""Faults on demand: what goes wrong, for which requests or streams, and how many times."""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

WHATS = frozenset({
    "delay", "drop_before", "drop_after", "half_answer", "status", "code", "partial_fill", "stall",
    "duplicate", "reorder", "disconnect", "kill_pid",
})  # fmt: skip
MOMENTS = frozenset({"request_read", "accepted_not_answered", "half_answer", "event_sent"})
STREAM_WHATS = frozenset({"delay", "stall", "duplicate", "reorder", "disconnect"})


@dataclass(slots=True)
class Fault:
    """One rule; ``times`` counts down, None never ends.

    ``after`` lets a ``status`` or ``code`` answer follow a request that was carried out.
    ``stream`` matches part of a stream's name; ``user`` is part of every user data event's name.
    """

    what: str
    times: int | None = 1
    method: str = ""
    path: str = ""
    stream: str = ""
    ms: int = 0
    status: int = 0
    code: int = 0
    msg: str = ""
    body: str | None = None
    retry_after: int = 0
    after: bool = False
    share: Decimal = Decimal("0.5")
    pid: int = 0
    at: str = ""
    hits: int = 0

    def covers(self, method: str, path: str) -> bool:
        """Whether a request is meant; a path may end with ``*``."""
        prefix = self.path.removesuffix("*")
        named = path.startswith(prefix) if prefix != self.path else self.path in {"", path}
        return named and self.method in {"", method}

    def described(self) -> dict[str, Any]:
        """Rule as shown in the state."""
        return {"what": self.what, "times": self.times, "method": self.method, "path": self.path,
                "stream": self.stream, "hits": self.hits, "at": self.at}  # fmt: skip


class BadFault(ValueError):
    """A fault was described in a way that means nothing."""


def parse(body: Mapping[str, Any]) -> Fault:
    """Rule from its JSON form; ``match`` may hold method, path and stream, or they stand beside.

    Raises:
        BadFault: unknown words or values.
    """
    fields: dict[str, Any] = {**body, **(body.get("match") or {})}
    fields.pop("match", None)
    what, at = fields.get("what"), fields.get("at", "")
    if what not in WHATS:
        raise BadFault(f"what: one of {', '.join(sorted(WHATS))}")
    if what == "kill_pid" and (at not in MOMENTS or int(fields.get("pid", 0)) <= 1):
        raise BadFault(f"kill_pid: pid, and at one of {', '.join(sorted(MOMENTS))}")
    try:
        if "share" in fields:
            fields["share"] = Decimal(str(fields["share"]))
        fault = Fault(**fields)
    except (TypeError, InvalidOperation) as error:
        raise BadFault(str(error)) from error
    fault.method = fault.method.upper()
    return fault


class Faults:
    """The rules in force, oldest first."""

    def __init__(self) -> None:
        self.rules: list[Fault] = []

    def request(self, method: str, path: str, *whats: str) -> Fault | None:
        """Take the first rule of these kinds for a request, using it up by one."""
        for rule in self.rules:
            if rule.what in whats and not rule.stream and rule.covers(method, path):
                return self._use(rule)
        return None

    def wants(self, at: str, method: str, path: str) -> bool:
        """Whether somebody is to be killed at this moment of a request."""
        return any(
            rule.what == "kill_pid" and rule.at == at and rule.covers(method, path)
            for rule in self.rules
        )

    def for_stream(self, name: str) -> Fault | None:
        """Take the first rule for one message of a stream."""
        for rule in self.rules:
            if rule.stream and rule.what in STREAM_WHATS and rule.stream in name:
                return self._use(rule)
        return None

    def fill_share(self) -> Decimal | None:
        """Take the first partial fill: the share of what is left that may fill now."""
        rule = next((rule for rule in self.rules if rule.what == "partial_fill"), None)
        return self._use(rule).share if rule is not None else None

    def moment(self, at: str, *, method: str = "", path: str = "", stream: str = "") -> None:
        """Kill the process whose death was ordered for this moment, if any."""
        for rule in self.rules:
            mine = rule.what == "kill_pid" and rule.at == at and rule.covers(method, path)
            if mine and rule.stream in stream:
                os.kill(self._use(rule).pid, signal.SIGKILL)
                return

    def _use(self, rule: Fault) -> Fault:
        rule.hits += 1
        if rule.times is not None:
            rule.times -= 1
            if rule.times <= 0:
                self.rules.remove(rule)
        return rule
