"""Two columns of a job's data as the axes of a grid, with the other columns at a typical value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import Fault, ValidationFailed, nearest, shown
from steelyard.tabular.column import Column
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.supervision import Supervised
from steelyard.tabular.types.column_type import ColumnType
from steelyard.tabular.values import Values

Array = NDArray[Any]
Rows = NDArray[np.int64]
GRID = 48
MOST_POINTS = 500
MARGIN = 0.05  # of the range of a column, on both sides


@dataclass(frozen=True)
class Feature:
    """An input column: a typical value, where a grid has its lines, and the values of some training rows.

    All three are values as `Values` has them, codes of `labels` if there are any.
    """

    type: ColumnType
    labels: tuple[Any, ...] | None
    typical: float
    lines: Array
    points: Values

    def write(self, array: Array) -> list[Any]:
        """Values as JSON has them."""
        return self.type.write(Values(array, self.labels).to_list())


@dataclass(frozen=True)
class Plane:
    """The input columns of a job, of which any two make a grid.

    Args:
        rows: the numbers of the training rows in `points`, in their data, `(points,)`.
        y: their targets, as `Supervised` has them.
    """

    encoder: Encoder
    features: Mapping[str, Feature]
    rows: Rows
    y: Array

    @classmethod
    def of(cls, supervised: Supervised, encoder: Encoder, rows: Rows) -> Self:
        """From the training rows, by number; at most `MOST_POINTS` of them, evenly spaced, are the points."""
        some = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_POINTS)).round().astype(np.int64)]
        features = {name: _look_at(supervised.inputs[name], rows, some) for name in encoder.features}
        return cls(encoder, features, supervised.table.numbers_of(some), supervised.y[some])

    def choose(self, x: str | None, y: str | None) -> tuple[str, str | None]:
        """The names of the axes that were asked for, else of the first columns. Raises `ValidationFailed`."""
        names = [*self.features]
        faults = [
            Fault.of_query(axis, f"is {shown(name)}; no input column has that name, {nearest(name, names)}")
            for axis, name in (("x", x), ("y", y))
            if name is not None and name not in self.features
        ]
        if x is not None and x == y:
            faults.append(Fault.of_query("y", f"is {shown(y)}, which is already x; it must be another column"))
        if faults:
            raise ValidationFailed(faults)
        x = next(name for name in names if name != y) if x is None else x
        return x, next((name for name in names if name != x), None) if y is None else y

    def encode(self, x: str, y: str | None, dtype: Any) -> Array:
        """The rows of a grid as the network takes them, `(lines of y · lines of x, width)`."""
        across = self.features[x].lines
        down = np.zeros(1) if y is None else self.features[y].lines
        count = len(across) * len(down)
        columns = {name: np.full(count, each.typical) for name, each in self.features.items()}
        columns[x] = np.tile(across, len(down))
        if y is not None:
            columns[y] = np.repeat(down, len(across))
        return self.encoder.encode({name: self._hold(name, array) for name, array in columns.items()}, dtype)

    def _hold(self, name: str, array: Array) -> Values:
        labels = self.features[name].labels
        return Values(array if labels is None else array.astype(np.int32), labels)


def _look_at(column: Column, rows: Rows, some: Rows) -> Feature:
    values = column.values.take(rows)
    points = column.values.take(some)
    present = values.array[~values.missing]
    if values.labels is None:
        return Feature(column.type, None, float(np.median(present)), _spread(present), points)
    counts = np.bincount(present, minlength=len(values.labels))
    frequent = np.argsort(-counts, kind="stable")[:GRID]
    seen = frequent[counts[frequent] > 0]
    lines = np.array(sorted(seen.tolist(), key=lambda code: values.labels[code]))  # type: ignore[index]
    return Feature(column.type, values.labels, float(seen[0]), lines, points)


def _spread(present: Array) -> Array:
    """The lines of a grid over these numbers."""
    low, high = float(present.min()), float(present.max())
    margin = MARGIN * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, GRID)
