"""From an answer to a signal: the caution rules and the bounds on prices, all in code."""

from dataclasses import dataclass, field
from decimal import Decimal

from engine.core.margin import ASSUMED_MAINTENANCE, liquidation_price
from engine.core.signal import Action, Advice, Signal
from engine.strategies.ai.answer import Answer, clean
from engine.strategies.ai.caution import Caution
from engine.strategies.ai.readings import Reading

FURTHEST_ENTRY = Decimal("0.5")
"""Percent between the model's entry and the present price beyond which its prices mean nothing."""
STOP_BOUNDS = (Decimal("0.1"), Decimal(5))
TARGET_BOUNDS = (Decimal("0.1"), Decimal(10))
REWARD_BOUNDS = (Decimal("0.5"), Decimal(10))
"""Target distance over stop distance."""
BEFORE_LIQUIDATION = Decimal("0.8")
"""Share of the way to liquidation that a stop may use up."""
_FAR = Decimal(1_000)  # times the price: what is further off is no better known


@dataclass(frozen=True, slots=True)
class Bounds:
    """What limits an answer: the caution, whether its exits count, the highest leverage asking."""

    caution: Caution = field(default_factory=Caution)
    model_exits: bool = True
    leverage: int = 1


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of an answer; ``notes`` name the rules that had a say, with their figures."""

    signal: Signal
    notes: dict[str, str]


def judge(answer: Answer, reading: Reading, bounds: Bounds) -> Judged:
    """Signal on the candle of ``reading`` that follows from a well-formed answer."""
    action, caution = Action(answer.signal), bounds.caution
    confidence = max(0, answer.confidence - caution.penalty)
    notes = {"asked": action.value, "confidence": str(answer.confidence)}
    if caution.penalty:
        notes["losing"] = str(caution.penalty)
    figures = {"confidence": float(confidence), "least": float(caution.least)}
    if action is not Action.HOLD:
        notes["least"] = str(caution.least)
    held = action is Action.HOLD or confidence < caution.least
    advice = None if held else _advice(answer, reading, bounds, notes)
    reason = f"ai_{'hold' if action is Action.HOLD else 'unsure' if held else action.lower()}"
    signal = Signal(
        action=Action.HOLD if held else action,
        candle_open=reading.open_time,
        close=reading.close,
        reason=reason,
        values=figures,
        confidence=confidence,
        advice=advice,
        words=clean(answer.reason),
    )
    return Judged(signal, notes)


def _advice(answer: Answer, reading: Reading, bounds: Bounds, notes: dict[str, str]) -> Advice:
    """Exits in percent where all of them are within bounds, else none: the bot's own count."""
    size = bounds.caution.size
    if size != 1:
        notes["half"] = str(size)
    stop, target = _distances(answer, reading)
    why = _objection(answer, reading, bounds, stop, target)
    if why or stop is None or target is None:
        notes["own_exits"] = why
        return Advice(size_factor=size)
    notes["exits"] = f"{stop} / {target}"
    return Advice(stop, target, size)


def _objection(
    answer: Answer,
    reading: Reading,
    bounds: Bounds,
    stop: Decimal | None,
    target: Decimal | None,
) -> str:
    """Why the model's exits are not taken over: a text key, empty when they are."""
    entry = _percent(answer.entry, reading.close)
    if not bounds.model_exits:
        return "asked"
    if entry is None or stop is None or target is None:
        return "missing"
    if abs(entry) > FURTHEST_ENTRY:
        return "entry"
    if stop <= 0 or target <= 0:
        return "side"
    if not STOP_BOUNDS[0] <= stop <= STOP_BOUNDS[1]:
        return "stop"
    if not TARGET_BOUNDS[0] <= target <= TARGET_BOUNDS[1]:
        return "target"
    if not REWARD_BOUNDS[0] <= target / stop <= REWARD_BOUNDS[1]:
        return "reward"
    if bounds.leverage > 1 and stop > _room(bounds.leverage, long=answer.signal == "BUY"):
        return "liquidation"
    return ""


def _distances(answer: Answer, reading: Reading) -> tuple[Decimal | None, Decimal | None]:
    """Stop and target as distances from the close in percent, negative on the wrong side."""
    stop = _percent(answer.stop_loss, reading.close)
    target = _percent(answer.take_profit, reading.close)
    long = answer.signal == "BUY"
    return (
        -stop if long and stop is not None else stop,
        -target if not long and target is not None else target,
    )


def _percent(price: float | None, close: float) -> Decimal | None:
    """How far a price lies above the close, in hundredths of it, two decimals."""
    if price is None:
        return None
    ratio = Decimal(repr(price)) / Decimal(repr(close))
    return round((min(ratio, _FAR) - 1) * 100, 2)


def _room(leverage: int, *, long: bool) -> Decimal:
    """How far a stop may be from the entry in percent, so that it comes before liquidation."""
    level = liquidation_price(Decimal(100), leverage, ASSUMED_MAINTENANCE, long=long)
    return abs(Decimal(100) - level) * BEFORE_LIQUIDATION
