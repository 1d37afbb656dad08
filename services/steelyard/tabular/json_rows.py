"""Reads valid rows of JSON at the speed of C, without examining each column.

With a single row, that look takes longer than all the rest. Errors in other rows are reported elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.tabular.json_numbers import add_numbers, is_too_large


@dataclass(frozen=True)
class Reading:
    """How the values of a column become numbers.

    `missing` replaces null, unless it is `None`, and values for which `is_missing` holds.
    """

    read: Callable[[Any], float]
    missing: float | None
    is_missing: Callable[[Any], bool] | None = None


class CellReader:
    """Reads rows of the `features`, in that order or by name, into `(rows, columns)`.

    `order` are the columns of the result. Those not in `readings` are numbers, where null is NaN `with_missing`.
    """

    def __init__(
        self, features: Sequence[str], order: Sequence[str], readings: Mapping[str, Reading], *, with_missing: bool
    ) -> None:
        place_of = {name: place for place, name in enumerate(features)}
        self._features = place_of.keys()
        self._order = order
        self._places = [place_of[name] for name in order]
        self._readings = [(place, readings[name]) for place, name in enumerate(order) if name in readings]
        self._takes_lists = not readings and self._places == [*range(len(features))]
        self._with_missing = with_missing

    def read(self, rows: list[Any]) -> NDArray[np.float64] | None:
        """The cells; `None` if anything is wrong with a row."""
        cells = bytearray()
        try:
            for row in rows:
                self._add(row, cells)
        except (TypeError, ValueError, OverflowError):
            return None
        found = np.frombuffer(cells).reshape(len(rows), len(self._order))
        return None if is_too_large(found) else found

    def takes(self, cells: NDArray[np.float64]) -> bool:
        """Whether these numbers, NaN where one is missing, are what `read` gives for rows that are lists of them."""
        if not self._takes_lists or cells.shape[1] != len(self._order) or is_too_large(cells):
            return False
        return self._with_missing or not np.isnan(cells).any()

    def _add(self, row: Any, cells: bytearray) -> None:
        """Append the cells of a row. Raises `TypeError`, `ValueError`, `OverflowError`."""
        if type(row) is list and len(row) == len(self._features):
            values = row if self._takes_lists else [*map(row.__getitem__, self._places)]
        elif type(row) is dict and row.keys() == self._features:
            values = [*map(row.__getitem__, self._order)]
        else:
            raise ValueError("the row has other columns")
        for place, reading in self._readings:
            value = values[place]
            is_none = value is None or (reading.is_missing is not None and reading.is_missing(value))
            values[place] = reading.missing if is_none else reading.read(value)
        try:
            add_numbers(values, cells)
        except TypeError:
            if not self._with_missing:
                raise
            add_numbers([np.nan if value is None else value for value in values], cells)
