"""Symbols: what the new-bot conversation asks about them."""

from dataclasses import dataclass
from decimal import Decimal

from engine.core.errors import ExchangeError
from engine.core.market import Market, SymbolRules
from engine.services.office import Office

QUOTE = "USDT"
TOP = 6
SUGGESTIONS = 4


@dataclass(frozen=True, slots=True)
class SymbolFacts:
    """A symbol's rules and what a buyer pays now (None: the exchange does not say)."""

    rules: SymbolRules
    price: Decimal | None


def top(office: Office, market: Market) -> tuple[str, ...]:
    """The busiest symbols of the public environment."""
    catalogue = office.catalogues[office.public]
    return tuple(rules.symbol for rules in catalogue.top(market, quote=QUOTE, limit=TOP))


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
    return None, tuple(rules.symbol for rules in found)


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
