"""Taken: what the bots of a user hold together, entries under way and just decided included."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from engine.core.bot import Bot
from engine.core.decide import Approved
from engine.core.errors import Unavailable
from engine.core.market import Market
from engine.core.money import ZERO
from engine.core.position import PositionSide
from engine.core.sizing import wanted_quote
from engine.cycles.fleet import AccountSymbol, Fleet, Member
from engine.cycles.rulebook import Rulebook

_Book = tuple[int, bool]
_Asset = tuple[int, bool, str]


@dataclass(slots=True)
class Taken:
    """What an entry has to share money and limits with, as one pass over memory sees it.

    ``but`` is a bot whose own entry under way does not count. ``entries`` is what was decided in
    this pass: it counts before memory shows it. Sums are made once, when somebody asks.
    """

    fleet: Fleet
    rulebook: Rulebook
    but: int | None = None
    entries: list[tuple[Bot, Approved]] = field(default_factory=list)
    _spent: dict[str, Decimal] | None = None
    _symbols: dict[AccountSymbol, str] = field(default_factory=dict)
    _positions: dict[_Book, int] = field(default_factory=dict)
    _exposure: dict[_Asset, Decimal | None] = field(default_factory=dict)

    def by(self, bot: Bot, approved: Approved) -> None:
        """An entry was decided."""
        self.entries.append((bot, approved))
        value, book = approved.size.notional, (bot.owner_id, bot.config.mode.keyed)
        spent = self._by_account()
        stake = value / bot.config.leverage
        spent[bot.account] = spent.get(bot.account, ZERO) + stake
        if bot.config.market is Market.FUTURES and bot.config.mode.keyed:
            self._symbols[bot.account, bot.config.symbol] = bot.config.name
        if book in self._positions:
            self._positions[book] += 1
        known = self._exposure.get((*book, approved.facts.rules.quote))
        if known is not None:
            self._exposure[*book, approved.facts.rules.quote] = known + value

    def spent(self, account: str) -> Decimal:
        """Quote money of an account that entries not yet settled may still take."""
        return self._by_account().get(account, ZERO)

    def symbol(self, account: str, symbol: str) -> str:
        """Name of the bot that enters on a futures symbol, "" when none does."""
        return self._symbols.get((account, symbol), "")

    def positions(self, bot: Bot) -> int:
        """Positions and entries under way of the owner's bots with the same kind of money."""
        book = (bot.owner_id, bot.config.mode.keyed)
        if book not in self._positions:
            under_way = [self._under_way(m) > ZERO for m in self._book(bot)]
            held = [m.position is not None for m in self._book(bot)]
            decided = sum(_book_of(other) == book for other, _ in self.entries)
            total = sum(a or b for a, b in zip(under_way, held, strict=True))
            self._positions[book] = total + decided
        return self._positions[book]

    def exposure(self, bot: Bot, quote: str) -> Decimal | None:
        """Their value in a quote asset, None while a price is missing."""
        asset = (*_book_of(bot), quote)
        if asset not in self._exposure:
            self._exposure[asset] = _sum(self._values(bot, quote))
        return self._exposure[asset]

    def _values(self, bot: Bot, quote: str) -> Iterable[Decimal | None]:
        for member in self._book(bot):
            position = member.position
            if position is not None and position.quote == quote:
                price = self.rulebook.exit_price(member.bot, position)
                yield None if price is None else position.held * price
            if self._under_way(member) and self._quote(member) == quote:
                yield self._value(member)
        for other, approved in self.entries:
            if _book_of(other) == _book_of(bot) and approved.facts.rules.quote == quote:
                yield approved.size.notional

    def _book(self, bot: Bot) -> list[Member]:
        members = self.fleet.of_owner(bot.owner_id)
        return [m for m in members if m.bot.config.mode.keyed is bot.config.mode.keyed]

    def _by_account(self) -> dict[str, Decimal]:
        if self._spent is None:
            self._spent = {}
            for member in self.fleet.entering():
                bot, value = member.bot, self._value(member)
                if value is None:
                    # No price: as much as its rule may ask for.
                    stake = wanted_quote(bot.config, bot.config.initial_capital)
                else:
                    stake = value / bot.config.leverage
                if bot.id != self.but:
                    self._spent[bot.account] = self._spent.get(bot.account, ZERO) + stake
        return self._spent

    def _under_way(self, member: Member) -> Decimal:
        return ZERO if member.bot.id == self.but else member.under_way

    def _value(self, member: Member) -> Decimal | None:
        """What the entry under way may still buy, at the price of now."""
        price = self.rulebook.entry_price(member.bot, PositionSide.LONG)
        return None if price is None else member.under_way * price

    def _quote(self, member: Member) -> str | None:
        """Quote asset of the bot's symbol; what is not known counts as any."""
        try:
            return self.rulebook.of(member.bot, member.bot.config.symbol).quote
        except Unavailable:
            return None


def _book_of(bot: Bot) -> _Book:
    return bot.owner_id, bot.config.mode.keyed


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    total = ZERO
    for value in values:
        if value is None:
            return None
        total += value
    return total
