"""Real candles for replays where they are at hand; the seeded generator stands in elsewhere."""

import csv
import gzip
from pathlib import Path

_SHARED = Path(__file__).parents[3] / "shared" / "data" / "market" / "spot"
_CRASH_WEEK = _SHARED / "BTCUSDT-1m-20210515_20210522.csv.gz"
# Within a hundred candles of its start this stretch has both a stop and a target being hit.
_FIRST, _LAST = 8_300, 10_081


def stormy_candles(folder: Path) -> list[str]:
    """Arguments for a local exchange: one file of stormy real minutes, or nothing."""
    if not _CRASH_WEEK.exists():
        return []
    with gzip.open(_CRASH_WEEK, "rt", newline="") as source:
        rows = list(csv.reader(source))[1:]
    path = folder / "BTCUSDT-1m.csv"
    with path.open("w", newline="") as target:
        csv.writer(target).writerows(rows[_FIRST:_LAST])
    return [f"BTCUSDT={path}"]
