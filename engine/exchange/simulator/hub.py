"""Market streams: who listens to what, and what each price point sends to them."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import orjson

from engine.core.market import Timeframe
from engine.exchange.simulator.faults import Fault, Faults, Occasion
from engine.exchange.simulator.market import Market
from engine.exchange.simulator.mishaps import edited
from engine.exchange.simulator.symbols import wire
from engine.exchange.simulator.tape import Kind, Point

_QUIET_NS = 250_000_000
_UNIT = 10**8
_SENT_AFTER = 0.01
_HELD_AT_MOST = 1.0
Later = Callable[[float, Callable[[], None]], object]


class Socket(Protocol):
    """One connection, as far as sending goes; ``push`` must not block."""

    def push(self, text: bytes) -> None:
        """Queue a message."""
        ...

    def drop(self, code: int = 0) -> None:
        """Close the connection with ``code``, or cut it without a closing handshake."""
        ...


class Streams(Protocol):
    """What a connection can subscribe to by name; an unknown name is taken and stays silent."""

    def add(self, socket: Socket, name: str, *, wrapped: bool) -> None:
        """Subscribe a connection."""
        ...

    def remove(self, socket: Socket, name: str) -> None:
        """Unsubscribe a connection; an unknown name is fine."""
        ...


class Sender:
    """Sends event texts through the stream faults in force."""

    def __init__(self, faults: Faults, later: Later) -> None:
        self._faults = faults
        self._later = later
        self._held: dict[tuple[int, str], Callable[[], None]] = {}

    def send(self, socket: Socket, about: Occasion | str, text: bytes) -> None:
        """Queue ``text`` of a stream unless a fault says otherwise.

        ``about`` is what stream faults are held against; a bare name has no facts but those that
        can be read from the text.
        """
        faults = self._faults
        if not faults.of_streams:
            self._push(socket, about, text)
            return
        if isinstance(about, str):
            about = Occasion(stream=about, facts=facts_of(orjson.loads(text)))
        fault = faults.for_stream(about)
        if fault is None:
            self._push(socket, about, text)
        else:
            self._mishap(socket, about, text, fault)
        # the message itself leaves in the next turns of the loop
        self._later(_SENT_AFTER, partial(faults.moment, "event_sent", about))

    def _mishap(self, socket: Socket, about: Occasion, text: bytes, fault: Fault) -> None:
        seconds = self._faults.seconds(fault)
        match fault.what:
            case "duplicate":
                self._push(socket, about, text)
                again = partial(socket.push, text)
                self._later(seconds, again) if seconds else again()
            case "delay":
                self._later(seconds, partial(socket.push, text))
            case "reorder":
                self._hold(socket, about.stream, text, seconds or _HELD_AT_MOST)
            case "disconnect":
                socket.drop()
            case "edit":
                message = orjson.loads(text)
                edited(_inner(message), fault.changes)
                self._push(socket, about, orjson.dumps(message))
            case _:  # stall: the message is lost, the connection stays
                pass

    def _hold(self, socket: Socket, name: str, text: bytes, seconds: float) -> None:
        """Keep a message until the next of its stream has been sent, or its time is up."""
        place = (id(socket), name)

        def let_go() -> None:
            if self._held.get(place) is let_go:
                del self._held[place]
                socket.push(text)

        self._held[place] = let_go
        self._later(seconds, let_go)

    def _push(self, socket: Socket, about: Occasion | str, text: bytes) -> None:
        socket.push(text)
        name = about if isinstance(about, str) else about.stream
        held = self._held.get((id(socket), name))
        if held is not None:
            held()


def facts_of(message: Any) -> dict[str, Any]:
    """Fields of an event, however it is wrapped, with those of its order and its symbol."""
    event = _inner(message)
    if not isinstance(event, dict):
        return {}
    order = event.get("o")
    facts = event | order if isinstance(order, dict) else event
    return facts | {"symbol": facts.get("s", "")}


def _inner(message: Any) -> Any:
    if not isinstance(message, dict):
        return message
    return message.get("event", message.get("data", message))


class MarketStreams:
    """Subscriptions to ``<symbol>@kline_<interval>`` and ``<symbol>@bookTicker``.

    Unknown names are remembered and stay silent, as at the exchange.
    """

    def __init__(self, market: Market, sender: Sender) -> None:
        self._market = market
        self._sender = sender
        self._listeners: dict[str, dict[Socket, bool]] = {}
        self._frames: dict[str, list[tuple[Timeframe, str]]] = {}
        self._running: dict[str, int] = {}
        self._sent_ns: dict[str, int] = {}

    def add(self, socket: Socket, name: str, *, wrapped: bool) -> None:
        """Subscribe a connection; ``wrapped`` puts events into {"stream", "data"}."""
        self._listeners.setdefault(name, {})[socket] = wrapped
        symbol, frame = self.candles_of(name)
        if frame is not None and symbol in self._market.tapes:
            frames = self._frames.setdefault(symbol, [])
            if all(name != other for _, other in frames):
                frames.append((frame, name))

    def remove(self, socket: Socket, name: str) -> None:
        """Unsubscribe a connection; an unknown name is fine."""
        listeners = self._listeners.get(name, {})
        listeners.pop(socket, None)
        if not listeners:
            self._listeners.pop(name, None)
            self._running.pop(name, None)
            symbol = self.candles_of(name)[0]
            frames = [(f, n) for f, n in self._frames.get(symbol, []) if n != name]
            self._frames[symbol] = frames

    def candles_of(self, name: str) -> tuple[str, Timeframe | None]:
        """Symbol of a stream, and the interval when it carries candles."""
        symbol, _, kind = name.partition("@")
        interval = kind.removeprefix("kline_")
        known = kind != interval and interval in list(Timeframe)
        return symbol.upper(), Timeframe(interval) if known else None

    def point(self, symbol: str, point: Point) -> None:
        """Send what a price point changes."""
        if point.kind is not Kind.CLOSED:
            self._book_ticker(symbol)
        for frame, name in self._frames.get(symbol, ()):
            self._kline(symbol, frame, name, point)

    def touch(self, symbol: str, at: int) -> None:
        """Send a price set from outside: the running candles and the book, at once."""
        self._book_ticker(symbol)
        for frame, name in self._frames.get(symbol, ()):
            self._send_kline(symbol, frame, name, frame.open_time(at), at, closed=False)

    def book_event(self, symbol: str) -> dict[str, Any]:
        """Body of a bookTicker event."""
        quote = self._market.quote(symbol)
        bid_quantity, ask_quantity = self._market.depth_at_top(symbol)
        return {
            "u": self._market.update_id(), "s": symbol,
            "b": wire(quote.bid), "B": wire(bid_quantity),
            "a": wire(quote.ask), "A": wire(ask_quantity),
        }  # fmt: skip

    def candle_event(
        self, symbol: str, name: str, at: int, body: dict[str, Any]
    ) -> dict[str, Any]:
        """Body of a kline event of stream ``name``."""
        del name
        return {"e": "kline", "E": at, "s": symbol, "k": body}

    def _book_ticker(self, symbol: str) -> None:
        name = f"{symbol.lower()}@bookTicker"
        if self.heard(name):
            self.emit(name, self.book_event(symbol))

    def _kline(self, symbol: str, frame: Timeframe, name: str, point: Point) -> None:
        ended = point.kind is Kind.CLOSED
        opened = frame.open_time(point.at - 1 if ended else point.at)
        before = self._running.get(name)
        if before is not None and before < opened:  # its last minutes are missing in the recording
            self._send_kline(symbol, frame, name, before, point.at, closed=True)
        if ended and frame.open_time(point.at) > opened:
            self._running.pop(name, None)
            self._send_kline(symbol, frame, name, opened, point.at, closed=True)
            return
        self._running[name] = opened
        now = time.monotonic_ns()
        if now - self._sent_ns.get(name, 0) >= _QUIET_NS:
            self._sent_ns[name] = now
            self._send_kline(symbol, frame, name, opened, point.at, closed=False)

    def _send_kline(
        self, symbol: str, frame: Timeframe, name: str, opened: int, at: int, *, closed: bool
    ) -> None:
        found = self._market.candles(symbol, frame, start=opened, end=opened, limit=1)
        if found:
            body = kline_event(symbol, frame, found[0], closed=closed)
            self.emit(name, self.candle_event(symbol, name, at, body))

    def heard(self, name: str) -> bool:
        """Whether anybody listens to a stream."""
        return name in self._listeners

    def emit(self, name: str, event: dict[str, Any]) -> None:
        """Send an event of a stream to all who listen to it."""
        text = orjson.dumps(event)
        wrapped = b'{"stream":"' + name.encode() + b'","data":' + text + b"}"
        for socket, wants_wrapped in list(self._listeners.get(name, {}).items()):
            self._sender.send(socket, name, wrapped if wants_wrapped else text)


def units(value: int) -> str:
    """Number counted in 1e-8, as the exchange writes it."""
    return f"{value // _UNIT}.{value % _UNIT:08d}"


def trades_in(candle: list[int]) -> int:
    """Invented number of trades of a candle: one per 50 of quote volume, at least one."""
    return max(1, candle[6] // (50 * _UNIT))


def kline_event(
    symbol: str, frame: Timeframe, candle: list[int], *, closed: bool
) -> dict[str, Any]:
    """Body ``k`` of a kline event."""
    opened, open_, high, low, close, volume, turnover = candle
    count = trades_in(candle)
    first = opened // 1000
    return {
        "t": opened, "T": opened + frame.ms - 1, "s": symbol, "i": frame.value,
        "f": first, "L": first + count - 1, "o": units(open_), "c": units(close),
        "h": units(high), "l": units(low), "v": units(volume), "n": count, "x": closed,
        "q": units(turnover), "V": units(volume // 2), "Q": units(turnover // 2), "B": "0",
    }  # fmt: skip
