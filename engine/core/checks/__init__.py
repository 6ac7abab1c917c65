"""The ordered checks before an entry; the chat shows the list as it is."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from engine.core.checks import exchange, limits, money
from engine.core.checks.exchange import liquidation_distance
from engine.core.checks.facts import UNKNOWN, DayCount, EntryFacts, FuturesTerms, Refused
from engine.core.checks.limits import MIN_CONFIDENCE, PAUSING, day_over, lost
from engine.core.checks.money import MIN_BALANCE, MIN_TRADE_VALUE

__all__ = [
    "CHECKS",
    "MIN_BALANCE",
    "MIN_CONFIDENCE",
    "MIN_TRADE_VALUE",
    "PAUSING",
    "UNKNOWN",
    "Checked",
    "DayCount",
    "EntryFacts",
    "FuturesTerms",
    "Outcome",
    "Refused",
    "all_checks",
    "day_over",
    "first_refusal",
    "liquidation_distance",
    "lost",
]

Check = Callable[[EntryFacts], Refused | None]

CHECKS: tuple[tuple[str, Check], ...] = (
    ("active", exchange.active),
    ("mode", exchange.mode),
    ("exchange_ready", exchange.exchange_ready),
    ("symbol_trading", exchange.symbol_trading),
    ("protection", exchange.protectable),
    ("liquidity", exchange.liquidity),
    ("hours", limits.hours),
    ("cooldown", limits.cooldown),
    ("one_position", limits.one_position),
    ("symbol_free", exchange.symbol_free),
    ("open_positions", limits.open_positions),
    ("exposure", limits.exposure),
    ("open_result", limits.open_result),
    ("daily_trades", limits.daily_trades),
    ("daily_loss", limits.daily_loss),
    ("daily_target", limits.daily_target),
    ("confidence", limits.confidence),
    ("leverage", exchange.leverage),
    ("liquidation", exchange.before_liquidation),
    ("balance", money.balance),
    ("trade_value", money.trade_value),
    ("sufficient", money.sufficient),
    ("too_small", money.filters),
)


class Outcome(StrEnum):
    """What a check says; what could not be measured refuses an entry like a no."""

    PASSED = "passed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Checked:
    """A check's outcome, with what it refused for."""

    check: str
    outcome: Outcome
    refused: Refused | None


def first_refusal(facts: EntryFacts) -> Refused | None:
    """The first check that refuses, or None."""
    for _, check in CHECKS:
        refused = check(facts)
        if refused is not None:
            return refused
    return None


def all_checks(facts: EntryFacts) -> tuple[Checked, ...]:
    """Every check's outcome, in their order: why a signal would not be followed now."""
    return tuple(_checked(name, check(facts)) for name, check in CHECKS)


def _checked(name: str, refused: Refused | None) -> Checked:
    if refused is None:
        return Checked(name, Outcome.PASSED, None)
    return Checked(name, Outcome.UNKNOWN if refused.unknown else Outcome.REFUSED, refused)
