"""Answers: what follows when an order was not simply taken, by the class of the answer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from engine.core.errors import (
    AlreadySent,
    ClockOff,
    ExchangeError,
    KeyRefused,
    NotSent,
    Overloaded,
    RateLimited,
    Refused,
)
from engine.core.market import Market
from engine.core.order import MISSING, Order, OrderEvent, move
from engine.cycles.doubt import Doubts
from engine.cycles.ledger import Ledger
from engine.cycles.trouble import Trouble, refusal_of
from engine.ports.clock import Clock
from engine.runtime.nursery import Nursery

_log = structlog.get_logger("execution")
_KEY_HOLD = 60.0
# An order does not meet the trading rules: those of spot, and on futures precision, quantity,
# price tick, step and notional (USD-M API, "Error Code").
_AGAINST_RULES = frozenset({-1013, -1111, -4004, -4005, -4014, -4023, -4164})
_BACK_OFF = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

Group = tuple[Order, ...]


@dataclass(slots=True)
class Hold:
    """Until when (loop time) an account sends nothing, or no entries."""

    failures: int = 0
    all_until: float = 0.0
    entries_until: float = 0.0

    def after(self, error: ExchangeError, *, entry: bool, at_least: float = 0.0) -> None:
        """Wait as long as the exchange said, else ever longer.

        What only entries are held back for (limits that exits may go beyond) holds no exit.
        """
        pause = error.retry_after or _BACK_OFF[min(self.failures, len(_BACK_OFF) - 1)]
        until = asyncio.get_running_loop().time() + max(pause, at_least)
        self.failures += 1
        self.entries_until = max(self.entries_until, until)
        if not (entry and isinstance(error, RateLimited | Overloaded)):
            self.all_until = max(self.all_until, until)

    def wait(self, *, entry: bool) -> float:
        """Seconds that an entry, or an exit, still has to wait; not above 0 when it may go."""
        until = max(self.all_until, self.entries_until) if entry else self.all_until
        return until - asyncio.get_running_loop().time()

    def taken(self) -> None:
        """An order was taken: the next trouble is a first one again."""
        self.failures = 0


@dataclass(slots=True)
class Answers:
    """Writes down what an answer means for an account's orders, and what the account does next."""

    ledger: Ledger
    doubts: Doubts
    trouble: Trouble
    clock: Clock
    nursery: Nursery
    on_doubt: Callable[[], None]
    measure_clocks: Callable[[], Awaitable[None]]
    hold: Hold = field(default_factory=Hold)

    async def not_taken(self, account: str, group: Group, error: ExchangeError) -> None:
        """Act on the class of the answer."""
        note = f"{error.code} {error.detail}".strip()
        name = type(error).__name__
        _log.warning("order not placed", order=group[0].client_id, answer=name, note=note)
        entry = not group[0].leg.exit
        match error:
            case Refused():
                await self._refused(group, error, note)
            case KeyRefused():
                self.hold.after(error, entry=entry, at_least=_KEY_HOLD)
                await self.trouble.end(group, OrderEvent.PROVE_ABSENT, note, retry=False)
                await self.trouble.key_refused(account, error)
            case NotSent() | RateLimited() | Overloaded() | ClockOff():
                self.hold.after(error, entry=entry)
                await self.trouble.end(group, OrderEvent.PROVE_ABSENT, note, retry=True)
            case _:
                await self.lose(group, note, known=isinstance(error, AlreadySent))
        if isinstance(error, ClockOff):
            await self.measure_clocks()

    async def lose(self, group: Group, note: str, *, known: bool = True) -> None:
        """From now on the orders are in doubt; ``known``: the exchange may answer at once."""
        now = self.clock.now_ms()
        lost = [move(o, OrderEvent.LOSE, at=now, note=note) for o in group]
        await self.ledger.save(zip(lost, group, strict=True))
        for order in lost:
            self.doubts.begin(order, delay=0.0 if known else 1.0)

    async def _refused(self, group: Group, error: Refused, note: str) -> None:
        refusal = refusal_of(error)
        await self.trouble.end(group, OrderEvent.REFUSE, note, retry=False, refusal=refusal)
        if error.code in _AGAINST_RULES:
            self.nursery.start("new trading rules", self._new_rules(group[0].market))
        if group[0].leg.exit and refusal in MISSING:
            self.on_doubt()

    async def _new_rules(self, market: Market) -> None:
        """A rule by which we were refused may have changed."""
        for catalogue in self.ledger.guard.rulebook.catalogues.values():
            await catalogue.refresh(market)
