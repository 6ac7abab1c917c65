"""Account limits: what stands, what is measured now, and changing one of them."""

from dataclasses import dataclass
from decimal import Decimal

from pydantic import ValidationError

from engine.core.account import Account
from engine.core.account_guard import (
    AccountFacts,
    AccountPause,
    Stake,
    drawdown,
    facts_of,
    looks_back_to,
    losing_stops,
)
from engine.core.account_limits import AccountLimits
from engine.core.bot import Bot
from engine.core.errors import InvalidValue
from engine.core.hours import day_of, day_starts
from engine.core.money import ZERO
from engine.core.order import Leg
from engine.core.position import Position
from engine.cycles.days import rebuild_day
from engine.ports.storage import Unit
from engine.services.cards import hold, rules_of
from engine.services.office import Office
from engine.services.rights import entry, require_trader

Value = str | int | bool | Decimal | None
_SMALLER_IS_LOOSER = frozenset({"drawdown_hours", "stop_guard_minutes", "pause_minutes"})
_FREE = frozenset({"zone", "own_day"})


@dataclass(frozen=True, slots=True)
class Measured:
    """What one quote asset's bots hold and lost; None while a price is unknown."""

    quote: str
    exposure: Decimal | None
    drawdown: Decimal | None


@dataclass(frozen=True, slots=True)
class BookNow:
    """Paper bots, or those with a key: ``positions`` counts entries under way too."""

    keyed: bool
    positions: int
    stops: int
    assets: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class LimitsNow:
    """A user's limits beside what they bound; ``calls`` is how often a model was asked today."""

    limits: AccountLimits
    books: tuple[BookNow, ...]
    pauses: tuple[AccountPause, ...]
    calls: int
    now: int


async def look(office: Office, account: Account) -> LimitsNow:
    """Limits and measured values of this moment; ``pauses`` are those under way."""
    now = office.clock.now_ms()
    async with office.storage.reading(account.id) as unit:
        limits = await unit.limits.get(account.id)
        pauses = await unit.limits.pauses(account.id)
        trades = await unit.trades.since(looks_back_to(limits, now))
        bots = await unit.bots.all()
        ids = [bot.id for bot in bots]
        held = {p.bot_id: p for p in await unit.positions.open_of_many(ids)}
        entering = await _entering(unit, ids) - held.keys()
        today = day_starts(day_of(now, limits.day_zone), limits.day_zone)
        calls = await unit.analyses.count_since(account.id, today)
    stakes = [s for b in bots if (s := _stake(office, b, held.get(b.id))) is not None]
    books = tuple(
        _book(facts_of(stakes, trades, pauses, now, keyed=keyed), limits, entering, keyed=keyed)
        for keyed in sorted({stake.keyed for stake in stakes})
    )
    return LimitsNow(limits, books, tuple(p for p in pauses if p.until > now), calls, now)


async def change(office: Office, account: Account, field: str, value: Value) -> AccountLimits:
    """Set one limit; raises ``InvalidValue`` for a value that the field does not take.

    Where the user's days begin at another time from now on, today is counted anew.
    """
    require_trader(account)
    now = office.clock.now_ms()
    async with office.storage.of(account.id) as unit:
        before = await unit.limits.get(account.id)
        after = _changed(before, field, value)
        if after == before:
            return before
        await unit.limits.put(account.id, after, now)
        if after.day_zone != before.day_zone:
            for bot in await unit.bots.all():
                await rebuild_day(unit, bot.id, after.day_zone, now)
        await unit.audit.add(
            entry(
                account,
                "limits.change",
                field,
                now,
                before=_told(getattr(before, field)),
                after=_told(getattr(after, field)),
            )
        )
        await unit.commit()
    office.wake.account_limits()
    return after


def loosens(limits: AccountLimits, field: str, value: Value) -> bool:
    """Whether a new value lets bots do more than the present one."""
    old = getattr(limits, field)
    if field in _FREE or value == old:
        return False
    if old is None or value is None:
        return value is None
    return bool(value < old if field in _SMALLER_IS_LOOSER else value > old)


def _changed(before: AccountLimits, field: str, value: Value) -> AccountLimits:
    try:
        return AccountLimits.model_validate(before.model_dump() | {field: value})
    except ValidationError as error:
        raise InvalidValue(field, str(value), "choice", choices="–") from error


async def _entering(unit: Unit, bot_ids: list[int]) -> set[int]:
    orders = await unit.orders.unfinished_of(bot_ids)
    return {order.bot_id for order in orders if order.leg is Leg.ENTRY and not order.state.final}


def _stake(office: Office, bot: Bot, position: Position | None) -> Stake | None:
    rules = rules_of(office, bot)
    if position is None and rules is None:
        return None
    holding = hold(office, bot, position)
    return Stake(
        bot.id,
        bot.config.mode.keyed,
        position.quote if position else rules.quote if rules else "",
        bot.config.initial_capital,
        position,
        holding.price if holding else None,
    )


def _book(
    facts: AccountFacts, limits: AccountLimits, entering: set[int], *, keyed: bool
) -> BookNow:
    positions = sum(s.position is not None or s.bot_id in entering for s in facts.stakes)
    assets = tuple(
        Measured(quote, _exposure(facts, quote), drawdown(facts, quote, limits.drawdown_hours))
        for quote in facts.quotes
    )
    return BookNow(keyed, positions, losing_stops(facts, limits.stop_guard_minutes), assets)


def _exposure(facts: AccountFacts, quote: str) -> Decimal | None:
    values = [stake.exposure for stake in facts.stakes if stake.quote == quote]
    known = [value for value in values if value is not None]
    return sum(known, ZERO) if len(known) == len(values) else None


def _told(value: object) -> str:
    return "off" if value is None else str(value)
