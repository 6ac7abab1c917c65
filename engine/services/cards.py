"""Cards: everything that one screen shows of a bot, read in one snapshot."""

from dataclasses import dataclass, field, replace
from decimal import Decimal

from engine.core.account import Account, Key
from engine.core.account_limits import AccountLimits
from engine.core.bot import Bot
from engine.core.bot_config import environment_of
from engine.core.checks import DayCount
from engine.core.errors import NotFound
from engine.core.hours import day_of
from engine.core.margin import ASSUMED_MAINTENANCE, liquidation_price
from engine.core.market import Market, Side, StreamState, SymbolRules
from engine.core.money import HUNDRED
from engine.core.order import Order
from engine.core.position import Position, PositionSide
from engine.core.protect import cover_of
from engine.core.signal import Signal
from engine.core.timeout import MINUTE_MS
from engine.core.trade import result_at
from engine.ports.insight import NotOurs
from engine.ports.repos import SignalRow
from engine.ports.storage import Unit
from engine.services.analyses import Scoreboard, scoreboard
from engine.services.bots import find
from engine.services.office import Office


@dataclass(frozen=True, slots=True)
class Holding:
    """An open position at the price at which it could be closed now.

    ``price``, ``result`` (quote asset) and ``percent`` are None while no price is known;
    ``age_ms`` is the price's age in market ms. ``covered`` is the base quantity under live stops.
    ``liquidation`` is about where the exchange would liquidate a futures position, None on spot.
    """

    position: Position
    price: Decimal | None = None
    age_ms: int | None = None
    result: Decimal | None = None
    percent: Decimal | None = None
    covered: Decimal | None = None
    sellable: Decimal | None = None
    liquidation: Decimal | None = None


@dataclass(frozen=True, slots=True)
class BotLine:
    """A bot in a list."""

    bot: Bot
    holding: Holding | None


@dataclass(frozen=True, slots=True)
class BotCard:
    """A bot in full. ``not_ours`` lies beside it; ``now`` is the market's time in ms.

    ``score`` holds an AI bot against its twin, ``limits`` are its owner's; until
    ``cooldown_until`` (ms) a loss keeps it from entering.
    """

    bot: Bot
    rules: SymbolRules | None
    holding: Holding | None
    day: DayCount
    last: SignalRow | None
    decision: Signal | None
    stream: StreamState | None
    key: Key | None
    not_ours: NotOurs
    now: int
    score: Scoreboard | None = None
    limits: AccountLimits = field(default_factory=AccountLimits)
    cooldown_until: int | None = None


def today(office: Office, limits: AccountLimits) -> str:
    """The day that an owner's daily limits count by."""
    return day_of(office.clock.now_ms(), limits.day_zone)


def hold(office: Office, bot: Bot, position: Position | None) -> Holding | None:
    """The position at the price of this moment."""
    if position is None:
        return None
    prices = office.prices.get(environment_of(bot.config.mode, office.public))
    book = prices.book(position.market, position.symbol) if prices else None
    if prices is None or book is None or not position.entry_quote:
        return Holding(position, liquidation=_liquidation(position))
    price = book.bid if position.side.exit is Side.SELL else book.ask
    result = result_at(position, price)
    return Holding(
        position,
        price,
        prices.age_ms(position.market, position.symbol),
        result,
        result / position.entry_quote * HUNDRED,
        liquidation=_liquidation(position),
    )


def _liquidation(position: Position) -> Decimal | None:
    if position.market is Market.SPOT:
        return None
    long = position.side is PositionSide.LONG
    maintenance = ASSUMED_MAINTENANCE
    return liquidation_price(position.entry_price, position.leverage, maintenance, long=long)


def rules_of(office: Office, bot: Bot) -> SymbolRules | None:
    """Rules of the bot's symbol where it trades."""
    catalogue = office.catalogues.get(environment_of(bot.config.mode, office.public))
    return catalogue.rules(bot.config.market, bot.config.symbol) if catalogue else None


async def lines(office: Office, account: Account) -> list[BotLine]:
    """Every bot of an account, oldest first."""
    async with office.storage.reading(account.id) as unit:
        bots = await unit.bots.all()
        return [BotLine(bot, await _holding(office, unit, bot)) for bot in bots]


async def card(office: Office, account: Account, ref: str) -> BotCard:
    """One bot; raises ``NotFound``."""
    async with office.storage.reading(account.id) as unit:
        bot = await find(unit, ref)
        position = await unit.positions.open_of(bot.id)
        orders = await unit.orders.of_decision(bot.id, position.decision) if position else []
        limits = await unit.limits.get(account.id)
        day = await unit.counters.get(bot.id, today(office, limits))
        last = await unit.signals.last(bot.id)
        key = await _key(unit, bot)
        score = await scoreboard(unit, bot)
        cooldown_until = await _cooldown(unit, bot, office.clock.now_ms())
    environment = environment_of(bot.config.mode, office.public)
    return BotCard(
        bot=bot,
        rules=rules_of(office, bot),
        holding=_covered(office, bot, hold(office, bot, position), orders),
        day=day,
        last=last,
        decision=office.insight.last_decision(bot.id),
        stream=office.insight.stream_state(environment, bot.id),
        not_ours=office.insight.not_ours(bot.id),
        key=key,
        now=office.clock.now_ms(),
        score=score,
        limits=limits,
        cooldown_until=cooldown_until,
    )


async def _holding(office: Office, unit: Unit, bot: Bot) -> Holding | None:
    return hold(office, bot, await unit.positions.open_of(bot.id))


async def _cooldown(unit: Unit, bot: Bot, now: int) -> int | None:
    """Until when the last loss keeps a bot from entering, ms; None: it does not."""
    if bot.config.cooldown_minutes is None:
        return None
    span = bot.config.cooldown_minutes * MINUTE_MS
    trades = await unit.trades.since(now - span, bot.id)
    lost = max((trade.closed_at for trade in trades if trade.net < 0), default=None)
    return None if lost is None or lost + span <= now else lost + span


async def _key(unit: Unit, bot: Bot) -> Key | None:
    if not bot.config.mode.keyed or bot.config.key_id is None:
        return None
    try:
        return await unit.keys.get(bot.config.key_id)
    except NotFound:
        return None


def _covered(
    office: Office, bot: Bot, holding: Holding | None, orders: list[Order]
) -> Holding | None:
    rules = rules_of(office, bot)
    if holding is None or rules is None:
        return holding
    sellable = holding.position.sellable(rules)
    return replace(
        holding, covered=min(cover_of(tuple(orders)), holding.position.held), sellable=sellable
    )
