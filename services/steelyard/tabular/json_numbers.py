"""Reads numbers inside a request: all at once in C if they are valid, else one by one to explain what is wrong.

They are read by Python's arrays, which take nothing but numbers; NumPy would also convert strings.
"""

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown

LARGEST = 1e150  # a sum of squares of larger numbers overflows when a column's variance is taken


def read_matrix(rows: list[Any], width: int) -> NDArray[np.float64] | None:
    """The numbers `(rows, width)`, booleans as 0 and 1; `None` if anything is wrong with them."""
    if {*map(type, rows)} != {list} or {*map(len, rows)} != {width} or not width:
        return None
    numbers = array("d")
    try:
        for row in rows:
            numbers.fromlist(row)
    except (TypeError, OverflowError):  # the latter is for an integer that no float64 holds
        return None
    found = np.array(numbers).reshape(-1, width)
    return None if is_too_large(found) else found


def read_numbers(values: list[Any]) -> NDArray[np.float64] | None:
    """The float64 of a list of nothing but numbers; `None` if anything is wrong with them."""
    found = read_matrix([values], len(values))
    return None if found is None else found[0]


def is_too_large(numbers: NDArray[np.float64]) -> bool:
    """Whether any of them is beyond `LARGEST`; NaN is not."""
    return bool(np.fmax.reduce(np.abs(numbers), axis=None, initial=0.0) > LARGEST)


def is_number(text: str) -> bool:
    """Whether Python reads a string as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def number_fault(value: Any) -> str | None:
    """What is wrong with a single value, in words that follow its place."""
    if value is None:
        return "is null; every value must be a number"
    if not isinstance(value, (int, float)):
        return f"is {shown(value)}; it must be a number"
    return None if abs(value) <= LARGEST else f"is {shown(value)}; it must be within ±{LARGEST:g}"
