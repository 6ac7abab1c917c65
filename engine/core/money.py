"""Exact arithmetic for prices, quantities and money: rounding to steps, fixed-point text."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

ZERO = Decimal(0)
HUNDRED = Decimal(100)


def floor_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Largest multiple of ``step`` not above ``value``; a step of 0 leaves it as it is."""
    if step <= 0:
        return value
    return ((value / step).to_integral_value(rounding=ROUND_FLOOR) * step).normalize() + ZERO


def ceil_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Smallest multiple of ``step`` not below ``value``; a step of 0 leaves it as it is."""
    if step <= 0:
        return value
    return ((value / step).to_integral_value(rounding=ROUND_CEILING) * step).normalize() + ZERO


def percent_of(value: Decimal, percent: Decimal) -> Decimal:
    """``percent`` hundredths of ``value``."""
    return value * percent / HUNDRED


def fixed(value: Decimal) -> str:
    """Text without exponent and trailing zeros, as the exchange wants it: ``0.00001``, ``120``."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
