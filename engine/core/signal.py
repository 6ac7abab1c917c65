"""Signal: what a strategy says about one closed candle."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Action(StrEnum):
    """The three things a strategy may say."""

    BUY = "BUY"
    SELL = "SELL"
    HOLD = "HOLD"


@dataclass(frozen=True, slots=True)
class Advice:
    """How an analyst would trade a signal, within the bounds that our own code sets.

    Percentages are distances from the entry; None leaves it to the bot's own setting.
    ``size_factor`` (0 to 1) shrinks the entry.
    """

    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    size_factor: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Signal:
    """Verdict on the candle that opened at ``candle_open`` (ms UTC).

    ``values`` holds the indicator readings behind it, for the user's "why?"; ``reason`` is the
    key of a text in the catalogue (``signal.<reason>``) that takes ``values`` as its figures.
    ``words`` is what an analyst said in its own words: foreign text, cleaned and short.
    """

    action: Action
    candle_open: int
    close: float
    reason: str
    values: dict[str, float] = field(default_factory=dict)
    confidence: int = 100
    words: str = ""
    advice: Advice | None = None
