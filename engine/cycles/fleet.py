"""Fleet: the engine's picture of bots, positions, counters and balances, for the hot path.

It is rebuilt from rows at start and refreshed by what was committed, never ahead of it. Nothing
here awaits but the two loaders.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from engine.core.account_limits import AccountLimits
from engine.core.bot import Bot
from engine.core.bot_config import Environment, environment_of
from engine.core.checks import DayCount, FuturesTerms
from engine.core.errors import InvalidValue
from engine.core.hours import day_of
from engine.core.market import Market, StreamKey
from engine.core.money import ZERO
from engine.core.order import Leg, Order
from engine.core.position import Position
from engine.ports.account import Balance
from engine.ports.clock import Clock
from engine.ports.storage import Storage, Unit
from engine.strategies.registry import strategy

EnvStream = tuple[Environment, StreamKey]
StrategyKey = tuple[object, ...]
AccountSymbol = tuple[str, str]
_NO_LIMITS = AccountLimits()
_MINUTE_MS = 60_000


@dataclass(slots=True)
class Member:
    """One bot as the cycles need it. ``entering``: an entry order is under way, which may still
    buy ``under_way`` (base asset); ``busy``: some order of its is not settled.

    ``last_loss_at``: when its last losing trade was closed, as far as its cooldown asks for it.
    ``judge`` names its strategy and parameters: bots with the same one share one judge; None
    when its strategy does not take them.
    """

    bot: Bot
    judge: StrategyKey | None
    position: Position | None = None
    entering: bool = False
    under_way: Decimal = ZERO
    busy: bool = False
    last_loss_at: int | None = None
    day: DayCount = field(default_factory=lambda: DayCount(""))

    @property
    def trails(self) -> bool:
        """Whether a trailing stop follows its position."""
        return self.position is not None and self.bot.config.trailing_stop is not None

    @property
    def needs_candles(self) -> bool:
        """Whether its candle stream must be followed."""
        return self.bot.state.running or self.trails

    @property
    def needs_prices(self) -> bool:
        """Whether its symbol's book must be heard."""
        return self.bot.state.running or self.position is not None


