"""Rulebook: trading rules and prices of whichever environment a bot follows."""

from dataclasses import dataclass
from decimal import Decimal

from engine.core.bot import Bot
from engine.core.bot_config import Environment, environment_of
from engine.core.errors import Unavailable
from engine.core.market import Book, SymbolRules
from engine.core.position import Position, PositionSide
from engine.ports.clock import Clock
from engine.ports.market import Catalogue, Prices

# A book not heard of for so long (real ms) says nothing about now.
_OLDEST_MS = 120_000


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Reads memory only; ``public`` is the environment of paper bots."""

    catalogues: dict[Environment, Catalogue]
    prices: dict[Environment, Prices]
    public: Environment
    clock: Clock

    def environment(self, bot: Bot) -> Environment:
        """Whose prices the bot follows."""
        return environment_of(bot.config.mode, self.public)

    def of(self, bot: Bot, symbol: str) -> SymbolRules:
        """Rules of a symbol; raises ``Unavailable`` while the catalogue does not know it."""
        catalogue = self.catalogues.get(self.environment(bot))
        rules = catalogue.rules(bot.config.market, symbol) if catalogue else None
        if rules is None:
            raise Unavailable(f"no trading rules of {symbol} are known yet")
        return rules

    def entry_price(self, bot: Bot, side: PositionSide) -> Decimal | None:
        """What an entry in this direction would get now, None when no price was heard."""
        book = self._book(bot, bot.config.symbol)
        if book is None:
            return None
        return book.ask if side is PositionSide.LONG else book.bid

    def exit_price(self, bot: Bot, position: Position) -> Decimal | None:
        """What closing the position would get now, None when no price was heard."""
        book = self._book(bot, position.symbol)
        if book is None:
            return None
        return book.bid if position.side is PositionSide.LONG else book.ask

    def _book(self, bot: Bot, symbol: str) -> Book | None:
        """The last heard book, unless it is so old that it is no price any more."""
        prices = self.prices.get(self.environment(bot))
        market = bot.config.market
        age = prices.age_ms(market, symbol) if prices else None
        if prices is None or age is None or age > _OLDEST_MS * self.clock.rate:
            return None
        return prices.book(market, symbol)
