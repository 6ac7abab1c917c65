"""Ratios of return to risk, from daily returns; None where a ratio is not defined.

All are annualised to 365 days, since coins trade every day, against a risk-free rate and a
target return of zero.
"""

import math
from collections.abc import Sequence
from itertools import accumulate

DAYS_A_YEAR = 365
# Returns that differ by less than this share of the largest are equal but for rounding.
_ROUNDING = 1e-12


def sharpe(returns: Sequence[float]) -> float | None:
    """Mean of the daily returns / their standard deviation (of a sample: n - 1) x sqrt(365).

    W. F. Sharpe, "The Sharpe Ratio", Journal of Portfolio Management 21 (1), 1994. None for less
    than two days and for returns that are all equal.
    """
    if len(returns) < 2:
        return None
    mean = math.fsum(returns) / len(returns)
    squares = math.fsum((each - mean) ** 2 for each in returns)
    deviation = math.sqrt(squares / (len(returns) - 1))
    if deviation <= _ROUNDING * max(map(abs, returns)):
        return None
    return mean / deviation * math.sqrt(DAYS_A_YEAR)


def sortino(returns: Sequence[float]) -> float | None:
    """Mean of the daily returns / their downside deviation x sqrt(365).

    Downside deviation is the root of the mean, over all days, of the squares of the returns below
    zero: F. A. Sortino and L. N. Price, "Performance Measurement in a Downside Risk Framework",
    Journal of Investing 3 (3), 1994. None without a losing day.
    """
    downside = math.sqrt(math.fsum(min(each, 0.0) ** 2 for each in returns))
    if not downside:
        return None
    mean = math.fsum(returns) / len(returns)
    return mean / (downside / math.sqrt(len(returns))) * math.sqrt(DAYS_A_YEAR)


def calmar(returns: Sequence[float]) -> float | None:
    """Compound growth of a year / maximum drawdown, both of the equity at the ends of the days.

    T. W. Young, "Calmar Ratio: A Smoother Tool", Futures 20 (1), 1991, over the whole range.
    Growth is (last equity / first) ** (365 / days) - 1. None without a drawdown, and where so few
    days grow beyond all bounds.
    """
    equity = list(accumulate((1 + each for each in returns), lambda a, b: a * b, initial=1.0))
    peaks = accumulate(equity, max)
    depth = max(1 - now / peak for now, peak in zip(equity, peaks, strict=True))
    if depth <= 0:
        return None
    try:
        return (math.pow(equity[-1], DAYS_A_YEAR / len(returns)) - 1) / depth
    except OverflowError:
        return None
