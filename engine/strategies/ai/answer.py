"""A model's answer: the schema that it is given, and the strict reading of what comes back."""

import json
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

LONGEST_REASON = 280
LONGEST_ANSWER = 8_192
"""Characters of an answer beyond which it is no short JSON object any more."""

Price = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]

FIELDS: dict[str, tuple[str, str]] = {
    "symbol": ("string", "the symbol of the data, unchanged"),
    "signal": ("string", "BUY, SELL or HOLD"),
    "confidence": ("integer", "0 to 100"),
    "entry": ("price", "price to enter at; null with HOLD"),
    "stop_loss": ("price", "price of the stop loss; null with HOLD"),
    "take_profit": ("price", "price of the take profit; null with HOLD"),
    "reason": ("string", f"one plain sentence, at most {LONGEST_REASON} characters"),
}
"""Name, kind and meaning of every field of an answer; advisors write their schema from it."""

SIGNALS = ("BUY", "SELL", "HOLD")
Problem = Literal["empty", "too_long", "not_json", "cut", "schema", "symbol"]


class Answer(BaseModel):
    """What a model said, as it said it; nothing of it is trusted yet."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    symbol: Annotated[str, Field(max_length=20)]
    signal: Literal["BUY", "SELL", "HOLD"]
    confidence: Annotated[int, Field(strict=True, ge=0, le=100)]
    entry: Price | None
    stop_loss: Price | None
    take_profit: Price | None
    reason: str


def parse(text: str, symbol: str) -> Answer | Problem:
    """The answer in a model's text about ``symbol``, or what is wrong with it.

    One JSON object and nothing else: no prose, no code fence, no key twice.
    """
    if not text.strip():
        return "empty"
    if len(text) > LONGEST_ANSWER:
        return "too_long"
    try:
        raw = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        begun, ended = text.lstrip().startswith("{"), text.rstrip().endswith("}")
        return "cut" if begun and not ended else "not_json"
    try:
        answer = Answer.model_validate(raw)
    except ValidationError:
        return "schema"
    return answer if answer.symbol == symbol else "symbol"


def clean(words: str) -> str:
    """Foreign words as one short line: no control, formatting or surrogate characters."""
    kept = (" " if c.isspace() else c for c in words if c.isspace() or _shows(c))
    line = " ".join("".join(kept).split())
    return line if len(line) <= LONGEST_REASON else line[: LONGEST_REASON - 1].rstrip() + "…"


def _shows(character: str) -> bool:
    return not unicodedata.category(character).startswith("C")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number in JSON")
