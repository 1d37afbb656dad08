"""Inputs of which most are zeros, because columns of categories are one-hot: kept as the places of the ones."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class OneHot:
    """A matrix `(rows, width)`: numbers first, then ones and zeros, a single one for each column of categories.

    Made for `Training`, which never multiplies the zeros; sliced, or as an array, it is as any matrix of inputs.

    Args:
        numbers: `(rows, n)`.
        places: `(rows, columns)`, int32: which inputs are one; none below `n`, none twice in a row.
        width: of the matrix.
    """

    def __init__(self, numbers: Array, places: Array, width: int) -> None:
        self.numbers, self.places = np.ascontiguousarray(numbers), np.ascontiguousarray(places, np.int32)
        count, inside = numbers.shape[1], (places >= numbers.shape[1]) & (places < width)
        if len(numbers) != len(places) or not inside.all():
            raise ValueError(f"places must be of {len(numbers)} rows, and at least {count} and less than {width}")
        self.shape, self.dtype = (len(numbers), width), numbers.dtype

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, rows: Any) -> "OneHot":
        return OneHot(self.numbers[rows], self.places[rows], self.shape[1])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        x = np.empty(self.shape, dtype or self.dtype)
        self._fill(self.numbers, self.places, x)
        return x

    @property
    def values(self) -> int:
        """How many values are kept of a row."""
        return int(self.numbers.shape[1] + self.places.shape[1])

    def astype(self, dtype: Any, *, copy: bool) -> "OneHot":
        """With numbers of another type."""
        return OneHot(self.numbers.astype(dtype, copy=copy), self.places, self.shape[1])

    def take(self, rows: Array, *, axis: int, out: Array, mode: str) -> None:
        """Write some rows to `out`, in full; called as the method of arrays is."""
        assert (axis, mode) == (0, "clip")
        self._fill(self.numbers.take(rows, axis=0), self.places.take(rows, axis=0), out)

    @staticmethod
    def _fill(numbers: Array, places: Array, out: Array) -> None:
        count = numbers.shape[1]
        out[:, :count] = numbers
        out[:, count:] = 0
        np.put_along_axis(out, places.astype(np.int64), 1, axis=1)
