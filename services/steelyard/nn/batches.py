"""The rows of each batch: in a new order every epoch, gathered into buffers that are made once."""

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from steelyard.errors import InvalidParameter
from steelyard.nn.losses import Loss
from steelyard.nn.network import Network
from steelyard.nn.one_hot import OneHot

Array = NDArray[Any]


def _contiguous(column: Any) -> Any:
    return column if isinstance(column, OneHot) else np.ascontiguousarray(column)


class Batches:
    """Cuts arrays of equally many rows into batches; the last may be smaller. `columns` are the arrays, row by row."""

    def __init__(self, *columns: Any, batch_size: int) -> None:
        self.columns = [_contiguous(column) for column in columns]
        self.rows = len(columns[0])
        self.batch_size = min(batch_size, self.rows)
        self.count = -(-self.rows // self.batch_size)
        self.order = np.arange(self.rows)
        self._buffers = [np.empty((self.batch_size, *column.shape[1:]), column.dtype) for column in columns]

    @property
    def values_of_row(self) -> int:
        """How many values the first array keeps of a row."""
        first = self.columns[0]
        return int(first.values if isinstance(first, OneHot) else first.shape[1])

    def shuffle(self, generator: Generator) -> None:
        """Put the rows in a new order, which depends on the generator alone, not on the order before."""
        self.order[:] = generator.permutation(self.rows)

    def sizes(self) -> list[int]:
        """The sizes that batches have, the larger first: one, or two where the last batch is smaller."""
        return sorted({self.batch_size, self.rows - (self.count - 1) * self.batch_size}, reverse=True)

    def take(self, index: int) -> list[Array]:
        """The rows of the batch number `index`, from 0, of every array; valid until the next call."""
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        taken = [buffer[: len(rows)] for buffer in self._buffers]
        for column, out in zip(self.columns, taken, strict=True):
            # mode="clip" writes straight to out; the default checks first, into a copy.
            column.take(rows, axis=0, out=out, mode="clip")
        return taken


def read_columns(network: Network, loss: Loss, x: Array | OneHot, y: Array, weights: Array | None) -> list[Any]:
    """The arrays of a training in the types that the steps take. Raises `InvalidParameter`."""
    of_classes = "multiclass" in loss.tasks
    targets = (len(x),) if of_classes else (len(x), network.outputs)
    wanted = {"x": (len(x), network.inputs), "y": targets, "weights": (len(x),)}
    columns: dict[str, Any] = {"x": x, "y": y} | ({} if weights is None else {"weights": weights})
    for name, column in columns.items():
        if column.shape != wanted[name]:
            raise InvalidParameter(name, f"has the shape {column.shape}; it must be {wanted[name]}")
    kinds = {"y": np.dtype(np.int64)} if of_classes else {}
    arrays = (column if isinstance(column, OneHot) else np.asarray(column) for column in columns.values())
    return [
        array.astype(kinds.get(name, network.dtype), copy=False) for name, array in zip(columns, arrays, strict=True)
    ]
