"""Careful reading of the JSON around a model's answer: nothing in it is taken for granted."""

import json
from typing import Any


def opened(body: bytes) -> Any:
    """The JSON of a body, None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def at(value: Any, *path: str | int) -> Any:
    """What lies at a path of keys and positions, None where there is no such thing."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and len(value) > step else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def tokens(*counts: Any) -> int:
    """Sum of token counts; what is no sound count is none."""
    return sum(n for n in counts if type(n) is int and 0 <= n < 10_000_000)
