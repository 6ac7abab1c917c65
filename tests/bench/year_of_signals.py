"""Live signals against array signals over a year of minutes: no difference is allowed.

    python -m tests.bench.year_of_signals FILE.csv.gz

``FILE`` holds candles with a header: open_time, open, high, low, close, volume.
"""

import argparse
import time

import pandas as pd

from engine.strategies.registry import BUILT_IN
from tests.unit.strategies import real
from tests.unit.strategies.test_built_in import SETTINGS, stepped

COLUMNS = ["open_time", "open", "high", "low", "close", "volume"]


def main():
    """One line for each strategy and its settings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    frame = pd.read_csv(parser.parse_args().file)[COLUMNS]
    columns, candles = real.columns(frame), real.candles(frame)
    different = 0
    for name, raw in SETTINGS:
        strategy = BUILT_IN[name]
        params = strategy.validate(raw)
        began = time.perf_counter()
        array = strategy.array(params, columns).signals
        between = time.perf_counter()
        live = stepped(strategy, params, candles)
        took = time.perf_counter() - between
        wrong = int((live != array).sum())
        different += wrong
        print(  # noqa: T201
            f"{name:10} {raw or 'defaults'!s:58} {len(array):7} candles: "
            f"{(array > 0).sum():6} BUY {(array < 0).sum():6} SELL, {wrong} differ, "
            f"array {between - began:5.2f} s, live {took / len(array) * 1e6:5.2f} µs a candle"
        )
    raise SystemExit(1 if different else 0)


if __name__ == "__main__":
    main()
