"""The array forms' library: pandas-ta-classic, imported when first needed.

TA-Lib is never asked for, because its RSI reads 0 where the average moves are below 1e-14, which
coins of tiny prices reach in a quiet hour.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def one_of(name: str, values: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Readings of an indicator with one input, one output and one period."""
    return column_of(name, (values,), length=period)


def column_of(
    name: str, inputs: tuple[NDArray[np.float64], ...], column: str = "", **settings: float
) -> NDArray[np.float64]:
    """Readings of an indicator, or of that one of its outputs whose name begins so."""
    import numpy as np
    import pandas as pd

    series = (pd.Series(each) for each in inputs)
    readings = getattr(_library(), name)(*series, talib=False, **settings)
    if readings is None:
        return np.full(len(inputs[0]), np.nan)
    if column:
        readings = readings[next(each for each in readings.columns if each.startswith(column))]
    return np.array(readings, dtype=np.float64)


def _library() -> Any:
    with warnings.catch_warnings():
        # While it is imported it reads an attribute that pandas 3.1 deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        import pandas_ta_classic
    return pandas_ta_classic
