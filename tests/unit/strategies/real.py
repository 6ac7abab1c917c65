"""Market data and reference numbers beside the repository, present in development and CI."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.core.market import Candle
from engine.strategies.indicators import Columns

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def path(name):
    """A file of the shared data; skips the test where it is not there."""
    found = DATA / name
    if not found.exists():
        pytest.skip(f"{name} is not here")
    return found


def history(name):
    """Candles of a market file as a frame: open_time, open, high, low, close, volume."""
    frame = pd.read_csv(path(f"market/{name}.csv.gz"))
    return frame[["open_time", "open", "high", "low", "close", "volume"]]


def candles(frame):
    """The rows of a frame as candles."""
    return [Candle(*row) for row in zip(*(frame[c].tolist() for c in frame), strict=True)]


def columns(frame):
    """A frame's candles as the array forms read them."""
    return Columns(*(frame[c].to_numpy(dtype=float) for c in ("high", "low", "close", "volume")))


def flat(closes):
    """Candles that move at their opens alone."""
    closes = np.asarray(closes, dtype=float)
    return Columns(closes, closes, closes, np.ones(len(closes)))


def part(candles, span):
    """Some of these candles."""
    return Columns(*(each[span] for each in candles))
