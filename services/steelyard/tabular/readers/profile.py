"""The profile of a column: how many values it has, which, and how they are distributed."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.tabular.column import Column
from steelyard.tabular.types.recognize import Recognized
from steelyard.tabular.values import Values

TOP = 10
BINS = 30
MOST_NAME = 200


@dataclass(frozen=True)
class Read:
    """A column as it was read: its values, its type in the file, and what was recognized in them."""

    name: str
    dtype: str
    recognized: Recognized

    @property
    def values(self) -> Values:
        """Its values."""
        return self.recognized.values

    @cached_property
    def ordered(self) -> NDArray[np.float64] | None:
        """The numbers in ascending order, without missing ones; `None` for other columns."""
        if self.values.labels is not None:
            return None
        ordered = np.sort(self.values.array).astype(np.float64, copy=False)
        return ordered[: np.searchsorted(ordered, np.nan)]  # missing ones are at the end

    @cached_property
    def counts(self) -> tuple[int, list[tuple[Any, int]]]:
        """The number of different values, and the most frequent labels with their counts."""
        array, labels, ordered = self.values.array, self.values.labels, self.ordered
        if ordered is not None:
            return int(np.count_nonzero(ordered[1:] != ordered[:-1])) + (len(ordered) > 0), []
        assert labels is not None
        counts = np.bincount(array[array >= 0], minlength=len(labels))
        order = np.argsort(-counts, kind="stable")[:TOP].tolist()
        top = [(_short(labels[place]), int(counts[place])) for place in order if counts[place]]
        return int(np.count_nonzero(counts)), top


def profile(column: Read) -> dict[str, Any]:
    """The profile of a column, as JSON. `min`, `max` and `mean` are written as the column's type writes its values."""
    recognized, values = column.recognized, column.values
    distinct, top = column.counts
    ordered = column.ordered
    missing = int(values.missing.sum()) if ordered is None else len(values.array) - len(ordered)
    guess = recognized.guess
    guessed = None if guess is None else {"schema": guess.type.to_json(), "reason": guess.reason}
    facts = describe_type(column) | {"dtype": column.dtype, "reason": recognized.reason, "guess": guessed}
    facts |= {"missing": missing, "distinct": distinct, "min": None, "max": None, "mean": None, "std": None}
    if ordered is not None and len(ordered):
        mean = float(ordered.mean())
        spread = ordered - mean
        facts["std"] = float(np.sqrt(np.dot(spread, spread) / len(spread)))
        written = recognized.type.write([float(ordered[0]), float(ordered[-1]), mean])
        facts |= dict(zip(("min", "max", "mean"), written, strict=True))
        facts["histogram"] = _count(ordered)
    return facts | {"top": [{"value": value, "count": count} for value, count in top]}


def describe_type(column: Read) -> dict[str, Any]:
    """The name and the type of a column."""
    recognized = column.recognized
    found = Column.of(recognized.type, recognized.values, is_id=recognized.is_id, remarks=recognized.remarks)
    return {"name": column.name} | found.to_json()


def _count(ordered: NDArray[np.float64]) -> list[int]:
    """How many of these ascending numbers are in each of `BINS` bins of equal width; the last has both of its edges."""
    edges = np.linspace(ordered[0], ordered[-1], BINS + 1)
    below = np.searchsorted(ordered, edges[1:-1], "left")
    counts: list[int] = np.diff(below, prepend=0, append=len(ordered)).tolist()
    return counts


def _short(label: Any) -> Any:
    return label[:MOST_NAME] if isinstance(label, str) else label