class Fleet:
    """All living bots by id and by stream, and what is known of their accounts.

    ``terms``: leverage and margin of futures symbols; ``drifts``: symbols of which the exchange
    holds more (or less, negative) than our books say; ``foreign_orders``: how many open orders
    there are not ours. ``limits`` are those of users who set some; ``rezoned``: users whose days
    begin at another time than they did.
    """

    def __init__(self, storage: Storage, clock: Clock, public: Environment) -> None:
        self._storage = storage
        self._clock = clock
        self._public = public
        self.members: dict[int, Member] = {}
        self.balances: dict[str, dict[str, Balance]] = {}
        self.terms: dict[AccountSymbol, FuturesTerms] = {}
        self.drifts: dict[AccountSymbol, Decimal] = {}
        self.foreign_orders: dict[AccountSymbol, int] = {}
        self.limits: dict[int, AccountLimits] = {}
        self.rezoned: set[int] = set()
        self._turns: dict[int, int] = {}
        self._entering: set[int] = set()
        self._by_owner: dict[int, set[int]] = defaultdict(set)
        self._by_stream: dict[EnvStream, set[int]] = defaultdict(set)
        self._by_symbol: dict[AccountSymbol, set[int]] = defaultdict(set)

    async def load(self) -> None:
        """Read every bot."""
        async with self._storage.reading() as unit:
            bot_ids = {bot.id for bot in await unit.bots.all()}
            self.limits = await unit.limits.all()
        await self.reload_all(bot_ids)

    async def read_limits(self) -> None:
        """Read what the users set again."""
        async with self._storage.reading() as unit:
            limits = await unit.limits.all()
        before, self.limits = self.limits, limits
        for owner_id in before.keys() | limits.keys():
            was = before.get(owner_id, _NO_LIMITS).day_zone
            if was != self.limits_of(owner_id).day_zone:
                self.rezoned.add(owner_id)

    async def reload(self, bot_id: int) -> Member | None:
        """Read one bot again after a commit that touched it; None when it was deleted."""
        await self.reload_all({bot_id})
        return self.members.get(bot_id)

    async def reload_all(self, bot_ids: set[int]) -> None:
        """Read bots again, a handful of queries however many they are.

        Where a newer reading overtook this one, its picture stays.
        """
        turns = {}
        for bot_id in bot_ids:
            turns[bot_id] = self._turns[bot_id] = self._turns.get(bot_id, 0) + 1
        async with self._storage.reading() as unit:
            bots = {bot.id: bot for bot in await unit.bots.many(bot_ids)}
            positions = {p.bot_id: p for p in await unit.positions.open_of_many(bot_ids)}
            unsettled: dict[int, list[Order]] = defaultdict(list)
            for order in await unit.orders.unfinished_of(bot_ids):
                unsettled[order.bot_id].append(order)
            days: dict[int, DayCount] = {}
            for name, ids in self._by_day(bots.values()).items():
                days |= await unit.counters.of_day(name, ids)
            losses = await _last_losses(unit, bots.values(), self._clock.now_ms())
        for bot_id, turn in turns.items():
            if self._turns[bot_id] != turn:
                continue
            self._remove(bot_id)
            if bot_id in bots:
                bot = bots[bot_id]
                day = days.get(bot_id, DayCount(self.day(bot.owner_id)))
                member = _member(bot, positions.get(bot_id), unsettled[bot_id], day)
                member.last_loss_at = losses.get(bot_id)
                self._put(member)

    def enter(self, entries: Iterable[tuple[Bot, Order]]) -> None:
        """Take over what was just committed: these bots, which held nothing, are entering.

        A picture that was read after the commit stays: it shows that and more.
        """
        for bot, order in entries:
            member = self.members.get(bot.id)
            if member is not None and member.bot.revision < bot.revision:
                member.bot, member.entering, member.busy = bot, True, True
                member.under_way = order.quantity
                self._entering.add(bot.id)

    async def outdated(self) -> set[int]:
        """Bots whose row is newer than the picture, new and deleted ones included."""
        async with self._storage.reading() as unit:
            rows = {bot.id: bot.revision for bot in await unit.bots.all()}
        seen = {bot_id: member.bot.revision for bot_id, member in self.members.items()}
        return {bot_id for bot_id in rows | seen if rows.get(bot_id) != seen.get(bot_id)}

    def stream_of(self, bot: Bot) -> EnvStream:
        """Environment and candle stream that a bot follows."""
        return environment_of(bot.config.mode, self._public), bot.config.stream

    def on_stream(self, stream: EnvStream) -> list[Member]:
        """Running bots that listen to a stream."""
        ids = self._by_stream.get(stream, set())
        members = (self.members[bot_id] for bot_id in sorted(ids))
        return [member for member in members if member.bot.state.running]

    def trailing_on(self, stream: EnvStream) -> list[Member]:
        """Bots on a stream whose open position has a trailing stop, stopped ones too."""
        ids = self._by_stream.get(stream, set())
        return [self.members[bot_id] for bot_id in sorted(ids) if self.members[bot_id].trails]

    def of_owner(self, owner_id: int) -> list[Member]:
        """All bots of a user."""
        return [self.members[bot_id] for bot_id in self._by_owner.get(owner_id, ())]

    def entering(self) -> list[Member]:
        """Bots with an entry under way."""
        return [self.members[bot_id] for bot_id in self._entering]

    def limits_of(self, owner_id: int) -> AccountLimits:
        """The limits over all bots of a user."""
        return self.limits.get(owner_id, _NO_LIMITS)

    def zone_of(self, owner_id: int) -> str:
        """The zone whose days the daily limits of a user count."""
        return self.limits_of(owner_id).day_zone

    def accounts(self) -> set[str]:
        """Accounts that are trading: with a running bot, a position or an unsettled order."""
        return {
            member.bot.account
            for member in self.members.values()
            if member.bot.state.running or member.position is not None or member.busy
        }

    def holding(self, member: Member) -> bool:
        """Whether a bot holds something, is entering, or has exits not yet gone.

        An exit left over from a former position would act on the next one: nothing binds it to
        the position it was made for.
        """
        return member.position is not None or member.busy

    def symbol_held(self, member: Member) -> str:
        """Who else holds the bot's futures symbol on its account: a bot's name, or ``drift``."""
        bot = member.bot
        if bot.config.market is not Market.FUTURES or not bot.config.mode.keyed:
            return ""
        here = (bot.account, bot.config.symbol)
        if here in self.drifts:
            return "drift"
        for bot_id in self._by_symbol[here] - {bot.id}:
            if self.holding(self.members[bot_id]):
                return self.members[bot_id].bot.config.name
        return ""

    def today(self, member: Member) -> DayCount:
        """The bot's counters of the current day of its limits."""
        day = self.day(member.bot.owner_id)
        return member.day if member.day.day == day else DayCount(day)

    def free(self, account: str, asset: str) -> Balance:
        """Balance of an asset, zero when none is known."""
        return self.balances.get(account, {}).get(asset, Balance(ZERO, ZERO))

    def _remove(self, bot_id: int) -> None:
        old = self.members.pop(bot_id, None)
        if old is not None:
            self._by_stream[self.stream_of(old.bot)].discard(bot_id)
            self._by_symbol[old.bot.account, old.bot.config.symbol].discard(bot_id)
            self._by_owner[old.bot.owner_id].discard(bot_id)
            self._entering.discard(bot_id)

    def _put(self, member: Member) -> None:
        self.members[member.bot.id] = member
        self._by_stream[self.stream_of(member.bot)].add(member.bot.id)
        self._by_symbol[member.bot.account, member.bot.config.symbol].add(member.bot.id)
        self._by_owner[member.bot.owner_id].add(member.bot.id)
        if member.entering:
            self._entering.add(member.bot.id)

    def day(self, owner_id: int) -> str:
        """Today (YYYY-MM-DD) as the daily limits of a user count it."""
        return day_of(self._clock.now_ms(), self.zone_of(owner_id))

    def _by_day(self, bots: Iterable[Bot]) -> dict[str, set[int]]:
        found: dict[str, set[int]] = defaultdict(set)
        days: dict[str, str] = {}
        for bot in bots:
            zone = self.zone_of(bot.owner_id)
            if zone not in days:
                days[zone] = day_of(self._clock.now_ms(), zone)
            found[days[zone]].add(bot.id)
        return found


def _member(bot: Bot, position: Position | None, unsettled: list[Order], day: DayCount) -> Member:
    entries = [o for o in unsettled if o.leg is Leg.ENTRY and not o.state.final]
    return Member(
        bot=bot,
        judge=_judge(bot),
        position=position,
        entering=bool(entries),
        under_way=sum((o.quantity - o.booked_qty for o in entries), ZERO),
        busy=bool(unsettled),
        day=day,
    )


async def _last_losses(unit: Unit, bots: Iterable[Bot], now: int) -> dict[int, int]:
    """When each bot that rests after a loss closed its last one, if it may still be resting."""
    resting = {bot.id: bot.config.cooldown_minutes for bot in bots}
    asked = {bot_id for bot_id, minutes in resting.items() if minutes is not None}
    if not asked:
        return {}
    longest = max(minutes for minutes in resting.values() if minutes is not None)
    return await unit.trades.last_losses(asked, now - longest * _MINUTE_MS)


def _judge(bot: Bot) -> StrategyKey | None:
    try:
        chosen = strategy(bot.config.strategy)
        return chosen.judge_key(chosen.validate(bot.config.params), bot.owner_id)
    except InvalidValue:
        return None
