"""Home: how an account stands, and how the engine does."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from engine.core.account import Account, Draft
from engine.core.bot import Bot
from engine.core.bot_config import Mode
from engine.core.bot_state import BotState
from engine.core.money import ZERO
from engine.ports.insight import Health
from engine.ports.storage import Unit
from engine.services.cards import Holding, hold, rules_of, today
from engine.services.office import Office


@dataclass(frozen=True, slots=True)
class Purse:
    """Money of all paper or all keyed bots in one quote asset.

    ``equity`` (paper only) is capital and every result so far; it is None, and so is ``live``,
    while the price of an open position is unknown: a figure is exact or not shown. ``net`` is
    today's realised result.
    """

    quote: str
    keyed: bool
    equity: Decimal | None
    net: Decimal
    live: Decimal | None
    positions: int


@dataclass(frozen=True, slots=True)
class Home:
    """What the first screen shows."""

    purses: tuple[Purse, ...]
    states: dict[BotState, int]
    troubled: tuple[Bot, ...]
    draft: Draft | None
    health: Health
    modes: frozenset[Mode]


@dataclass(slots=True)
class _Sum:
    capital: Decimal = ZERO
    net_ever: Decimal = ZERO
    net_today: Decimal = ZERO
    holdings: list[Holding] = field(default_factory=list)


async def home(office: Office, account: Account) -> Home:
    """The figures of an account's first screen."""
    async with office.storage.reading(account.id) as unit:
        bots = await unit.bots.all()
        ever = await unit.results.nets() if bots else {}
        day = today(office, await unit.limits.get(account.id))
        sums: dict[tuple[bool, str], _Sum] = {}
        for bot in bots:
            rules = rules_of(office, bot)
            if rules is not None:
                purse = sums.setdefault((bot.config.mode.keyed, rules.quote), _Sum())
                purse.net_ever += ever.get(bot.id, ZERO)
                purse.net_today += (await unit.counters.get(bot.id, day)).net
                await _add(office, unit, bot, purse)
        draft = await unit.drafts.get()
    return Home(
        purses=tuple(_purse(key, figures) for key, figures in sorted(sums.items())),
        states=dict(Counter(bot.state for bot in bots)),
        troubled=tuple(b for b in bots if b.state in {BotState.PAUSED, BotState.ERROR}),
        draft=draft,
        health=office.insight.health(),
        modes=office.modes,
    )


async def _add(office: Office, unit: Unit, bot: Bot, purse: _Sum) -> None:
    purse.capital += bot.config.initial_capital
    holding = hold(office, bot, await unit.positions.open_of(bot.id))
    if holding is not None:
        purse.holdings.append(holding)


def _purse(key: tuple[bool, str], figures: _Sum) -> Purse:
    keyed, quote = key
    results = [holding.result for holding in figures.holdings]
    known = [result for result in results if result is not None]
    live = sum(known, ZERO) if len(known) == len(results) else None
    equity = None
    if not keyed and live is not None:
        equity = figures.capital + figures.net_ever + live
    return Purse(quote, keyed, equity, figures.net_today, live, len(results))
