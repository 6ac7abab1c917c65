"""What the worker process does with plug-ins: describe them, and let them judge a frame."""

import importlib
from array import array
from dataclasses import asdict, fields
from typing import Any

from engine.strategies.frames import Plugin

COLUMNS = ("open_time", "open", "high", "low", "close", "volume")


def describe(source: str) -> dict[str, Any]:
    """What a plug-in declares in plain values, without its function."""
    plugin = _plugin(source)
    names = {each.name for each in fields(Plugin)} - {"signals", "params"}
    said = {name: getattr(plugin, name) for name in names}
    return said | {"params": tuple(asdict(param) for param in plugin.params)}


def judge(source: str, params: dict[str, Any], rows: "array[float]") -> object:
    """What a plug-in says of the newest of ``rows``, which hold the COLUMNS of each candle."""
    import numpy as np
    import pandas as pd

    table = np.frombuffer(rows, dtype=np.float64).reshape(-1, len(COLUMNS))
    opened = pd.to_datetime(table[:, 0].astype(np.int64), unit="ms", utc=True)
    frame = pd.DataFrame(table[:, 1:].copy(), columns=COLUMNS[1:], index=opened)
    return _plain(_plugin(source).signals(frame, params))


def _plain(said: object) -> object:
    """Numbers of numpy become Python's."""
    if isinstance(said, tuple):
        return tuple(each.item() if hasattr(each, "item") else each for each in said)
    return said


def _plugin(source: str) -> Plugin:
    module, _, name = source.partition(":")
    found = getattr(importlib.import_module(module), name)
    if not isinstance(found, Plugin):
        raise TypeError(f"{source} is {type(found).__name__}, not a Plugin")
    return found
