"""Account guard: what all bots of a user together have lost, and when that pauses them all.

Paper and real money are judged apart, and drawdown in each quote asset apart.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from engine.core.account_limits import AccountLimits
from engine.core.money import HUNDRED, ZERO, fixed
from engine.core.position import ExitReason, Position
from engine.core.timeout import MINUTE_MS
from engine.core.trade import Trade, result_at

DRAWDOWN = "drawdown"
STOP_GUARD = "stop_guard"
WHYS = frozenset({f"check.{DRAWDOWN}", f"check.{STOP_GUARD}"})
"""Text keys that tell why a whole account is paused."""
_HOUR_MS = 60 * MINUTE_MS
_STOPS = frozenset({ExitReason.STOP_LOSS, ExitReason.TRAILING_STOP})


@dataclass(frozen=True, slots=True)
class AccountPause:
    """The latest pause of a user's paper (or ``keyed``) bots for a ``check``.

    ``quote`` is the quote asset of a drawdown, "" for stops. What came until ``at`` never counts
    again: trades that had closed by then are left out, and of each position that was open only
    what follows ``opened``, its result then (quote asset, by position id).
    """

    owner_id: int
    keyed: bool
    check: str
    quote: str
    at: int
    until: int
    opened: dict[int, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stake:
    """One bot with its capital (quote asset), and what it holds at the price of the moment.

    ``price`` is what closing would get, None while nobody knows.
    """

    bot_id: int
    keyed: bool
    quote: str
    capital: Decimal
    position: Position | None = None
    price: Decimal | None = None

    @property
    def result(self) -> Decimal | None:
        """Result of what is open, 0 without a position, None without a price."""
        if self.position is None:
            return ZERO
        return None if self.price is None else result_at(self.position, self.price)

    @property
    def exposure(self) -> Decimal | None:
        """Value of what is open (price times quantity), 0 without a position."""
        if self.position is None:
            return ZERO
        return None if self.price is None else self.position.held * self.price


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """All bots of a user that trade the same kind of money, and what they closed, oldest first.

    Trades of bots that are not among the stakes (deleted ones) are left out, as is their capital.
    """

    stakes: tuple[Stake, ...]
    trades: tuple[Trade, ...]
    pauses: tuple[AccountPause, ...]
    now: int

    @property
    def quotes(self) -> tuple[str, ...]:
        """Their quote assets."""
        return tuple(sorted({stake.quote for stake in self.stakes}))

    def pause(self, check: str, quote: str = "") -> AccountPause | None:
        """The latest pause for a check."""
        return next((p for p in self.pauses if (p.check, p.quote) == (check, quote)), None)

    def closed(self, since: int, pause: AccountPause | None, bots: Iterable[int]) -> list[Trade]:
        """Trades of some bots closed from ``since`` on, and after a pause began."""
        mine = set(bots)
        seen = pause.at if pause is not None else -1
        return [t for t in self.trades if t.bot_id in mine and since <= t.closed_at > seen]


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that is passed, with the measured value; both as texts."""

    check: str
    quote: str
    limit: str
    measured: str


def facts_of(
    stakes: Iterable[Stake],
    trades: Iterable[Trade],
    pauses: Iterable[AccountPause],
    now: int,
    *,
    keyed: bool,
) -> AccountFacts:
    """Those facts that belong to paper bots, or to bots with a key.

    A position whose trade is known is not open any more: stakes may be older than the trades, and
    one loss must not count twice.
    """
    closed = tuple(trades)
    settled = {trade.position_id for trade in closed}
    mine = tuple(_without(stake, settled) for stake in stakes if stake.keyed is keyed)
    told = tuple(pause for pause in pauses if pause.keyed is keyed)
    return AccountFacts(mine, closed, told, now)


def looks_back_to(limits: AccountLimits, now: int) -> int:
    """From when on (ms) closed trades matter to these limits."""
    hours = limits.drawdown_hours * _HOUR_MS
    return now - max(hours, limits.stop_guard_minutes * MINUTE_MS)


