"""The local exchange without its wires: clock, prices, book, accounts and faults."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson

from engine.exchange.simulator.bans import Bans
from engine.exchange.simulator.book import Book
from engine.exchange.simulator.clock import VirtualClock, system_ms
from engine.exchange.simulator.fates import Fates
from engine.exchange.simulator.faults import Faults
from engine.exchange.simulator.futures.exchange import Futures
from engine.exchange.simulator.hub import Later, MarketStreams, Sender, Socket
from engine.exchange.simulator.journal import Journal
from engine.exchange.simulator.lag import Lag
from engine.exchange.simulator.limits import Limits
from engine.exchange.simulator.market import Market
from engine.exchange.simulator.orders import Account, Balance
from engine.exchange.simulator.tape import Kind, from_units, to_units
from engine.exchange.simulator.user_stream import UserEvents

_MINUTE_MS = 60_000
_PIECES = 20  # steps per third of a candle in real time: one per second, so that it looks alive
_SMOOTH = 4  # the fewest of a clock of up to _FAST, so that a stop is not jumped over for nothing
_FAST = 60
_FIRST_UID = 1001
Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A key with its secret (or Ed25519 public key, PEM) and the money that it starts with.

    ``balances`` are of the spot wallet, ``futures`` of the USD-M one.
    """

    key: str
    secret: str
    balances: Mapping[str, Decimal] = field(default_factory=dict)
    bnb_burn: bool = False
    futures: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExchangeOptions:
    """How a local exchange runs.

    ``data`` are candle files (``path`` or ``SYMBOL=path``); symbols without a file are generated
    from ``seed``. ``speed`` multiplies real time, 0 freezes it; ``start_ms`` is where generated
    time begins (now when None; a recording says it itself). ``spread_ticks`` lies between best
    bid and ask, 0 for exact comparison with a backtest. ``symbols`` are the generated ones that
    exist, all listed ones when empty.
    """

    port: int = 0
    host: str = "127.0.0.1"
    data: tuple[str, ...] = ()
    seed: int = 1
    speed: float = 1.0
    accounts: tuple[DemoAccount, ...] = ()
    start_ms: int | None = None
    spread_ticks: int = 1
    symbols: tuple[str, ...] = ()


