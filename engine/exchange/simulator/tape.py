"""The price of one symbol as it happens: past candles, the running one, and the points ahead."""

from collections import deque
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from engine.core.matching import worst_first_path
from engine.exchange.simulator.generator import MINUTE_MS, Generator

Ints = npt.NDArray[np.int64]
UNIT = 100_000_000
_HISTORY_MINUTES = 1095 * 1440
_STAGES = (0.25, 0.6)


def from_units(units: int) -> Decimal:
    """Decimal of a number counted in 1e-8."""
    return Decimal(int(units)).scaleb(-8)


def to_units(value: Decimal) -> int:
    """Number counted in 1e-8."""
    return int((value * UNIT).to_integral_value())


class Kind(IntEnum):
    """What happens at a point; candles close before others open at the same instant."""

    CLOSED = 0
    JUMP = 1
    MOVE = 2


class Point(NamedTuple):
    """One event of a price path; ``volume`` is the candle's volume up to here, in 1e-8."""

    at: int
    kind: Kind
    price: int
    volume: int


class Source(Protocol):
    """Where candles come from; rows as in ``generator`` and ``replay``."""

    base_ms: int
    first_ms: int

    def between(self, first_ms: int, last_ms: int) -> Ints:
        """Candles that open within the two instants, both included."""
        ...

    def after(self, open_ms: int) -> Ints | None:
        """First candle that opens after an instant, or None at the end."""
        ...


