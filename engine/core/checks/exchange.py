"""Checks of the bot itself and of what the exchange says of its symbol and account."""

from decimal import Decimal

from engine.core.checks.facts import UNKNOWN, EntryFacts, Refused
from engine.core.market import Market
from engine.core.money import HUNDRED, fixed

_LIQUIDATION_RESERVE = Decimal("0.002")


def active(facts: EntryFacts) -> Refused | None:
    """Only a running bot enters."""
    if facts.state.running:
        return None
    return Refused("active", "running", facts.state.value)


def mode(facts: EntryFacts) -> Refused | None:
    """The installation allows the way in which the bot trades."""
    if facts.mode_allowed:
        return None
    return Refused("mode", "allowed", facts.config.mode.value)


def exchange_ready(facts: EntryFacts) -> Refused | None:
    """Prices are heard, the account is matched with the exchange, the clocks agree."""
    for name, fine in (
        ("stream", facts.stream_live),
        ("reconciled", facts.reconciled),
        ("clock", facts.clock_ok),
    ):
        if not fine:
            return Refused(name, "ok", "not ok")
    return None


def symbol_trading(facts: EntryFacts) -> Refused | None:
    """The exchange takes orders for the symbol."""
    if facts.rules.trading:
        return None
    return Refused("symbol_trading", "TRADING", facts.rules.status)


def protectable(facts: EntryFacts) -> Refused | None:
    """Nothing is entered that the exchange would not protect: an OCO, on futures a stop order."""
    kinds = facts.rules.order_types
    if facts.rules.market is Market.FUTURES:
        return None if "STOP_MARKET" in kinds else Refused("protection", "STOP_MARKET", "–")
    if facts.rules.oco_allowed and kinds & {"STOP_LOSS", "STOP_LOSS_LIMIT"}:
        return None
    return Refused("protection", "OCO", "–")


def liquidity(facts: EntryFacts) -> Refused | None:
    """The installation lets bots enter the symbol, and enough is traded of it."""
    if not facts.floor.lists(facts.rules.symbol):
        return Refused("liquidity", "–", "not listed")
    if facts.floor.deep_enough(facts.volume):
        return None
    measured = UNKNOWN if facts.volume is None else fixed(round(facts.volume, 2))
    return Refused("liquidity", fixed(facts.floor.min_volume), measured)


def symbol_free(facts: EntryFacts) -> Refused | None:
    """A one-way futures account holds one net position per symbol: it belongs to one bot."""
    return Refused("symbol_free", "0", facts.symbol_held) if facts.symbol_held else None


def leverage(facts: EntryFacts) -> Refused | None:
    """The exchange grants the account this leverage."""
    if facts.rules.market is Market.SPOT:
        return None
    asked = facts.config.leverage
    if facts.terms is None:
        return Refused("leverage", str(asked), UNKNOWN)
    if asked <= facts.terms.max_leverage:
        return None
    return Refused("leverage", str(facts.terms.max_leverage), str(asked))


def before_liquidation(facts: EntryFacts) -> Refused | None:
    """The stop must be reached before the exchange liquidates; both in percent from the entry."""
    if facts.terms is None or facts.rules.market is Market.SPOT:
        return None
    limit = liquidation_distance(facts.config.leverage, facts.terms.maintenance)
    if facts.stop_percent < limit:
        return None
    return Refused("liquidation", fixed(round(limit, 2)), fixed(facts.stop_percent))


def liquidation_distance(leverage: int, maintenance: Decimal) -> Decimal:
    """Percent that the price may move against an isolated position before it is liquidated.

    Initial margin less maintenance margin, less a reserve for fees and the gap of a market stop
    (USD-M: margin 1/leverage of the notional, liquidated when it falls to the maintenance share).
    """
    return (Decimal(1) / leverage - maintenance - _LIQUIDATION_RESERVE) * HUNDRED
