"""Which rows are trained on and which are kept back, drawn from a stream of randomness of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Row numbers, sorted; a part that was not asked for is empty."""

    train: Indices
    validation: Indices
    test: Indices


def sizes(rows: int, fractions: Mapping[str, float]) -> dict[str, int]:
    """How many rows each part kept back gets: its fraction, rounded, and at least one."""
    return {part: max(1, round(rows * fraction)) for part, fraction in fractions.items() if fraction > 0}


def split_rows(
    rows: int, fractions: Mapping[str, float], generator: Generator, *, classes: NDArray[Any] | None = None
) -> Split:
    """Draw `validation` and `test` from the rows; the rest is for training.

    Args:
        rows: how many there are.
        fractions: of `validation` and `test`; those missing or 0 stay empty.
        generator: randomness.
        classes: class indices `(rows,)`: every part gets its share of each class, to one row.
    """
    order = generator.permutation(rows)
    if classes is not None:
        order = _interleave(order, classes)
    parts = {"validation": np.empty(0, np.int64), "test": np.empty(0, np.int64)}
    for part, size in sizes(rows, fractions).items():
        # Evenly spaced places of an order in which the classes are evenly spread.
        places = np.floor((np.arange(size) + 0.5) * len(order) / size).astype(np.int64)
        parts[part] = np.sort(order[places])
        order = np.delete(order, places)
    return Split(train=np.sort(order), **parts)


def _interleave(order: Indices, classes: NDArray[Any]) -> Indices:
    """The same rows grouped by class: evenly spaced places then take from each class in proportion."""
    return order[np.argsort(classes[order], kind="stable")]