class Generated:
    """Generated candles; reach back three years before ``origin_ms``."""

    base_ms = MINUTE_MS

    def __init__(self, generator: Generator, origin_ms: int) -> None:
        self._generator = generator
        self._first = origin_ms // MINUTE_MS - _HISTORY_MINUTES
        self.first_ms = self._first * MINUTE_MS

    def between(self, first_ms: int, last_ms: int) -> Ints:
        """Candles that open within the two instants, both included."""
        first = max(self._first, -(-first_ms // MINUTE_MS))
        count = last_ms // MINUTE_MS - first + 1
        return self._generator.bars(first, count) if count > 0 else np.empty((0, 6), np.int64)

    def after(self, open_ms: int) -> Ints | None:
        """First candle that opens after an instant."""
        row: Ints = self._generator.bars(open_ms // MINUTE_MS + 1, 1)[0]
        return row


class Recorded:
    """Candles of a file."""

    def __init__(self, rows: Ints) -> None:
        self._rows = rows
        self.first_ms = int(rows[0, 0])
        self.base_ms = int(np.median(np.diff(rows[:, 0]))) if len(rows) > 1 else MINUTE_MS

    def between(self, first_ms: int, last_ms: int) -> Ints:
        """Candles that open within the two instants, both included."""
        times = self._rows[:, 0]
        first, last = np.searchsorted(times, first_ms), np.searchsorted(times, last_ms, "right")
        return self._rows[first:last]

    def after(self, open_ms: int) -> Ints | None:
        """First candle that opens after an instant, or None at the end of the file."""
        index = int(np.searchsorted(self._rows[:, 0], open_ms, "right"))
        return self._rows[index] if index < len(self._rows) else None


class Tape:
    """Price path of one symbol from ``start_ms`` on, with everything that happened before.

    ``pieces`` is the number of steps that each of the three segments of a candle is cut into.
    """

    def __init__(self, source: Source, start_ms: int, tick: int, pieces: int = 1) -> None:
        self.base_ms = source.base_ms
        self.first_ms = source.first_ms
        self.pieces = pieces
        self._script: deque[tuple[int, int, int, int, int]] = deque()
        self._source = source
        self._tick = tick
        self._factor = 1.0
        self._ahead: deque[Point] = deque()
        self._lived = np.empty((1024, 6), np.int64)
        self._count = 0
        first = source.after(start_ms - 1)
        if first is None:
            last = source.between(0, start_ms)[-1]
            self.price, self._last_open = int(last[4]), int(last[0])
        else:
            self.price, self._last_open = int(first[1]), int(first[0]) - self.base_ms
        self._start = self._last_open + self.base_ms
        self._plan_next()

    @property
    def next_at(self) -> int | None:
        """When the next point happens, or None when the recording has ended."""
        return self._ahead[0].at if self._ahead else None

    @property
    def next_kind(self) -> Kind:
        """What the next point is."""
        return self._ahead[0].kind

    def pop(self) -> Point:
        """Take the next point and let the running candle follow it."""
        point = self._ahead.popleft()
        if point.kind is Kind.CLOSED:
            self._lived[self._count - 1, 5] = point.volume
            self._plan_next()
            return point
        if not self._running:
            self._open_bar(point)
        self._follow(point.price, point.volume)
        return point

    def shift(self, price: int) -> None:
        """Put the price to ``price`` now; a generated path goes on from there."""
        ratio = price / self.price
        self._follow(price, int(self._lived[self._count - 1, 5]) if self._count else 0)
        if isinstance(self._source, Generated):
            self._factor *= ratio
            self._ahead = deque(
                p._replace(price=self._round(p.price * ratio)) for p in self._ahead
            )

    def queue(self, candle: tuple[int, int, int, int, int]) -> int:
        """Let the next candle not yet planned be (open, high, low, close, volume).

        Returns its open time in ms.
        """
        self._script.append(candle)
        at = self._last_open + self.base_ms * len(self._script)
        if not self._ahead:
            self._plan_next()
        return at

    def rows(self, first_ms: int, last_ms: int) -> Ints:
        """Candles (the running one included) that open within the two instants; shape (n, 6)."""
        lived = self._lived[: self._count]
        low, high = np.searchsorted(lived[:, 0], [first_ms, last_ms + 1])
        if first_ms >= self._start:
            return lived[low:high]
        past = self._source.between(first_ms, min(last_ms, self._start - 1))
        return np.concatenate([past, lived[low:high]])

    @property
    def _running(self) -> bool:
        return self._count > 0 and int(self._lived[self._count - 1, 0]) == self._last_open

    def _open_bar(self, point: Point) -> None:
        if self._count == len(self._lived):
            self._lived = np.concatenate([self._lived, np.empty_like(self._lived)])
        self._lived[self._count] = (self._last_open, *(point.price,) * 4, 0)
        self._count += 1

    def _follow(self, price: int, volume: int) -> None:
        self.price = price
        if not self._count:
            return
        bar = self._lived[self._count - 1]
        bar[2], bar[3] = max(bar[2], price), min(bar[3], price)
        bar[4], bar[5] = price, volume

    def _round(self, price: float) -> int:
        return max(self._tick, round(price / self._tick) * self._tick)

    def _plan_next(self) -> None:
        row = self._source.after(self._last_open)
        if self._script:
            at = self._last_open + self.base_ms
            open_, high, low, close, volume = self._script.popleft()
            if row is not None and isinstance(self._source, Generated):
                self._factor = close / int(row[4])
        elif row is None:
            return
        else:
            at, volume = int(row[0]), int(row[5])
            prices = [int(value) for value in row[1:5]]
            if self._factor != 1.0:
                prices = [self._round(value * self._factor) for value in prices]
            open_, high, low, close = prices
        self._last_open = at
        self._ahead.extend(self._path(at, (open_, high, low, close), volume))

    def _path(self, at: int, prices: tuple[int, int, int, int], volume: int) -> list[Point]:
        corners = [int(p) for p in worst_first_path(*(Decimal(p) for p in prices))]
        times = [at, *(at + int(self.base_ms * part) for part in _STAGES), at + self.base_ms - 1]
        points = [Point(at, Kind.JUMP, corners[0], 0)]
        for stage in range(3):
            begin, end = corners[stage], corners[stage + 1]
            for piece in range(1, self.pieces + 1):
                share = piece / self.pieces
                moment = times[stage] + int((times[stage + 1] - times[stage]) * share)
                price = end if piece == self.pieces else self._round(begin + (end - begin) * share)
                done = int(volume * (stage + share) / 3)
                points.append(Point(moment, Kind.MOVE, price, done))
        points.append(Point(at + self.base_ms, Kind.CLOSED, corners[3], volume))
        return points
