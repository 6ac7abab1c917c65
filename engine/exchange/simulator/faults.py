"""Faults on demand: what goes wrong, for which requests, streams or orders, and how often."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from random import Random
from typing import Any

REQUEST_WHATS = frozenset({
    "delay", "drop_before", "drop_after", "half_answer", "truncate", "status", "code", "edit",
    "ban",
})  # fmt: skip
STREAM_WHATS = frozenset({"delay", "stall", "duplicate", "reorder", "disconnect", "edit"})
ORDER_WHATS = frozenset({"partial_fill", "fill_on_cancel", "keep_leg", "refuse_trigger"})
WHATS = REQUEST_WHATS | STREAM_WHATS | ORDER_WHATS | {"stale", "skew", "kill_pid"}
MOMENTS = frozenset({"request_read", "accepted_not_answered", "half_answer", "event_sent"})
_NEEDED = {
    "delay": ("ms",), "stale": ("ms",), "skew": ("ms",), "ban": ("ms",), "status": ("status",),
    "code": ("code",), "edit": ("changes",), "kill_pid": ("pid", "at"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Occasion:
    """What rules are held against: a request, one event of a stream, or an order about to act.

    ``facts`` are the parameters of the request, the fields of the event (those of its ``o`` as
    well), or symbol, type, side and clientOrderId of the order; ``symbol`` is always among them
    when there is one.
    """

    method: str = ""
    path: str = ""
    key: str = ""
    stream: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Fault:
    """One rule; ``times`` counts down, None never ends; ``chance`` is the share of the occasions.

    A path may end with ``*``; the method of WebSocket API requests is ``WS`` and their path the
    name of what is called. ``stream`` is part of a stream's name, as is ``user`` of every user
    data event's. ``where`` names facts of the occasion, ``symbol`` is one of them.

    ``ms`` is real time; a ``ms_max`` above it makes each time a new draw between both. ``after``
    puts a delay, ``status`` or ``code`` behind a request that is carried out all the same.
    ``share`` is the part of what is left of an order that fills (half of it, or all when it
    fills while it is being cancelled); ``lots`` are quantities that fill one by one, after which
    the order rests until the rule is removed. ``changes`` are new
    values by their path in an answer or event, such as ``orders.0.orderId`` or ``*.price``.
    """

    what: str
    times: int | None = 1
    chance: float = 1.0
    method: str = ""
    path: str = ""
    key: str = ""
    stream: str = ""
    where: dict[str, Any] = field(default_factory=dict)
    ms: int = 0
    ms_max: int = 0
    status: int = 0
    code: int = 0
    msg: str = ""
    body: str | None = None
    retry_after: int = 0
    after: bool = False
    share: Decimal = Decimal("0.5")
    lots: list[Decimal] | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    reason: str = "EXECUTION_RULE_PRICE_RANGE_EXCEEDED"
    pid: int = 0
    at: str = ""
    hits: int = 0

    def covers(self, occasion: Occasion) -> bool:
        """Whether an occasion is meant."""
        return self.comes_by(occasion) and self.concerns(occasion)

    def comes_by(self, occasion: Occasion) -> bool:
        """Whether method, path and stream fit."""
        prefix = self.path.removesuffix("*")
        whole = prefix == self.path
        named = self.path in {"", occasion.path} if whole else occasion.path.startswith(prefix)
        return named and self.method in {"", occasion.method} and self.stream in occasion.stream

    def concerns(self, occasion: Occasion) -> bool:
        """Whether key and facts fit."""
        facts = occasion.facts
        return self.key in {"", occasion.key} and all(
            str(facts.get(name)) == str(value) for name, value in self.where.items()
        )

    def described(self) -> dict[str, Any]:
        """Rule as shown in the state."""
        return {"what": self.what, "times": self.times, "method": self.method, "path": self.path,
                "key": self.key, "stream": self.stream, "where": self.where, "hits": self.hits,
                "at": self.at}  # fmt: skip


class BadFault(ValueError):
    """A fault was described in a way that means nothing."""


def _decimals(value: Any) -> list[Decimal]:
    return [Decimal(str(each)) for each in value]


_READERS: dict[str, Callable[[Any], Any]] = {
    "share": lambda value: Decimal(str(value)), "lots": _decimals, "where": dict, "changes": dict,
    "chance": float, "times": lambda value: value if value is None else int(value),
    **dict.fromkeys(("ms", "ms_max", "status", "code", "retry_after", "pid"), int),
}  # fmt: skip


def parse(body: Mapping[str, Any]) -> Fault:
    """Rule from its JSON form; ``match`` may hold what it matches, or that stands beside.

    Raises:
        BadFault: unknown words or values.
    """
    fields: dict[str, Any] = {**body, **(body.get("match") or {})}
    fields.pop("match", None)
    what, at = fields.get("what"), fields.get("at", "")
    if what not in WHATS:
        raise BadFault(f"what: one of {', '.join(sorted(WHATS))}")
    for name in _NEEDED.get(what, ()):
        if not fields.get(name):
            raise BadFault(f"{what}: {name} is needed")
    symbol = fields.pop("symbol", None)
    if what == "fill_on_cancel":
        fields.setdefault("share", 1)
    try:
        fault = Fault(**{n: _READERS.get(n, lambda same: same)(v) for n, v in fields.items()})
    except (TypeError, ValueError, InvalidOperation) as error:
        raise BadFault(str(error)) from error
    if what == "kill_pid" and (at not in MOMENTS or fault.pid <= 1):
        raise BadFault(f"kill_pid: pid, and at one of {', '.join(sorted(MOMENTS))}")
    if what in ORDER_WHATS and (fault.method or fault.path or fault.stream):
        raise BadFault(f"{what}: matches orders, by key, symbol and where")
    if fault.lots is not None:
        fault.times = None
    if symbol:
        fault.where["symbol"] = symbol
    fault.method = fault.method.upper()
    return fault


class Faults:
    """The rules in force, oldest first; chances and delays are drawn from ``seed``."""

    def __init__(self, seed: int = 0) -> None:
        self.rules: list[Fault] = []
        self._random = Random(seed)  # noqa: S311 - repeatable, nothing secret

    def take(self, occasion: Occasion, *whats: str) -> Fault | None:
        """Take the first rule of these kinds, using it up by one."""
        return next(self._struck(occasion, *whats), None)

    def all(self, occasion: Occasion, *whats: str) -> list[Fault]:
        """Take every rule of these kinds, using each up by one."""
        return list(self._struck(occasion, *whats))

    def wants(self, at: str, occasion: Occasion) -> bool:
        """Whether somebody is to be killed at this moment of a request."""
        return any(
            rule.what == "kill_pid" and rule.at == at and rule.covers(occasion)
            for rule in self.rules
        )

    @property
    def of_streams(self) -> bool:
        """Whether any rule may concern a message of a stream."""
        return any(rule.stream or rule.at == "event_sent" for rule in self.rules)

    def for_stream(self, occasion: Occasion) -> Fault | None:
        """Take the first rule for one message of a stream."""
        return next(self._struck(occasion, *STREAM_WHATS, of_stream=True), None)

    def moment(self, at: str, occasion: Occasion) -> None:
        """Kill the process whose death was ordered for this moment, if any."""
        for rule in self.rules:
            if rule.what == "kill_pid" and rule.at == at and rule.covers(occasion):
                self.use(rule)
                os.kill(rule.pid, signal.SIGKILL)
                return

    def seconds(self, rule: Fault) -> float:
        """Real seconds that a rule asks for this time."""
        ms = rule.ms if rule.ms_max <= rule.ms else self._random.uniform(rule.ms, rule.ms_max)
        return ms / 1000

    def use(self, rule: Fault) -> None:
        """Count a rule as met; one that was the last time is gone."""
        rule.hits += 1
        if rule.times is not None:
            rule.times -= 1
            if rule.times <= 0:
                self.rules.remove(rule)

    def _struck(self, occasion: Occasion, *whats: str, of_stream: bool = False) -> Iterator[Fault]:
        for rule in list(self.rules):
            meant = rule.what in whats and bool(rule.stream) is of_stream
            if meant and rule.covers(occasion) and self._comes(rule):
                self.use(rule)
                yield rule

    def _comes(self, rule: Fault) -> bool:
        return rule.chance >= 1 or self._random.random() < rule.chance
