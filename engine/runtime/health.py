"""Health file: what the running service says of itself, for `skipper status` and containers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from engine.runtime.clock import wall_ms


def write_health(path: Path, facts: Mapping[str, object]) -> None:
    """Replace the file in one step, so that a reader never sees half of it; raises OSError."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(orjson.dumps(facts))
    fresh.replace(path)


def read_health(path: Path) -> dict[str, Any] | None:
    """What was last written, with its ``age`` in real seconds; None when there is nothing."""
    try:
        facts = orjson.loads(path.read_bytes())
        written = path.stat().st_mtime
    except (OSError, orjson.JSONDecodeError):
        return None
    return {**facts, "age": round(max(0.0, wall_ms() / 1000 - written), 1)}
