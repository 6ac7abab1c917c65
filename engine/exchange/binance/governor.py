"""Admission of requests: one budget for everybody behind one address, per product.

Requests that fit leave at once. Others wait a moment in order of priority, within a priority
one owner after the other; who would wait longer is refused, for late orders help nobody.
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from engine.core.errors import RateLimited
from engine.exchange.binance.ask import Ask, Priority, Product
from engine.exchange.binance.errors import DEFAULT_WAIT
from engine.exchange.binance.limits import DEFAULTS, Kind, Limit, Window, renewed
from engine.exchange.binance.queue import Queue, Waiter

AT_ONCE = 160
"""Requests in flight at most: others would queue in the connector, where nobody has priority."""
_TOO_MANY_REQUESTS, _TOO_MANY_ORDERS = -1003, -1015
_SHUT_OUT = frozenset({403, 418})
_SILENCING = _SHUT_OUT | {429}
_BANNED_UNTIL = re.compile(r"until (\d{13})\b")


class Manners(NamedTuple):
    """The share of every limit that a priority may use, and the real seconds it waits."""

    share: float
    patience: float


# A signed order is refused by the exchange after 5 s: it waits for less.
MANNERS = {
    Priority.EXIT: Manners(1.0, 2.0),
    Priority.STOP: Manners(1.0, 2.0),
    Priority.DOUBT: Manners(0.9, 5.0),
    Priority.ENTRY: Manners(0.8, 2.0),
    Priority.READ: Manners(0.8, 5.0),
    Priority.OPTIONAL: Manners(0.7, 5.0),
}


class WindowClock(Protocol):
    """The exchange's clock, as windows and bans need it."""

    def left(self, ms: int) -> float:
        """Real seconds until the present window of that length is surely over."""
        ...

    def until(self, at_ms: int) -> float:
        """Real seconds until the exchange's clock shows ``at_ms``."""
        ...


class Stop(NamedTuple):
    """The exchange shut this address out: why, and for how many real seconds."""

    product: Product
    reason: str
    seconds: float


class Hold(NamedTuple):
    """What keeps a request from leaving, and the seconds until that changes (0: any moment)."""

    wait: float
    why: str


@dataclass(slots=True, eq=False)
class Turn:
    """A request that was let through; ``charged`` are the windows with their numbers then."""

    ask: Ask
    charged: tuple[tuple[Window, int], ...]
    settled: bool = False


@dataclass(slots=True)
class _Account:
    """Order counts of one account, and when it may send orders again."""

    windows: list[Window]
    silent_until: float = 0.0


