"""Analyses: what a bot's model was asked and said, what it costs, and how its twin does."""

from dataclasses import dataclass
from decimal import Decimal

from engine.core.account import Account
from engine.core.analysis import Analysis, Twin
from engine.core.bot import Bot
from engine.core.errors import InvalidValue
from engine.core.hours import day_of, day_starts
from engine.core.trade import Trade
from engine.cycles.judges import part_of
from engine.ports.storage import Unit
from engine.services.bots import find
from engine.services.office import Office
from engine.strategies.ai.strategy import AiStrategy
from engine.strategies.registry import strategy

PAGE = 6


@dataclass(frozen=True, slots=True)
class Usage:
    """Calls of a user's day: ``cost`` in US dollars, None where the prices are not known."""

    calls: int
    limit: int
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Results of trades: their number, how many won, the sum of their net percentages."""

    trades: int
    wins: int
    net_percent: Decimal


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """A bot beside its twin since ``since`` (ms)."""

    since: int
    bot: Tally
    twin: Tally


@dataclass(frozen=True, slots=True)
class AnalysesPage:
    """One page of what a bot's model said, newest first."""

    bot: Bot
    analyses: tuple[Analysis, ...]
    page: int
    more: bool
    usage: Usage


async def page(office: Office, account: Account, ref: str, number: int) -> AnalysesPage:
    """Page ``number`` (from 0); raises ``NotFound`` for a bot that is not there."""
    async with office.storage.reading(account.id) as unit:
        bot = await find(unit, ref)
        wanted = (number + 1) * PAGE + 1
        found: list[Analysis] = []
        if (part := _part(bot)) is not None:
            stream = ":".join(bot.config.stream)
            found = await unit.analyses.recent(limit=wanted, part=part, stream=stream)
        usage = await _usage(office, unit, account.id)
    shown = tuple(found[number * PAGE : (number + 1) * PAGE])
    return AnalysesPage(bot, shown, number, len(found) == wanted, usage)


async def one(office: Office, account: Account, analysis_id: int) -> Analysis:
    """An analysis; raises ``NotFound``."""
    async with office.storage.reading(account.id) as unit:
        return await unit.analyses.get(analysis_id)


async def scoreboard(unit: Unit, bot: Bot) -> Scoreboard | None:
    """The bot beside its twin, from the same moment on; None where it has none."""
    twin = await unit.twins.get(bot.id) if asks_a_model(bot) else None
    if twin is None:
        return None
    return Scoreboard(twin.since, _tally(await unit.trades.since(twin.since, bot.id)), _of(twin))


def asks_a_model(bot: Bot) -> bool:
    """Whether the bot's strategy is the AI analyst."""
    return _part(bot) is not None


def _part(bot: Bot) -> str | None:
    """Name of the bot's judge, None where it asks no model."""
    try:
        chosen = strategy(bot.config.strategy)
        if not isinstance(chosen, AiStrategy):
            return None
        return part_of(chosen.judge_key(chosen.validate(bot.config.params), bot.owner_id))
    except InvalidValue:
        return None


async def _usage(office: Office, unit: Unit, owner_id: int) -> Usage:
    limits = await unit.limits.get(owner_id)
    today = day_of(office.clock.now_ms(), limits.day_zone)
    costs = await unit.analyses.costs_since(owner_id, day_starts(today, limits.day_zone))
    offered = office.ai.calls_per_user if office.ai else 0
    chosen = offered if limits.ai_calls is None else limits.ai_calls
    known = [cost for cost in costs if cost is not None]
    total = sum(known, Decimal(0)) if known else None
    return Usage(len(costs), min(chosen, offered), total)


def _tally(trades: list[Trade]) -> Tally:
    wins = sum(trade.net > 0 for trade in trades)
    return Tally(len(trades), wins, sum((trade.percent for trade in trades), Decimal(0)))


def _of(twin: Twin) -> Tally:
    return Tally(twin.trades, twin.wins, twin.net_percent)
