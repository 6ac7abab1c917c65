"""Failures on demand: which calls they hit, what happens to those, and how often."""

from dataclasses import asdict, dataclass
from typing import Any

from bot.sandbox.params import Params
from bot.sandbox.refusals import PREFIXES, TERMINATED, Refusal, forbidden, too_many

BEHAVIOURS = ("drop_before", "accept_then_drop", "delay", "answer_late")
"""Line cut before or after the call took effect; effect delayed; effect at once, answer late."""
_KEYS = ("what", "method", "chat", "text", "times", "retry_after", "description", "seconds")


class BadFault(ValueError):
    """A fault description that cannot be used; the message says why."""


@dataclass(slots=True)
class Fault:
    """One planned failure; ``times`` counts down, None means until it is deleted."""

    id: int
    what: str
    method: str = ""
    chat: int = 0
    text: str = ""
    times: int | None = 1
    retry_after: int = 1
    description: str = ""
    seconds: float = 1.0

    def hits(self, method: str, params: Params) -> bool:
        """Whether the call is one that should fail."""
        return (
            self.times != 0
            and self.method.lower() in {"", method}
            and (not self.chat or params.number("chat_id") == self.chat)
            and (not self.text or self.text in params.text("text") + params.text("caption"))
        )

    def refusal(self) -> Refusal | None:
        """The answer to give instead, or None when the call is only slow or cut off."""
        if self.what in BEHAVIOURS:
            return None
        code = int(self.what)
        if code == 429:
            return too_many(self.retry_after)
        if code == 409:
            return Refusal(409, self.description or TERMINATED)
        if code == 403:
            return forbidden(self.description or "bot was blocked by the user")
        return Refusal(code, self.description or PREFIXES.get(code, "Error"))


class Faults:
    """All planned failures; a call meets at most one, the oldest that matches."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._next_id = 1

    def add(self, raw: Any) -> Fault:
        """Plan a failure from its JSON description; raises BadFault."""
        if not isinstance(raw, dict) or not set(raw) <= set(_KEYS):
            raise BadFault(f"a fault is an object with the keys {', '.join(_KEYS)}")
        values = dict(raw)
        what = str(values.pop("what", ""))
        if what not in BEHAVIOURS and not (what.isdecimal() and 400 <= int(what) <= 599):
            raise BadFault(f"what: an HTTP status 400 to 599, or one of {', '.join(BEHAVIOURS)}")
        try:
            fault = _fault(self._next_id, what, values)
        except (TypeError, ValueError) as error:
            raise BadFault(f"a value has the wrong type: {error}") from error
        self._faults[fault.id] = fault
        self._next_id += 1
        return fault

    def clear(self, fault_id: int | None = None) -> int:
        """Forget one fault or all; tells how many were forgotten."""
        if fault_id is not None:
            return 0 if self._faults.pop(fault_id, None) is None else 1
        count = len(self._faults)
        self._faults.clear()
        return count

    def listed(self) -> list[dict[str, Any]]:
        """Every fault that can still strike, as JSON."""
        return [asdict(fault) for fault in self._faults.values() if fault.times != 0]

    def strike(self, method: str, params: Params) -> Fault | None:
        """The failure this call meets, counted down."""
        for fault in self._faults.values():
            if fault.hits(method, params):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None


def _fault(fault_id: int, what: str, values: dict[str, Any]) -> Fault:
    times = values.get("times", 1)
    return Fault(
        id=fault_id,
        what=what,
        method=str(values.get("method") or ""),
        chat=int(values.get("chat") or 0),
        text=str(values.get("text") or ""),
        times=None if times is None else int(times),
        retry_after=int(values.get("retry_after", 1)),
        description=str(values.get("description") or ""),
        seconds=float(values.get("seconds", 1.0)),
    )
