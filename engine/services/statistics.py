"""Statistics: how closed trades did, of one bot, of all bots of a user, or of everybody.

Money is added up within a purse alone: one quote asset, and one way to trade. Deleted bots count.
"""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from engine.core.account import Account
from engine.core.bot import Bot
from engine.core.bot_config import Mode
from engine.core.hours import day_of, day_starts
from engine.core.money import ZERO
from engine.core.statistics.periods import Bucket, Period, by_period, filled
from engine.core.statistics.summary import Statistics, summarise
from engine.core.statistics.tally import Tally, in_order
from engine.ports.records import Result
from engine.ports.storage import Unit
from engine.services.bots import find
from engine.services.office import Office
from engine.services.rights import require_admin

EVERYBODY = "all"
"""The scope of all users' bots, an administrator's; "" is all one's own, else a bot's id."""
MOST_DAYS = 999
MOST_PERIODS = 90
_ROWS = 200
_BY_MODE = (Mode.LIVE, Mode.TESTNET, Mode.LOCAL, Mode.PAPER)


@dataclass(frozen=True, slots=True)
class Purse:
    """Money that may be added up: traded in one mode, in one quote asset."""

    mode: Mode
    quote: str

    @property
    def rank(self) -> tuple[int, str]:
        """Real money first."""
        return _BY_MODE.index(self.mode), self.quote


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose trades (see ``EVERYBODY``), and which purse; None is the first that there is."""

    scope: str = ""
    purse: Purse | None = None


@dataclass(frozen=True, slots=True)
class Books:
    """The trades of a purse that statistics are about.

    ``purses`` are all that the scope has, ``bots`` how many of its bots traded, ``capital`` what
    they began with, days those of ``zone``.
    """

    scope: str
    bot: Bot | None
    purse: Purse
    purses: tuple[Purse, ...]
    bots: int
    capital: Decimal
    zone: str
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Statistics of the last ``days`` calendar days, today's among them; None is of all.

    ``unconverted`` are the commissions, by asset, that are not in the net result: they were taken
    in a third asset, and what that was worth then is not known exactly.
    """

    books: Books
    days: int | None
    statistics: Statistics
    unconverted: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Periods, newest first, and all of them together."""

    books: Books
    period: Period
    buckets: tuple[Bucket, ...]
    total: Tally


async def report(
    office: Office, account: Account, asked: Asked, days: int | None
) -> Report | None:
    """Statistics, None without a closed trade; raises ``NotFound`` (bot), ``Forbidden``."""
    books = await _read(office, account, asked)
    if books is None:
        return None
    # Thousands of trades take longer than the event loop may stand still.
    return await asyncio.to_thread(_report, books, days, office.clock.now_ms())


async def calendar(
    office: Office, account: Account, asked: Asked, period: Period, count: int
) -> Calendar | None:
    """The last ``count`` periods, none before the first trade; None and raises as ``report``."""
    books = await _read(office, account, asked)
    if books is None:
        return None
    return await asyncio.to_thread(_calendar, books, period, count, office.clock.now_ms())


async def _read(office: Office, account: Account, asked: Asked) -> Books | None:
    if asked.scope == EVERYBODY:
        require_admin(account)
    owner = None if asked.scope == EVERYBODY else account.id
    async with office.storage.reading(owner) as unit:
        named = asked.scope not in {"", EVERYBODY}
        bot = await find(unit, asked.scope) if named else None
        results = await _results(unit, bot)
        found = {Purse(result.mode, result.quote) for result in results}
        if not found:
            return None
        purses = tuple(sorted(found, key=lambda purse: purse.rank))
        purse = asked.purse if asked.purse in found else purses[0]
        chosen = tuple(r for r in results if Purse(r.mode, r.quote) == purse)
        capitals = await unit.results.capitals({result.bot_id for result in chosen})
        zone = (await unit.limits.get(account.id)).zone
    capital = sum(capitals.values(), ZERO)
    return Books(asked.scope, bot, purse, purses, len(capitals), capital, zone, chosen)


async def _results(unit: Unit, bot: Bot | None) -> list[Result]:
    """All results, page by page: others have their turn on the event loop in between."""
    results: list[Result] = []
    bot_id, after = bot.id if bot else None, 0
    while page := await unit.results.page(limit=_ROWS, after=after, bot_id=bot_id):
        results += page
        after = page[-1].id
        await asyncio.sleep(0)
    return results


def _report(books: Books, days: int | None, now: int) -> Report:
    began = min(result.opened_at for result in books.results)
    until = max(now, *(result.closed_at for result in books.results))
    since = began
    if days is not None:
        today = date.fromisoformat(day_of(now, books.zone))
        first = today - timedelta(days=days - 1)
        since = min(max(began, day_starts(first.isoformat(), books.zone)), until)
    within = [result for result in books.results if result.closed_at >= since]
    before = sum((r.net for r in books.results if r.closed_at < since), ZERO)
    capital = books.capital + before
    made = summarise(within, capital=capital, since=since, until=until, zone=books.zone)
    return Report(books, days, made, _unconverted(within))


def _unconverted(results: list[Result]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for result in results:
        for asset in result.fees.keys() - {result.base, result.quote}:
            sums[asset] = sums.get(asset, ZERO) + result.fees[asset]
    return dict(sorted(sums.items()))


def _calendar(books: Books, period: Period, count: int, now: int) -> Calendar:
    tallies = by_period(in_order(books.results), period, books.zone)
    last = max(period.begins(date.fromisoformat(day_of(now, books.zone))), *tallies)
    first = last
    for _ in range(count - 1):
        first = max(period.before(first), min(tallies))
    buckets = filled(tallies, period, first, last)[::-1]
    return Calendar(books, period, buckets, sum((b.tally for b in buckets), Tally()))
