"""Trades: the closed ones, page by page."""

from dataclasses import dataclass

from engine.core.account import Account
from engine.core.bot import Bot
from engine.core.errors import NotFound
from engine.core.trade import Trade
from engine.services.bots import find
from engine.services.office import Office

PAGE = 6


@dataclass(frozen=True, slots=True)
class TradeLine:
    """A trade, its bot's name ("" for a deleted bot) and the quote asset of its money."""

    trade: Trade
    bot: str
    base: str
    quote: str


@dataclass(frozen=True, slots=True)
class TradePage:
    """One page of trades, newest first; of one ``bot`` or of all."""

    lines: tuple[TradeLine, ...]
    bot: Bot | None
    page: int
    more: bool


async def page(office: Office, account: Account, ref: str, number: int) -> TradePage:
    """Page ``number`` (from 0) of a bot's trades, or of all when ``ref`` is empty."""
    async with office.storage.reading(account.id) as unit:
        bot = await find(unit, ref) if ref else None
        wanted = (number + 1) * PAGE + 1
        trades = await unit.trades.recent(limit=wanted, bot_id=bot.id if bot else None)
        names = {each.id: each.config.name for each in await unit.bots.all()}
    shown = trades[number * PAGE : (number + 1) * PAGE]
    lines = tuple(_line(office, trade, names) for trade in shown)
    return TradePage(lines, bot, number, len(trades) == wanted)


async def one(office: Office, account: Account, position_id: int) -> TradeLine:
    """The trade of a position; raises ``NotFound``."""
    async with office.storage.reading(account.id) as unit:
        trade = await unit.trades.of_position(position_id)
        names = {each.id: each.config.name for each in await unit.bots.all()}
    if trade is None:
        raise NotFound(f"no trade of position {position_id}")
    return _line(office, trade, names)


def _line(office: Office, trade: Trade, names: dict[int, str]) -> TradeLine:
    for catalogue in office.catalogues.values():
        rules = catalogue.rules(trade.market, trade.symbol)
        if rules is not None:
            return TradeLine(trade, names.get(trade.bot_id, ""), rules.base, rules.quote)
    return TradeLine(trade, names.get(trade.bot_id, ""), "", "")
