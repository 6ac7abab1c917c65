"""Offers: what an account may choose from when it makes a bot."""

from dataclasses import dataclass

from engine.core.account import Account, Key, KeyState
from engine.core.bot_config import Mode, environment_of
from engine.core.market import Market
from engine.services.office import Office
from engine.services.symbols import QUOTE
from engine.strategies.registry import names

AI = "ai"
"""Name of the strategy that asks a model."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen, and what the choices must keep clear of.

    Markets with symbols, allowed modes that know the symbol, good keys, names taken already,
    names of strategies, the zone of the account's clock.
    """

    markets: tuple[Market, ...]
    modes: tuple[Mode, ...]
    keys: tuple[Key, ...]
    names: tuple[str, ...]
    strategies: tuple[str, ...]
    zone: str


async def offer(office: Office, account: Account, market: Market, symbol: str) -> Offer:
    """The choices of an account; an empty ``symbol`` leaves every allowed mode in."""
    async with office.storage.reading(account.id) as unit:
        keys = [key for key in await unit.keys.all() if key.state is KeyState.GOOD]
        names = tuple(bot.config.name for bot in await unit.bots.all())
        zone = (await unit.limits.get(account.id)).zone
    modes = tuple(
        mode for mode in Mode if mode in office.modes and _knows(office, mode, market, symbol)
    )
    return Offer(markets(office), modes, tuple(keys), names, strategies(office), zone)


def strategies(office: Office) -> tuple[str, ...]:
    """Names of the strategies: one that asks a model only where there is one to be asked."""
    return tuple(name for name in names() if office.ai or name != AI)


def markets(office: Office) -> tuple[Market, ...]:
    """Spot, and futures where the public environment lists any."""
    catalogue = office.catalogues[office.public]
    return tuple(
        market
        for market in Market
        if market is Market.SPOT or catalogue.top(market, quote=QUOTE, limit=1)
    )


def _knows(office: Office, mode: Mode, market: Market, symbol: str) -> bool:
    catalogue = office.catalogues.get(environment_of(mode, office.public))
    if catalogue is None:
        return False
    rules = catalogue.rules(market, symbol) if symbol else None
    return not symbol or (rules is not None and rules.trading)
