"""Symbols: what the new-bot conversation asks about them."""

from dataclasses import dataclass
from decimal import Decimal

from engine.core.errors import ExchangeError, InvalidValue
from engine.core.market import Market, SymbolRules
from engine.core.money import fixed
from engine.services.office import Office

QUOTE = "USDT"
TOP = 6
SUGGESTIONS = 4
_ALL = 10_000
_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class SymbolFacts:
    """A symbol's rules and what a buyer pays now (None: the exchange does not say)."""

    rules: SymbolRules
    price: Decimal | None


def top(office: Office, market: Market) -> tuple[str, ...]:
    """The busiest symbols of the public environment that may be entered."""
    catalogue = office.catalogues[office.public]
    listed = office.floor.symbols
    busiest = catalogue.top(market, quote=QUOTE, limit=_ALL if listed else TOP)
    names = (rules.symbol for rules in busiest)
    return tuple(name for name in names if barrier(office, market, name) is None)[:TOP]


def barrier(office: Office, market: Market, symbol: str) -> InvalidValue | None:
    """Why this installation lets no bot enter a symbol; None: it does."""
    floor = office.floor
    if not floor.lists(symbol):
        listed = ", ".join(sorted(floor.symbols)[:_MOST_NAMED])
        return InvalidValue("symbol", symbol, "not_listed", choices=listed)
    volume = office.catalogues[office.public].day_volume(market, symbol)
    if floor.deep_enough(volume):
        return None
    traded = "–" if volume is None else fixed(round(volume, 0))
    low = fixed(floor.min_volume)
    return InvalidValue("symbol", symbol, "too_thin", volume=traded, low=low)


def match(office: Office, market: Market, text: str) -> tuple[str | None, tuple[str, ...]]:
    """The symbol that ``text`` names without doubt, else None; and what else it may mean."""
    catalogue = office.catalogues[office.public]
    name = "".join(character for character in text.upper() if character not in "/-_ ")
    if not (name.isascii() and name.isalnum()):
        return None, ()
    for candidate in (name, f"{name}{QUOTE}"):
        rules = catalogue.rules(market, candidate)
        if rules is not None and rules.trading:
            return candidate, ()
    found = catalogue.search(market, name, limit=SUGGESTIONS)
    if not found:
        found = catalogue.search(market, name[:3], limit=SUGGESTIONS)
    names = (rules.symbol for rules in found)
    return None, tuple(name for name in names if barrier(office, market, name) is None)


async def facts(office: Office, market: Market, symbol: str) -> SymbolFacts | None:
    """Rules and live price of a symbol, or None when it is unknown."""
    rules = office.catalogues[office.public].rules(market, symbol)
    if rules is None:
        return None
    try:
        book = await office.prices[office.public].fresh(market, symbol)
    except ExchangeError:
        return SymbolFacts(rules, None)
    return SymbolFacts(rules, book.ask)
