"""What an AI analyst was asked and said, and the twin that trades without it."""

from dataclasses import dataclass, field
from decimal import Decimal

from engine.core.money import ZERO
from engine.core.position import PositionSide
from engine.core.signal import Action


@dataclass(frozen=True, slots=True)
class Analysis:
    """One call of a model for one candle of one user's judge (``part``); times ms.

    ``action`` and ``confidence`` are what our own rules made of the answer; ``reason`` is in the
    model's words. ``problem`` is the key of a text that says why the answer was not taken (empty:
    it was); ``notes`` are the rules that had a say, by name, each with its figure. ``cost`` is
    estimated from the tokens at the installation's prices in US dollars, None when no price is
    set.
    """

    id: int
    owner_id: int
    part: str
    stream: str
    candle_open: int
    at: int
    provider: str
    model: str
    prompt: str
    answer: str
    action: Action
    confidence: int
    reason: str
    problem: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: Decimal | None = None
    took_ms: int = 0
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Twin:
    """What a bot's rule alone would have done since ``since`` (ms): a position on paper and sums.

    ``net_percent`` adds the results of its trades in percent of their cost, after fees.
    """

    bot_id: int
    owner_id: int
    since: int
    judged_until: int = 0
    side: PositionSide | None = None
    entry_price: Decimal = ZERO
    stop_price: Decimal = ZERO
    target_price: Decimal = ZERO
    opened_at: int = 0
    trades: int = 0
    wins: int = 0
    net_percent: Decimal = ZERO
