"""Numbers that came inside a request: read at the speed of C where they are good, looked at one by one to say why not.

NumPy never guesses: it would read a number in a text, where Python's arrays take nothing but numbers.
"""

from array import array
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
    numbers = array("d")
    try:
        for row in rows:
            numbers.fromlist(row)
    except OverflowError:  # an integer that no float64 holds
        return None
    except TypeError:
        types = {*map(type, chain.from_iterable(rows))}
        return read_numbers(rows, with_missing=True) if with_missing and types <= {int, float, bool, NoneType} else None
    return _if_small(np.frombuffer(numbers).reshape(-1, width))


def read_numbers(values: list[Any], *, with_missing: bool = False) -> NDArray[np.float64] | None:
    """The float64 of a list, or a list of lists, of nothing but numbers; `None` if one is beyond `LARGEST`."""
    try:
        numbers = np.array(values, np.float64)
    except OverflowError:
        return None
    return _if_small(numbers, with_missing=with_missing)


def _if_small(numbers: NDArray[np.float64], *, with_missing: bool = False) -> NDArray[np.float64] | None:
    small = np.abs(numbers) <= LARGEST
    return numbers if (small | np.isnan(numbers) if with_missing else small).all() else None


def number_fault(value: Any) -> str | None:
    """What is wrong with a single value, in words that follow its place."""
    if value is None:
        return "is null; every value must be a number"
    if not isinstance(value, (int, float)):
        return f"is {shown(value)}; it must be a number"
    return None if abs(value) <= LARGEST else f"is {shown(value)}; it must lie within ±{LARGEST:g}"
