"""All price tapes of the local exchange: which point comes next, candles, best bid and ask."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from engine.core.market import Timeframe
from engine.core.money import floor_to_step
from engine.exchange.simulator import replay
from engine.exchange.simulator.generator import MINUTE_MS, Generator
from engine.exchange.simulator.symbols import LISTED, listed_or_derived
from engine.exchange.simulator.tape import (
    UNIT,
    Generated,
    Ints,
    Point,
    Recorded,
    Source,
    Tape,
    from_units,
    to_units,
)  # fmt: skip

_HISTORY = 1000
_TOP_NOTIONAL = Decimal(20_000)


class Quote(NamedTuple):
    """Best bid and ask."""

    bid: Decimal
    ask: Decimal


class Market:
    """Symbols with their rules and prices.

    Raises:
        BadCandles: a candle file cannot be used.
    """

    def __init__(
        self,
        *,
        data: Sequence[str],
        seed: int,
        now_ms: int,
        spread_ticks: int = 1,
        pieces: int = 1,
        symbols: Sequence[str] = (),
    ) -> None:
        recorded = replay.load(data)
        self.origin_ms = _replay_start(recorded.values()) if recorded else now_ms
        self.spread_ticks = spread_ticks
        self.specs = {name: LISTED[name] for name in symbols or LISTED}
        self.tapes: dict[str, Tape] = {}
        self._update_id = 0
        start = self.origin_ms // MINUTE_MS * MINUTE_MS
        for symbol, rows in recorded.items():
            places, price = replay.decimals(rows[:, 1:5]), from_units(rows[0, 1])
            self.specs[symbol] = listed_or_derived(symbol, places, price)
        for symbol, spec in self.specs.items():
            tick = to_units(spec.tick)
            source: Source
            if symbol in recorded:
                source = Recorded(recorded[symbol])
            else:
                generator = Generator(seed, symbol, to_units(spec.anchor), tick)
                source = Generated(generator, self.origin_ms)
            self.tapes[symbol] = Tape(source, start, tick, pieces)

    def next_at(self) -> int | None:
        """When the next point of any symbol happens, or None when nothing comes any more."""
        return min((t.next_at for t in self.tapes.values() if t.next_at is not None), default=None)

    def step(self) -> tuple[str, Point]:
        """Take the next point of all symbols; closed candles come before new ones."""
        ahead = [
            (tape.next_at, tape.next_kind != 0, symbol)
            for symbol, tape in self.tapes.items()
            if tape.next_at is not None
        ]
        symbol = min(ahead)[2]
        return symbol, self.tapes[symbol].pop()

    def last(self, symbol: str) -> Decimal:
        """Last price."""
        return from_units(self.tapes[symbol].price)

    def quote(self, symbol: str) -> Quote:
        """Best bid, which is the last price, and best ask, the spread above it."""
        bid = self.last(symbol)
        return Quote(bid, bid + self.specs[symbol].tick * self.spread_ticks)

    def depth_at_top(self, symbol: str) -> tuple[Decimal, Decimal]:
        """Invented quantities at best bid and ask, worth about 20,000 quote units each."""
        spec, price = self.specs[symbol], self.last(symbol)
        bid = floor_to_step(_TOP_NOTIONAL / price, spec.step)
        return bid, floor_to_step(bid * 3 / 4, spec.step)

    def update_id(self) -> int:
        """Next number of a book update."""
        self._update_id += 1
        return self._update_id

    def candles(
        self,
        symbol: str,
        frame: Timeframe,
        *,
        start: int | None,
        end: int,
        limit: int,
    ) -> list[list[int]]:
        """Candles opening from ``start`` to ``end`` (ms), the newest ``limit`` without ``start``.

        Each is [open time, open, high, low, close, volume, quote volume], in 1e-8.
        """
        tape = self.tapes[symbol]
        if frame.ms < tape.base_ms:
            return []
        last = frame.open_time(end)
        oldest = frame.open_time(tape.first_ms)
        if start is not None:
            oldest = max(oldest, frame.open_time(start + frame.ms - 1))
        span = limit
        while True:  # a recording with holes needs a wider look to find as many candles as asked
            reach = (span - 1) * frame.ms
            first = oldest if start is not None else max(oldest, last - reach)
            until = last if start is None else min(last, oldest + reach)
            rows = tape.rows(first, until + frame.ms - 1)
            found = _merged(rows, frame) if len(rows) else []
            if len(found) >= limit or (first <= oldest and until >= last):
                return found[:limit] if start is not None else found[-limit:]
            span *= 4

    def average_price(self, symbol: str, minutes: int, now_ms: int) -> Decimal:
        """Volume-weighted price of the last minutes, or the last price without trades."""
        rows = self.tapes[symbol].rows(now_ms - minutes * MINUTE_MS, now_ms)
        volume = int(rows[:, 5].sum()) if len(rows) else 0
        if not volume:
            return self.last(symbol)
        weighted = sum(int(row[4]) * int(row[5]) for row in rows) // volume
        return from_units(weighted)


def _replay_start(tables: Iterable[Ints]) -> int:
    return max(int(rows[min(_HISTORY, len(rows) // 2), 0]) for rows in tables)


def _merged(rows: Ints, frame: Timeframe) -> list[list[int]]:
    offset = frame.open_time(0)
    groups = (rows[:, 0] - offset) // frame.ms
    heads = np.concatenate([[0], np.flatnonzero(np.diff(groups)) + 1])
    tails = np.concatenate([heads[1:], [len(rows)]]) - 1
    volume = rows[:, 5].astype(np.float64)
    turnover = volume * rows[:, 1:5].mean(axis=1) / UNIT
    columns: list[list[int]] = [
        (groups[heads] * frame.ms + offset).tolist(),
        rows[heads, 1].tolist(),
        np.maximum.reduceat(rows[:, 2], heads).tolist(),
        np.minimum.reduceat(rows[:, 3], heads).tolist(),
        rows[tails, 4].tolist(),
        # a week of a coin worth a millionth of a dollar does not fit 64 bits: summed as floats
        [int(total) for total in np.add.reduceat(volume, heads)],
        [int(total) for total in np.add.reduceat(turnover, heads)],
    ]
    return [list(row) for row in zip(*columns, strict=True)]
