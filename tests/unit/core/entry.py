"""Facts of an entry that nothing speaks against, changed by keyword."""

from engine.core.bot_state import BotState
from engine.core.checks import (
    DayCount,
    EntryFacts,
    FuturesTerms,
)
from engine.core.market import Market
from tests.unit.core.build import D, config, rules


def facts(**changes):
    """Everything is fine."""
    values = {
        "config": config(),
        "state": BotState.WAITING,
        "rules": rules(),
        "price": D(50_000),
        "free": D(1000),
        "capital": D(1000),
        "day": DayCount("2026-05-29"),
        "holding": False,
        "mode_allowed": True,
        "stream_live": True,
        "reconciled": True,
        "clock_ok": True,
    }
    return EntryFacts(**values | changes)


def count(**changes):
    return DayCount("2026-05-29", **changes)


TERMS = FuturesTerms(20, D("0.01"))


def futures(leverage=10, terms=TERMS, kinds=("STOP_MARKET",), **changes):
    """A futures bot that is fine."""
    known = rules(market=Market.FUTURES, order_types=frozenset(kinds))
    way = config(market=Market.FUTURES, leverage=leverage, **changes.pop("settings", {}))
    return {"rules": known, "config": way, "terms": terms} | changes
