"""Bins that several arrays share."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def edges_of(low: float, high: float, bins: int) -> NDArray[np.float64]:
    """The edges of bins of equal width from `low` to `high`, `(bins + 1,)`.

    Without any values from −½ to ½, and half a unit to each side of a single one, as `numpy.histogram` has it.
    """
    if not low <= high:
        low, high = 0.0, 0.0
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, bins + 1)


def count(values: Array, edges: Array) -> list[int]:
    """How many of the values are in each bin; those that are not finite in none."""
    counts: list[int] = np.histogram(values[np.isfinite(values)], edges)[0].tolist()
    return counts
