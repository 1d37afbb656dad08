"""A tensor that is read a part at a time, so that large weights are written out in little memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

PIECE_BYTES = 1 << 20
Read = Callable[[int, int], bytes]  # so many bytes, from the first of them on


@dataclass(frozen=True)
class PiecewiseTensor:
    """A tensor in C order, little-endian. `read(first, count)` gives so many of its bytes, from that one on."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Read

    @classmethod
    def of(cls, array: NDArray[Any]) -> Self:
        """A tensor that is in memory."""
        content = np.asarray(array, array.dtype.newbyteorder("<"), order="C").tobytes()
        return cls(array.shape, array.dtype.newbyteorder("<"), lambda first, count: content[first : first + count])

    @property
    def size(self) -> int:
        """The number of its values."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """The number of its bytes."""
        return self.size * self.dtype.itemsize

    def values(self, first: int, count: int) -> NDArray[Any]:
        """So many of its values `(count,)`, from that one on."""
        width = self.dtype.itemsize
        return np.frombuffer(self.read(first * width, count * width), self.dtype)

    def pieces(self) -> Iterator[bytes]:
        """All of its bytes."""
        for first in range(0, self.nbytes, PIECE_BYTES):
            yield self.read(first, min(PIECE_BYTES, self.nbytes - first))
