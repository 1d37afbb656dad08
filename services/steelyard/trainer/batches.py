"""The rows of each batch: in a new order every epoch, gathered into buffers that are made once."""

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Array = NDArray[Any]


class Batches:
    """Cuts `x` `(rows, features)` and `y` `(rows, …)` into batches; the last may be smaller."""

    def __init__(self, x: Array, y: Array, *, batch_size: int) -> None:
        self._x, self._y = x, y
        self.rows = len(x)
        self.batch_size = min(batch_size, self.rows)
        self.count = -(-self.rows // self.batch_size)
        self.order = np.arange(self.rows)
        self._x_buffer = np.empty((self.batch_size, *x.shape[1:]), x.dtype)
        self._y_buffer = np.empty((self.batch_size, *y.shape[1:]), y.dtype)

    def shuffle(self, generator: Generator) -> None:
        """Put the rows in a new order, which depends on the generator alone, not on the order before."""
        self.order[:] = generator.permutation(self.rows)

    def sizes(self) -> set[int]:
        """The sizes that batches have: one, or two where the last is smaller."""
        return {self.batch_size, self.rows - (self.count - 1) * self.batch_size}

    def take(self, index: int) -> tuple[Array, Array]:
        """The batch number `index`, from 0; valid until the next call."""
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        x, y = self._x_buffer[: len(rows)], self._y_buffer[: len(rows)]
        # mode="clip" writes straight to out; the default checks first, into a copy.
        self._x.take(rows, axis=0, out=x, mode="clip")
        self._y.take(rows, axis=0, out=y, mode="clip")
        return x, y