class World:
    """State of the exchange and the one place that moves its time.

    Raises:
        BadCandles: a candle file cannot be used.
    """

    def __init__(self, options: ExchangeOptions, later: Later) -> None:
        start = system_ms() if options.start_ms is None else options.start_ms
        if options.speed == 0:
            start = start // _MINUTE_MS * _MINUTE_MS
        self.market = Market(
            data=options.data, seed=options.seed, now_ms=start, spread_ticks=options.spread_ticks,
            symbols=options.symbols, pieces=_pieces(options.speed),
        )  # fmt: skip
        self.clock = VirtualClock(self.market.origin_ms, options.speed)
        self.faults = Faults(options.seed)
        self.bans = Bans(self.clock)
        self.lag = Lag(self.faults)
        self.fates = Fates(self.faults)
        self.limits = Limits(self.clock)
        self.journal = Journal()
        self.accounts: dict[str, Account] = {}
        self.later = later
        self.sender = Sender(self.faults, later)
        self.streams = MarketStreams(self.market, self.sender)
        self.listeners: dict[str, list[Tell]] = {}
        self.sockets: dict[Socket, str] = {}
        self.events = UserEvents(self._tell, self.clock.now)
        self.book = Book(
            self.market.specs, self.market.quote, self.average_price, self.events, self.fates,
        )  # fmt: skip
        self.futures = Futures(self.market, self.clock, self.sender, self.fates)
        for account in options.accounts:
            self.add_account(account)
        self.run_until(self.market.origin_ms)

    def add_account(self, wanted: DemoAccount) -> Account:
        """Open an account, or give a known key its balances anew."""
        known = self.accounts.get(wanted.key)
        account = known or Account(wanted.key, wanted.secret, _FIRST_UID + len(self.accounts))
        account.secret, account.bnb_burn = wanted.secret, wanted.bnb_burn
        self.accounts[wanted.key] = account
        for asset, amount in wanted.balances.items():
            balance = account.balances.get(asset, Balance())
            delta = Decimal(amount) - balance.free
            account.balance(asset).free = Decimal(amount)
            if known is not None:
                self.events.deposited(account, asset, delta)
        self.futures.fund(account, wanted.futures)
        return account

    def revoke(self, key: str) -> None:
        """Make an API key worthless, as when its owner deletes it; its streams end."""
        self.accounts[key].refused = True
        self.terminate(key)
        self.futures.users.expire(key)

    def terminate(self, key: str) -> None:
        """End the spot user streams of an account and tell whoever listens."""
        for tell in self.listeners.pop(key, []):
            tell({"e": "eventStreamTerminated", "E": self.clock.now()})

    def forgive(self) -> None:
        """Remove all fault rules, end bans and show what was hidden."""
        self.faults.rules.clear()
        self.bans.clear()
        self.lag.clear()

    def cut_sockets(self, path: str, code: int = 0) -> int:
        """Close every WebSocket whose path begins with ``path``, or cut it without a code."""
        chosen = [socket for socket, at in self.sockets.items() if at.startswith(path)]
        for socket in chosen:
            socket.drop(code)
        return len(chosen)

    def announce_shutdown(self, path: str) -> int:
        """Send ``serverShutdown`` to every WebSocket whose path begins with ``path``."""
        event = {"e": "serverShutdown", "E": self.clock.now()}
        forms: dict[str, dict[str, Any]] = {
            "/ws-api": {"event": event},
            "/stream": {"stream": "!serverShutdown", "data": event},
        }
        chosen = [(socket, at) for socket, at in self.sockets.items() if at.startswith(path)]
        for socket, at in chosen:
            form = next((form for start, form in forms.items() if at.startswith(start)), event)
            socket.push(orjson.dumps(form))
        return len(chosen)

    def average_price(self, symbol: str) -> Decimal:
        """Average price that the filters compare with."""
        minutes = self.market.specs[symbol].avg_price_mins
        return self.market.average_price(symbol, minutes, self.clock.now())

    def run_until(self, target: int, budget_ns: int | None = None) -> bool:
        """Process prices up to ``target`` ms in order; False when the budget ended it early.

        The clock is set to the last processed price when it lags behind.
        """
        give_up = None if budget_ns is None else time.monotonic_ns() + budget_ns
        while True:
            at = self.market.next_at()
            self.clock.horizon = target if at is None else at
            if at is None or at > target:
                self.clock.horizon = max(self.clock.horizon, target)
                self.futures.elapse(target)
                return True
            if give_up is not None and time.monotonic_ns() > give_up:
                self.clock.settle(at)
                return False
            if self.clock.wanted() < at:  # time is being moved by hand
                self.clock.settle(at)
            self._step()

    def jump(self, target: int) -> None:
        """Say that it is ``target`` now, after all prices before it have been processed."""
        self.clock.settle(target)

    def set_price(self, symbol: str, price: Decimal) -> None:
        """Let the market jump to a price now."""
        tape = self.market.tapes[symbol]
        tape.shift(to_units(price))
        at = self.clock.now()
        self.book.jumped(symbol, price, at)
        self.streams.touch(symbol, at)
        self.futures.touched(symbol, price, at)

    def listen(self, key: str, tell: Tell) -> Callable[[], None]:
        """Subscribe to an account's events; call the result to end it."""
        tellers = self.listeners.setdefault(key, [])
        tellers.append(tell)

        def stop() -> None:
            if tell in tellers:
                tellers.remove(tell)

        return stop

    def _step(self) -> None:
        symbol, point = self.market.step()
        price = from_units(point.price)
        if point.kind is Kind.JUMP:
            self.book.jumped(symbol, price, point.at)
        elif point.kind is Kind.MOVE:
            self.book.moved(symbol, price, point.at)
        self.streams.point(symbol, point)
        self.futures.point(symbol, point)

    def _tell(self, account: Account, event: dict[str, Any]) -> None:
        for tell in list(self.listeners.get(account.key, ())):
            tell(event)


def _pieces(speed: float) -> int:
    """Steps per segment of a candle: fewer the faster time runs, one when it stands still."""
    if not 0 < speed <= _FAST:
        return 1
    return max(_SMOOTH, round(_PIECES / max(1.0, speed)))
