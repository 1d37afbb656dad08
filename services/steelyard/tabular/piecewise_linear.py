"""Piecewise-linear encoding of numbers: how far each value has come through each of a column's bins.

A network of smooth weights bends slowly along a number; with an input for each bin, it can turn at the bin's edges.
The edges are quantiles of the training rows. Each value is encoded by itself, so one row comes out with the same bits
as among a million.

Source: Gorishniy, Rubachev and Babenko 2022, On Embeddings for Numerical Features in Tabular Deep Learning,
arXiv:2203.05556, section 3.1. There the outer bins are open; here they are bounded, because the scaled number is an
input too, and values far outside would become huge inputs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
BINS = 32
LEAST_BINS = 3  # with fewer, a column is as good as its own bins
ROWS_FOR_EDGES = 1 << 16
# The network starts as one of the scaled numbers, and takes up what the bins add: measured by `make bench-defaults`,
# full-size bins fit the noise of small data sets.
SCALE = 0.25


@dataclass(frozen=True)
class PiecewiseLinear:
    """The edges of each column's bins, ascending: none, or those of at least `LEAST_BINS`.

    `centers` `(width,)` are the mean parts of the bins that training rows have come through.
    """

    edges: tuple[tuple[float, ...], ...]
    centers: tuple[float, ...]

    @classmethod
    def fit(cls, columns: Sequence[NDArray[np.float64]]) -> Self:
        """Fit to training rows, `(rows,)` a column; missing values are NaN."""
        edges: list[tuple[float, ...]] = []
        centers: list[float] = []
        for column in columns:
            present = column[np.isfinite(column)]
            some = present[:: max(1, -(-len(present) // ROWS_FOR_EDGES))]
            edges.append(_edges(some))
            if edges[-1]:
                ends = np.array(edges[-1])
                centers += _passed(some[:, None], ends[:-1], np.diff(ends)).mean(axis=0).tolist()
        return cls(tuple(edges), tuple(centers))

    @property
    def width(self) -> int:
        """How many inputs there are: one for each bin."""
        return sum(map(bins_of, self.edges))

    def places_of(self, column: int) -> range:
        """The positions of a column's bins among the inputs."""
        first = sum(map(bins_of, self.edges[:column]))
        return range(first, first + bins_of(self.edges[column]))

    def titles(self, names: Sequence[str]) -> list[str]:
        """What each input is."""
        pairs = [(name, *ends) for name, edges in zip(names, self.edges, strict=True) for ends in pairwise(edges)]
        return [f"{name} {low:g} to {high:g}" for name, low, high in pairs]

    def transform(self, x: NDArray[np.float64], out: Array) -> Array:
        """Write `(rows, width)` to `out` for the columns `(rows, columns)`, none missing: -SCALE to SCALE."""
        column, low, size, center = self.bins
        np.multiply(_passed(x[:, column], low, size) - center, SCALE, out=out, casting="same_kind")
        return out

    @cached_property
    def bins(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """The column, the lower edge, the size and the center of each bin."""
        column = np.repeat(np.arange(len(self.edges)), [bins_of(edges) for edges in self.edges])
        low = np.array([low for edges in self.edges for low in edges[:-1]], np.float64)
        high = np.array([high for edges in self.edges for high in edges[1:]], np.float64)
        return column, low, high - low, np.array(self.centers, np.float64)

    def to_json(self) -> dict[str, Any]:
        """As values that JSON holds without loss."""
        return {"edges": [list(edges) for edges in self.edges], "centers": list(self.centers)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """From what `to_json` gave."""
        return cls(tuple(tuple(edges) for edges in document["edges"]), tuple(document["centers"]))


def bins_of(edges: Sequence[float]) -> int:
    """How many bins have these edges."""
    return max(0, len(edges) - 1)


def _edges(values: NDArray[np.float64]) -> tuple[float, ...]:
    with np.errstate(over="ignore"):
        is_narrow = len(values) > 0 and np.isfinite(values.max() - values.min())
    edges: list[float] = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1))).tolist() if is_narrow else []
    return tuple(edges) if bins_of(edges) >= LEAST_BINS else ()


def _passed(x: NDArray[np.float64], low: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    """Which part of each bin the numbers have come through: 0 below, 1 above."""
    with np.errstate(over="ignore"):  # far outside of narrow bins
        passed: NDArray[np.float64] = np.clip((x - low) / size, 0.0, 1.0)
    return passed