def drawdown(facts: AccountFacts, quote: str, hours: int) -> Decimal | None:
    """Percent below the highest equity within the last ``hours``; None while a price is unknown.

    Equity is the initial capital of all bots of that quote asset, plus the net results of the
    trades that closed within the window one after the other, plus, now, the results of what is
    open. (What was open in between is not remembered, so an open profit that went again is no
    drawdown.) After a pause it begins anew, see ``AccountPause``.
    """
    stakes = [stake for stake in facts.stakes if stake.quote == quote]
    results = [(s.position.id, s.result) for s in stakes if s.position is not None]
    opened = {id_: result for id_, result in results if result is not None}
    if len(opened) < len(results):
        return None
    pause = facts.pause(DRAWDOWN, quote)
    since = facts.now - hours * _HOUR_MS
    trades = facts.closed(since, pause, (stake.bot_id for stake in stakes))
    before = _results_before(pause, opened, trades)
    equity = highest = sum((s.capital for s in stakes), ZERO) + sum(before.values(), ZERO)
    for trade in trades:
        equity += trade.net - before.get(trade.position_id, ZERO)
        highest = max(highest, equity)
    equity += sum((result - before.get(id_, ZERO) for id_, result in opened.items()), ZERO)
    highest = max(highest, equity)
    if highest <= ZERO:
        return HUNDRED if equity < highest else ZERO
    return (highest - equity) / highest * HUNDRED


def losing_stops(facts: AccountFacts, minutes: int) -> int:
    """How many positions a stop closed with a loss, or a liquidation, in the last ``minutes``."""
    since = facts.now - minutes * MINUTE_MS
    bots = (stake.bot_id for stake in facts.stakes)
    trades = facts.closed(since, facts.pause(STOP_GUARD), bots)
    return sum(_losing_stop(trade) for trade in trades)


def first_breach(facts: AccountFacts, limits: AccountLimits) -> Breach | None:
    """The first limit that is passed; what cannot be measured passes none."""
    if limits.stop_guard is not None:
        stops = losing_stops(facts, limits.stop_guard_minutes)
        if stops >= limits.stop_guard:
            return Breach(STOP_GUARD, "", str(limits.stop_guard), str(stops))
    if limits.max_drawdown is None:
        return None
    for quote in facts.quotes:
        measured = drawdown(facts, quote, limits.drawdown_hours)
        if measured is not None and measured >= limits.max_drawdown:
            shown = fixed(round(measured, 2))
            return Breach(DRAWDOWN, quote, fixed(limits.max_drawdown), shown)
    return None


def pause_for(
    breach: Breach, facts: AccountFacts, limits: AccountLimits, owner_id: int, *, keyed: bool
) -> AccountPause:
    """The pause that a breach leads to, from no earlier than the last trade that led to it."""
    last = max((trade.closed_at for trade in facts.trades), default=facts.now)
    of_asset = [stake for stake in facts.stakes if stake.quote == breach.quote]
    opened = {
        stake.position.id: stake.result
        for stake in of_asset
        if stake.position is not None and stake.result is not None
    }
    until = facts.now + limits.pause_minutes * MINUTE_MS
    start = max(facts.now, last)
    return AccountPause(owner_id, keyed, breach.check, breach.quote, start, until, opened)


def day_loss(net: Decimal, stake: Stake) -> Decimal | None:
    """What a bot would have lost today if it closed now; None while its price is unknown.

    An open result counts in full on every day on which it stands, as it would when closed then.
    """
    return None if stake.result is None else -(net + stake.result)


def _results_before(
    pause: AccountPause | None, opened: Mapping[int, Decimal], trades: Iterable[Trade]
) -> dict[int, Decimal]:
    """Results at the last pause of those positions that still count."""
    if pause is None:
        return {}
    counting = opened.keys() | {trade.position_id for trade in trades}
    return {id_: result for id_, result in pause.opened.items() if id_ in counting}


def _without(stake: Stake, settled: Container[int]) -> Stake:
    gone = stake.position is not None and stake.position.id in settled
    return replace(stake, position=None, price=None) if gone else stake


def _losing_stop(trade: Trade) -> bool:
    if trade.reason is ExitReason.LIQUIDATION:
        return True
    return trade.reason in _STOPS and trade.net < ZERO
