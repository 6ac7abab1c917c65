"""The ordered checks before an entry; the chat shows the list as it is."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from engine.core.bot_config import BotConfig
from engine.core.bot_state import BotState
from engine.core.market import Market, SymbolRules
from engine.core.money import HUNDRED, ZERO, fixed, percent_of
from engine.core.signal import Advice
from engine.core.sizing import wanted_quote

MIN_BALANCE = Decimal(10)
MIN_TRADE_VALUE = Decimal(5)
_FUTURES_FEES = Decimal("0.001")
_LIQUIDATION_RESERVE = Decimal("0.002")


@dataclass(frozen=True, slots=True)
class DayCount:
    """What a bot did on a UTC day (YYYY-MM-DD): entries, closed trades, their net result."""

    day: str
    entries: int = 0
    closed: int = 0
    net: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class FuturesTerms:
    """What the exchange grants an account on a futures symbol.

    ``maintenance`` is the maintenance margin as a share of the notional, in the bracket of the
    entry; ``max_leverage`` the highest initial leverage of that bracket.
    """

    max_leverage: int
    maintenance: Decimal


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """Everything that an entry depends on, as it is at this moment.

    ``free`` is the account's free quote money (futures: available margin), ``capital`` the base
    of the position cap. ``holding`` covers open positions, entries under way and exits not yet
    gone. ``price`` is what this entry would get now. ``symbol_held`` says by whom the account's
    futures symbol is held already (empty: nobody); ``terms`` are None on spot and while unknown.
    ``advice`` is what came with the signal.
    ``drawdown_known``: whether all prices are known that a limit over all bots is measured with.
    """

    config: BotConfig
    state: BotState
    rules: SymbolRules
    price: Decimal
    free: Decimal
    capital: Decimal
    day: DayCount
    holding: bool
    mode_allowed: bool
    stream_live: bool
    reconciled: bool
    clock_ok: bool
    symbol_held: str = ""
    terms: "FuturesTerms | None" = None
    drawdown_known: bool = True
    advice: Advice | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not: the check's name (text key ``check.<name>``), its limit and the measured value."""

    check: str
    limit: str
    measured: str


Check = Callable[[EntryFacts], Refused | None]


def _active(facts: EntryFacts) -> Refused | None:
    if facts.state.running:
        return None
    return Refused("active", "running", facts.state.value)


def _mode(facts: EntryFacts) -> Refused | None:
    if facts.mode_allowed:
        return None
    return Refused("mode", "allowed", facts.config.mode.value)


def _exchange_ready(facts: EntryFacts) -> Refused | None:
    for name, fine in (
        ("stream", facts.stream_live),
        ("reconciled", facts.reconciled),
        ("clock", facts.clock_ok),
    ):
        if not fine:
            return Refused(name, "ok", "not ok")
    return None


def _symbol_trading(facts: EntryFacts) -> Refused | None:
    if facts.rules.trading:
        return None
    return Refused("symbol_trading", "TRADING", facts.rules.status)


def _protectable(facts: EntryFacts) -> Refused | None:
    """Nothing is entered that the exchange would not protect: an OCO, on futures a stop order."""
    kinds = facts.rules.order_types
    if facts.rules.market is Market.FUTURES:
        return None if "STOP_MARKET" in kinds else Refused("protection", "STOP_MARKET", "–")
    if facts.rules.oco_allowed and kinds & {"STOP_LOSS", "STOP_LOSS_LIMIT"}:
        return None
    return Refused("protection", "OCO", "–")


def _symbol_free(facts: EntryFacts) -> Refused | None:
    """A one-way futures account holds one net position per symbol: it belongs to one bot."""
    return Refused("symbol_free", "0", facts.symbol_held) if facts.symbol_held else None


def _leverage(facts: EntryFacts) -> Refused | None:
    if facts.rules.market is Market.SPOT:
        return None
    if facts.terms is None:
        return Refused("leverage", "ok", "not ok")
    if facts.config.leverage <= facts.terms.max_leverage:
        return None
    return Refused("leverage", str(facts.terms.max_leverage), str(facts.config.leverage))


def _before_liquidation(facts: EntryFacts) -> Refused | None:
    """The stop must be reached before the exchange liquidates; both in percent from the entry."""
    if facts.terms is None or facts.rules.market is Market.SPOT:
        return None
    limit = liquidation_distance(facts.config.leverage, facts.terms.maintenance)
    if facts.config.stop_loss < limit:
        return None
    return Refused("liquidation", fixed(round(limit, 2)), fixed(facts.config.stop_loss))


def _one_position(facts: EntryFacts) -> Refused | None:
    return Refused("one_position", "0", "1") if facts.holding else None


def _daily_trades(facts: EntryFacts) -> Refused | None:
    limit = facts.config.max_daily_trades
    if limit is None or facts.day.entries < limit:
        return None
    return Refused("daily_trades", str(limit), str(facts.day.entries))


def _daily_loss(facts: EntryFacts) -> Refused | None:
    limit = facts.config.max_daily_loss
    if limit is None or -facts.day.net < limit:
        return None
    return Refused("daily_loss", fixed(limit), fixed(-facts.day.net))


def _measurable(facts: EntryFacts) -> Refused | None:
    return None if facts.drawdown_known else Refused("open_result", "ok", "not ok")


def _balance(facts: EntryFacts) -> Refused | None:
    if facts.free >= MIN_BALANCE:
        return None
    return Refused("balance", fixed(MIN_BALANCE), fixed(facts.free))


def _trade_value(facts: EntryFacts) -> Refused | None:
    value = _value(facts) * facts.config.leverage
    if value >= MIN_TRADE_VALUE:
        return None
    return Refused("trade_value", fixed(MIN_TRADE_VALUE), fixed(value))


def _sufficient(facts: EntryFacts) -> Refused | None:
    value = _value(facts)
    if facts.rules.market is Market.FUTURES:
        # Commission of entry and exit is taken from the wallet, beside the margin.
        value += value * facts.config.leverage * _FUTURES_FEES
    if value <= facts.free:
        return None
    return Refused("sufficient", fixed(value), fixed(facts.free))


def liquidation_distance(leverage: int, maintenance: Decimal) -> Decimal:
    """Percent that the price may move against an isolated position before it is liquidated.

    Initial margin less maintenance margin, less a reserve for fees and the gap of a market stop
    (USD-M: margin 1/leverage of the notional, liquidated when it falls to the maintenance share).
    """
    return (Decimal(1) / leverage - maintenance - _LIQUIDATION_RESERVE) * HUNDRED


def _value(facts: EntryFacts) -> Decimal:
    cap = percent_of(facts.capital, facts.config.max_position)
    return min(wanted_quote(facts.config), cap)


CHECKS: tuple[tuple[str, Check], ...] = (
    ("active", _active),
    ("mode", _mode),
    ("exchange_ready", _exchange_ready),
    ("symbol_trading", _symbol_trading),
    ("protection", _protectable),
    ("one_position", _one_position),
    ("symbol_free", _symbol_free),
    ("leverage", _leverage),
    ("liquidation", _before_liquidation),
    ("daily_trades", _daily_trades),
    ("daily_loss", _daily_loss),
    ("open_result", _measurable),
    ("balance", _balance),
    ("trade_value", _trade_value),
    ("sufficient", _sufficient),
)


def first_refusal(facts: EntryFacts) -> Refused | None:
    """The first check that refuses, or None."""
    for _, check in CHECKS:
        refused = check(facts)
        if refused is not None:
            return refused
    return None
