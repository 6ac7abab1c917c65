"""Recorded candles from CSV files, gzip or plain, in the exchange's own kline columns."""

import gzip
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_MICROSECONDS_FROM = 10**14
_DECIMALS = 8
_LARGEST = 9e18  # what 64 bits hold: 90 milliard coins in one candle


class BadCandles(ValueError):
    """A candle file cannot be read; the message says which and why."""


def split_source(source: str) -> tuple[str, Path]:
    """Symbol and path of ``SYMBOL=path`` or of a path whose name starts with the symbol."""
    name, separator, path = source.partition("=")
    if separator and re.fullmatch(r"[A-Z0-9]+", name):
        return name, Path(path)
    letters = re.match(r"(?:[0-9]+)?[A-Z]+", Path(source).name)
    if letters is None:
        raise BadCandles(f"{source}: the file name does not start with a symbol")
    return letters.group(), Path(source)


def load(sources: Iterable[str]) -> dict[str, Ints]:
    """Rows (open time ms, open, high, low, close, volume, all in 1e-8) per symbol, in time order.

    Raises:
        BadCandles: a file is missing, unreadable or holds no candles.
    """
    found: dict[str, list[Ints]] = {}
    for source in sources:
        symbol, path = split_source(str(source))
        found.setdefault(symbol, []).append(_read(path))
    return {symbol: _ordered(np.concatenate(parts)) for symbol, parts in found.items()}


def decimals(prices: Ints) -> int:
    """How many decimals prices counted in 1e-8 need."""
    for places in range(_DECIMALS):
        if not np.any(prices % 10 ** (_DECIMALS - places)):
            return places
    return _DECIMALS


def _read(path: Path) -> Ints:
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadCandles(f"{path}: cannot be read: {error}") from error
    lines = text.splitlines()
    header = bool(lines) and not lines[0][:1].isdigit()
    if len(lines) <= header:
        raise BadCandles(f"{path}: no candles")
    try:
        table = np.loadtxt(lines[header:], delimiter=",", usecols=range(6), ndmin=2)
    except (ValueError, IndexError) as error:
        raise BadCandles(f"{path}: not a candle file: {error}") from error
    return _in_units(table)


def _in_units(table: Floats) -> Ints:
    times = table[:, 0].astype(np.int64)
    times = np.where(times >= _MICROSECONDS_FROM, times // 1000, times)
    units = np.minimum(np.rint(table[:, 1:6] * 10**_DECIMALS), _LARGEST)
    return np.column_stack([times, units.astype(np.int64)])


def _ordered(rows: Ints) -> Ints:
    """Rows sorted by time; of rows with the same time the first stays."""
    _, first = np.unique(rows[:, 0], return_index=True)
    return rows[first]