class Governor:
    """Lets requests to one product through, and learns from every answer.

    ``stopped`` hears of it when the exchange shuts this address out (HTTP 418 or 403).
    """

    def __init__(
        self, product: Product, clock: WindowClock, stopped: Callable[[Stop], None]
    ) -> None:
        self._product = product
        self.clock = clock
        self._stopped = stopped
        self._weight: list[Window] = []
        self._order_limits: list[Limit] = []
        self._accounts: dict[str, _Account] = {}
        self._queue = Queue()
        self._flying = 0
        self._silent_until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.learn(DEFAULTS[product])

    def learn(self, limits: Sequence[Limit]) -> None:
        """Take over limits; a kind of which nothing is told keeps those it has."""
        weight = [limit for limit in limits if limit.kind is Kind.WEIGHT]
        orders = [limit for limit in limits if limit.kind is Kind.ORDERS]
        self._weight = renewed(self._weight, weight) if weight else self._weight
        self._order_limits = orders or self._order_limits
        for account in self._accounts.values():
            account.windows = renewed(account.windows, self._order_limits)

    async def admit(self, ask: Ask) -> Turn:
        """Wait for a turn, which must be given back with ``land``.

        Raises RateLimited, with the real seconds to wait, when that takes too long.
        """
        patience = MANNERS[ask.priority].patience
        hold = self._hold(ask, self._rolled())
        if hold is not None and hold.wait > patience:
            raise RateLimited(hold.why, retry_after=hold.wait)
        waiter = Waiter(ask, asyncio.get_running_loop().create_future())
        self._queue.add(waiter)
        self._next()
        turn: Turn | None = None
        try:
            async with asyncio.timeout(patience):
                turn = await waiter.granted
                return turn
        except TimeoutError:
            raise RateLimited("others go first", retry_after=1.0) from None
        finally:
            if turn is None:
                self._gone(waiter)

    def land(self, turn: Turn) -> None:
        """The request is over, answered or not."""
        self._settle(turn, {})
        self._flying -= 1
        self._next()

    def heard(
        self, turn: Turn, status: int, headers: Mapping[str, str], code: int, message: str
    ) -> None:
        """Learn from the answer to a request."""
        now = self._rolled()
        self._settle(turn, headers)
        if code == _TOO_MANY_ORDERS:
            account = self._account(turn.ask.owner, now)
            account.silent_until = max(account.silent_until, now + self._told(headers, message))
        elif status in _SILENCING or code == _TOO_MANY_REQUESTS:
            self._be_silent(status, self._told(headers, message), message)

    def _be_silent(self, status: int, seconds: float, message: str) -> None:
        until = _now() + seconds
        news = status in _SHUT_OUT and until > self._silent_until
        self._silent_until = max(self._silent_until, until)
        if news:
            self._stopped(Stop(self._product, message or f"HTTP {status}", seconds))

    def _told(self, headers: Mapping[str, str], message: str) -> float:
        """Real seconds of silence that the exchange wants: by header, by its words, or a guess.

        Source: Spot API "IP Limits", and the text of -1003: ``IP banned until <ms>``.
        """
        named = [float(text) for text in [headers.get("Retry-After", "")] if text.isdecimal()]
        named += [self.clock.until(int(at)) for at in _BANNED_UNTIL.findall(message)]
        return max(named, default=DEFAULT_WAIT)

    def _next(self) -> None:
        """Let through whoever may leave now, and come back when a window or a silence ends."""
        now = self._rolled()
        while (waiter := self._first(now)) is not None:
            self._queue.served(waiter)
            waiter.granted.set_result(self._grant(waiter.ask))
        if self._timer is not None:
            self._timer.cancel()
        waits = [wait for wait in self._waits(now) if wait > 0]
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(min(waits), self._next) if waits else None

    def _first(self, now: float) -> Waiter | None:
        """Who leaves next; nobody overtakes a more urgent one that waits for what all share."""
        for waiter in self._queue.heads():
            if self._shared_hold(waiter.ask, now) is not None:
                return None
            if self._own_hold(waiter.ask, now) is None:
                return waiter
        return None

    def _waits(self, now: float) -> Iterator[float]:
        """Seconds until those who wait may leave, down to the first who holds all others."""
        for waiter in self._queue.heads():
            shared = self._shared_hold(waiter.ask, now)
            hold = shared or self._own_hold(waiter.ask, now)
            yield hold.wait if hold is not None else 0.0
            if shared is not None:
                return

    def _gone(self, waiter: Waiter) -> None:
        """It waits no more; a turn that it was just given goes back."""
        if waiter.granted.cancel() or waiter.granted.cancelled():
            self._next()
        else:
            self.land(waiter.granted.result())

    def _grant(self, ask: Ask) -> Turn:
        self._flying += 1
        own = self._account(ask.owner, _now()).windows if ask.orders else []
        windows = [*self._weight, *own]
        for window in windows:
            window.flying += _amount(ask, window)
            window.granted += _amount(ask, window)
        return Turn(ask, tuple((window, window.number) for window in windows))

    def _settle(self, turn: Turn, headers: Mapping[str, str]) -> None:
        if turn.settled:
            return
        turn.settled = True
        self._roll((window for window, _ in turn.charged), _now())
        for window, number in turn.charged:
            amount = _amount(turn.ask, window)
            window.flying -= amount
            window.settle(amount, headers.get(window.limit.header, ""), number=number)

    def _hold(self, ask: Ask, now: float) -> Hold | None:
        return self._shared_hold(ask, now) or self._own_hold(ask, now)

    def _shared_hold(self, ask: Ask, now: float) -> Hold | None:
        if now < self._silent_until:
            return Hold(self._silent_until - now, "told to wait by the exchange")
        share = MANNERS[ask.priority].share
        for window in self._weight:
            wait = window.wait(ask.weight, share, now)
            if wait is not None:
                return Hold(wait, "weight kept for exits")
        crowded = self._flying >= AT_ONCE * share
        return Hold(0.0, "too many requests under way") if crowded else None

    def _own_hold(self, ask: Ask, now: float) -> Hold | None:
        if not ask.orders:
            return None
        account = self._account(ask.owner, now)
        if now < account.silent_until:
            return Hold(account.silent_until - now, "too many orders of this account")
        for window in account.windows:
            wait = window.wait(ask.orders, MANNERS[ask.priority].share, now)
            if wait is not None:
                return Hold(wait, "order count kept for exits")
        return None

    def _account(self, owner: str, now: float) -> _Account:
        """What is known of an account; nobody rolls the windows of all others for it."""
        if owner not in self._accounts:
            self._accounts[owner] = _Account(renewed([], self._order_limits))
        account = self._accounts[owner]
        self._roll(account.windows, now)
        return account

    def _rolled(self) -> float:
        """The loop's time, with the windows that all share begun anew where they are over."""
        now = _now()
        self._roll(self._weight, now)
        return now

    def _roll(self, windows: Iterable[Window], now: float) -> None:
        for window in windows:
            window.roll(now, self.clock.left)


def _amount(ask: Ask, window: Window) -> int:
    return ask.weight if window.limit.kind is Kind.WEIGHT else ask.orders


def _now() -> float:
    return asyncio.get_running_loop().time()
