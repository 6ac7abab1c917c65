"""PURE table of the account limits: what each is called, offered as, and read from."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from bot.wizard import typed
from bot.wizard.bounds import OFF
from bot.wizard.zones import zone
from engine.core.errors import InvalidValue
from engine.services.limits import Value

_MONEY_LOW, _MONEY_HIGH = Decimal("0.01"), Decimal(1_000_000_000)
_LONGEST = 43_200


@dataclass(frozen=True, slots=True)
class Limit:
    """One line: ``field`` of AccountLimits, what to tap, and how a typed value is read."""

    field: str
    presets: tuple[str, ...]
    read: Callable[[str], Value]
    may_be_off: bool = True


def _number(name: str, low: str, high: str, unit: str = "") -> Callable[[str], Decimal]:
    return lambda raw: typed.number(name, raw, Decimal(low), Decimal(high), unit=unit)


def _count(name: str, low: int, high: int) -> Callable[[str], int]:
    return lambda raw: int(typed.number(name, raw, Decimal(low), Decimal(high), whole=True))


def _minutes(name: str) -> Callable[[str], int]:
    return lambda raw: typed.minutes(name, raw, 1, _LONGEST)


def _hours(raw: str) -> int:
    """Whole hours: ``24``, ``24h``, ``3d``; a number alone counts hours."""
    text = f"{raw.strip()}h" if raw.strip().isdigit() else raw
    minutes = typed.minutes("window", text, 60, _LONGEST)
    if minutes % 60:
        raise InvalidValue("window", raw, "range", low="1 h", high="30 d")
    return minutes // 60


def _day(raw: str) -> bool:
    known = {"utc": False, "own": True}
    if raw.strip().casefold() not in known:
        raise InvalidValue("day", raw, "choice", choices=", ".join(known))
    return known[raw.strip().casefold()]


LIMITS: dict[str, Limit] = {
    "open": Limit("max_open_positions", ("1", "3", "5", "10"), _count("open", 1, 1000)),
    "exposure": Limit(
        "max_exposure",
        ("100", "500", "1000", "5000"),
        _number("exposure", str(_MONEY_LOW), str(_MONEY_HIGH)),
    ),
    "drawdown": Limit("max_drawdown", ("5", "10", "20"), _number("drawdown", "0.1", "100", "%")),
    "window": Limit("drawdown_hours", ("6", "24", "72", "168"), _hours, may_be_off=False),
    "stops": Limit("stop_guard", ("2", "3", "5"), _count("stops", 1, 1000)),
    "within": Limit(
        "stop_guard_minutes", ("30", "60", "240", "1440"), _minutes("within"), may_be_off=False
    ),
    "pause": Limit(
        "pause_minutes", ("30", "60", "240", "1440"), _minutes("pause"), may_be_off=False
    ),
    "calls": Limit("ai_calls", ("20", "50", "100"), _count("calls", 0, 100_000)),
    "zone": Limit("zone", ("UTC",), lambda raw: zone("zone", raw), may_be_off=False),
    "day": Limit("own_day", ("utc", "own"), _day, may_be_off=False),
}


def read(name: str, raw: str) -> Value:
    """The value of a typed or tapped answer; raises ``InvalidValue``."""
    limit = LIMITS[name]
    if limit.may_be_off and raw.strip().casefold() == OFF:
        return None
    return limit.read(raw)
