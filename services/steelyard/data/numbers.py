"""Numbers that came inside a request: read at the speed of C where they are good, looked at one by one to say why not.

The types are seen first, so that NumPy never guesses: it would make texts of a list that holds one.
"""

from itertools import chain
from types import NoneType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown

LARGEST = 1e150  # a sum of squares of larger numbers overflows when a column's variance is taken


def read_matrix(rows: list[Any], width: int, *, with_missing: bool = False) -> NDArray[np.float64] | None:
    """The numbers `(rows, width)`, booleans as 0 and 1; `None` if anything is wrong with them.

    `with_missing` lets `None` stand for a number that is missing, which becomes NaN.
    """
    if {*map(type, rows)} != {list} or {*map(len, rows)} != {width} or not width:
        return None
    types = {*map(type, chain.from_iterable(rows))}
    if types <= {int, float, bool}:
        return read_numbers(rows)
    return read_numbers(rows, with_missing=True) if with_missing and types <= {int, float, bool, NoneType} else None


def read_numbers(values: list[Any], *, with_missing: bool = False) -> NDArray[np.float64] | None:
    """The float64 of a list, or a list of lists, of nothing but numbers; `None` if one is beyond `LARGEST`."""
    try:
        array = np.array(values, np.float64)
    except OverflowError:  # an integer that no float64 holds
        return None
    good = np.abs(array) <= LARGEST
    return array if (good | np.isnan(array) if with_missing else good).all() else None


def number_fault(value: Any) -> str | None:
    """What is wrong with a single value, in words that follow its place."""
    if value is None:
        return "is null; every value must be a number"
    if not isinstance(value, (int, float)):
        return f"is {shown(value)}; it must be a number"
    return None if abs(value) <= LARGEST else f"is {shown(value)}; it must lie within ±{LARGEST:g}"
