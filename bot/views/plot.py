"""PURE figures drawn with characters: lines and tables as wide as a telephone."""

from collections.abc import Sequence
from decimal import Decimal

_BARS = "▁▂▃▄▅▆▇█"
WIDTH = 24


def sparkline(curve: Sequence[tuple[int, Decimal]], until: int) -> str:
    """A curve of (ms, value) as bars at equal times until ``until``; empty when it is flat.

    Each bar is the last value before its end, the lowest bar the least of them.
    """
    since = curve[0][0]
    values: list[Decimal] = []
    place = 0
    for step in range(1, WIDTH + 1):
        end = since + (until - since) * step // WIDTH
        while place + 1 < len(curve) and curve[place + 1][0] <= end:
            place += 1
        values.append(curve[place][1])
    low, high = min(values), max(values)
    if low == high:
        return ""
    return "".join(_BARS[int((each - low) * (len(_BARS) - 1) / (high - low))] for each in values)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> str:
    """Lines of cells; the first column stands left and is cut, the others right."""
    return "\n".join(_line(cells, widths) for cells in (head, *rows))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = cells
    cut = first if len(first) <= widths[0] else f"{first[: widths[0] - 1]}…"
    right = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
    return " ".join((cut.ljust(widths[0]), *right))
