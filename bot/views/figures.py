"""PURE figures as people read them: signs, percentages, times, durations, indicator readings."""

import unicodedata
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from bot.texts import Texts
from engine.core.market import Market
from engine.core.money import fixed
from engine.core.position import PositionSide

NONE = "–"
MINUS = "−"
_MINUTE_MS = 60_000
_HOUR, _DAY = 60, 1440
_SHOWN = 40


def signed(value: Decimal) -> str:
    """Exact, with its sign: ``+8.2``, ``−1``, ``0``."""
    if value > 0:
        return f"+{fixed(value)}"
    return f"{MINUS}{fixed(-value)}" if value < 0 else "0"


def money(value: Decimal) -> Decimal:
    """Rounded for display only: cents, or four decimals where cents would hide everything."""
    step = Decimal("0.01") if abs(value) >= 10 else Decimal("0.0001")
    return value.quantize(step, ROUND_HALF_EVEN)


def live(value: Decimal | None) -> str:
    """A figure that moves with the price: rounded and signed, a dash while unknown."""
    return NONE if value is None else signed(money(value))


def percent(value: Decimal | None) -> str:
    """Signed percent with two decimals."""
    if value is None:
        return NONE
    return f"{signed(value.quantize(Decimal('0.01'), ROUND_HALF_EVEN))} %"


def outcome(value: Decimal | None) -> str:
    """Last part of a text key: ``profit``, ``loss`` or ``even``."""
    if not value:
        return "even"
    return "profit" if value > 0 else "loss"


def price(value: Decimal | None) -> str:
    """A price, cut at eight decimals (an average may be endless)."""
    return NONE if value is None else fixed(round(value, 8))


def span(minutes: int, texts: Texts) -> str:
    """Duration in the two largest units."""
    if minutes < _HOUR:
        return texts.plain("span.minutes", minutes=minutes)
    if minutes < _DAY:
        return texts.plain("span.hours", hours=minutes // _HOUR, minutes=minutes % _HOUR)
    return texts.plain("span.days", days=minutes // _DAY, hours=minutes % _DAY // _HOUR)


def span_ms(ms: int, texts: Texts) -> str:
    """Duration of so many milliseconds."""
    return span(max(ms, 0) // _MINUTE_MS, texts)


def time_of(ms: int) -> str:
    """Time of day, UTC: ``14:15``."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%H:%M")


def moment(ms: int) -> str:
    """Date and time, UTC: ``2025-03-01 14:15``."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def day(ms: int) -> str:
    """Date, UTC: ``2025-03-01``."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")


def side_of(side: PositionSide, market: Market, leverage: int, texts: Texts) -> str:
    """LONG or SHORT, on futures with the leverage: ``SHORT 5×``."""
    word = texts.plain(f"side.{side.value}")
    return f"{word} {leverage}×" if market is Market.FUTURES else word


def reading(value: float | str) -> str:
    """An indicator's value as long as people care: ``64210.5``, ``58.3``, ``0.12346``."""
    try:
        figure = float(value)
    except ValueError:
        return str(value)
    text = f"{figure:.1f}" if abs(figure) >= 10 else f"{figure:.5g}"
    return text.removesuffix(".0")


def quoted(text: object) -> str:
    """What somebody typed, given back short and without invisible characters."""
    seen = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in str(text))
    line = " ".join(seen.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
