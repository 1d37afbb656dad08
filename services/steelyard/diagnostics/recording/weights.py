"""The statistics of each tensor: of its weights, how they moved, and their gradient."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.diagnostics.recording.record import BINS, HISTOGRAM_EDGES, MOMENTS, QUANTILES, TENSOR_SERIES

Array = NDArray[Any]
TOGETHER = 1 << 14  # weights of several small networks: with more, the processor's cache is too small
BLOCK = 1 << 18  # weights looked at together: small tensors in few operations, large ones in little memory
MOST_SORTED = 1 << 20  # of a larger tensor, quantiles and histogram are those of as many values, evenly spaced


@dataclass(frozen=True)
class Measured:
    """What the statistics are of: vectors laid out as the network's weights.

    Args:
        weights: now.
        initial: before the first step.
        before: before the last step; `None` if that is not known.
        gradient: of the mean loss of the probe's rows.
        squares: for each tensor, the mean squared norm of the gradient of one row; NaN where that is not known.
        rows: how many rows the probe has.
    """

    weights: Array
    initial: Array
    before: Array | None
    gradient: Array
    squares: Array
    rows: int

    @classmethod
    def join(cls, parts: Sequence["Measured"]) -> "Measured":
        """Several networks of the same layers as one with all their tensors, in the same order."""
        if len(parts) == 1:
            return parts[0]
        unknown = np.full_like(parts[0].weights, np.nan)
        return cls(
            np.concatenate([part.weights for part in parts]),
            np.concatenate([part.initial for part in parts]),
            np.concatenate([unknown if part.before is None else part.before for part in parts]),
            np.concatenate([part.gradient for part in parts]),
            np.concatenate([part.squares for part in parts]),
            parts[0].rows,
        )


@dataclass(frozen=True)
class _Block:
    """A stretch of the vector of weights: where tensors, or parts of one, begin in it, and whose they are."""

    span: slice
    starts: Array
    sizes: Array
    tensors: slice


class WeightStatistics:
    """Computes the statistics of tensors that follow each other in one vector of this dtype.

    `sizes` are how many weights each has, `trainable` whether training changes it.
    """

    def __init__(self, sizes: Sequence[int], trainable: Sequence[bool], dtype: np.dtype[Any]) -> None:
        self._given = sizes, trainable, dtype
        self._of_several = {1: self}
        self._sizes = np.array(sizes)
        self._starts = np.cumsum(self._sizes) - self._sizes
        spans = [slice(start, start + size) for start, size in zip(self._starts.tolist(), sizes, strict=True)]
        self._frozen = ~np.array(trainable)
        self._blocks = list(_cut(self._starts, self._sizes))
        self._sorted = [_sample(span) for span in spans]
        kept = np.array([len(range(span.start, span.stop, span.step)) for span in self._sorted])
        positions = np.array(QUANTILES) * (kept[:, None] - 1)
        self._below = positions.astype(np.int64)
        self._above = np.ceil(positions).astype(np.int64)
        self._share = positions - self._below
        # Beside the edges of the bins: zero, and the smallest number above it, between which the zeros are.
        edges = np.array([*HISTOGRAM_EDGES, 0.0, np.finfo(dtype).smallest_subnormal], dtype)
        order = np.argsort(edges, kind="stable")
        self._edges, self._places = edges[order], np.argsort(order)

    @property
    def most_together(self) -> int:
        """Of how many networks the weights are looked at together, so that no tensor is cut where it is not alone."""
        return max(1, min(TOGETHER, BLOCK) // int(self._sizes.sum()))

    def compute_all(self, measured: Sequence[Measured]) -> list[tuple[NDArray[np.float64], NDArray[np.uint32]]]:
        """What `compute` gives for each of at most `most_together`, bit for bit, in fewer operations."""
        count = len(measured)
        if count not in self._of_several:
            sizes, trainable, dtype = self._given
            self._of_several[count] = WeightStatistics([*sizes] * count, [*trainable] * count, dtype)
        found, histograms = self._of_several[count].compute(Measured.join(measured))
        return [*zip(np.split(found, count), np.split(histograms, count), strict=True)]

    def compute(self, measured: Measured) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        """The series `(tensors, len(TENSOR_SERIES))`, and the histograms `(tensors, BINS)`."""
        found = np.empty((len(self._sizes), len(TENSOR_SERIES)))
        with np.errstate(all="ignore"):
            quantiles, histograms, zeros = self._sort(measured.weights)
            found[:, len(MOMENTS) :] = quantiles
            moments = self._moments(measured)
        moments["zeros"] = zeros
        for place, name in enumerate(MOMENTS):
            found[:, place] = moments[name]
        found[~np.isfinite(found)] = np.nan
        return found, histograms

    def _sort(self, weights: Array) -> tuple[Array, NDArray[np.uint32], Array]:
        """Quantiles, counts in each bin, and the shares of zeros."""
        count = len(self._sizes)
        below, above = np.empty((2, count, len(QUANTILES)))
        ranks = np.empty((count, len(self._edges)), np.int64)
        sizes = np.empty(count)
        for tensor, span in enumerate(self._sorted):
            values = np.sort(weights[span])
            below[tensor], above[tensor] = values[self._below[tensor]], values[self._above[tensor]]
            ranks[tensor] = values.searchsorted(self._edges)
            sizes[tensor] = len(values)
        ranks = ranks[:, self._places]
        bins = np.empty((count, BINS))
        bins[:, :-1], bins[:, -1] = ranks[:, :-2], sizes
        bins[:, 1:] -= bins[:, :-1].copy()
        zeros = (ranks[:, -1] - ranks[:, -2]) / sizes
        return below + self._share * (above - below), bins.astype(np.uint32), zeros

    def _moments(self, measured: Measured) -> dict[str, Array]:
        sums = self._sums(measured)
        sizes = self._sizes
        shift = measured.weights[self._starts].astype(np.float64)
        mean = shift + sums["moved"] / sizes
        variance = np.maximum(sums["moved²"] / sizes - np.square(sums["moved"] / sizes), 0)
        norm = np.sqrt(sizes * (variance + np.square(mean)))
        gradient = np.where(self._frozen, np.nan, sums["gradient²"])
        rows = measured.rows
        noise = (measured.squares - gradient) * rows / (rows - 1) if rows > 1 else np.full(len(sizes), np.nan)
        return {
            "mean": mean,
            "std": np.sqrt(variance),
            "min": sums["min"] + 0.0,  # no −0, which is equal to 0: which of both is found depends on their places
            "max": sums["max"] + 0.0,
            "norm": norm,
            "distance": np.sqrt(sums["distance²"] / sums["initial²"]),
            "update_ratio": np.sqrt(sums["update²"]) / norm,
            "gradient_norm": np.sqrt(gradient),
            "gradient_noise": np.maximum(noise, 0) / gradient,
        }

    def _sums(self, measured: Measured) -> dict[str, Array]:
        """Sums of each tensor, of float64; `moved` is by the tensor's first weight, so that no digits cancel."""
        names = ("moved", "moved²", "initial²", "distance²", "update²", "gradient²")
        count = len(self._sizes)
        found = {name: np.zeros(count) for name in names} | {
            "min": np.full(count, np.inf),
            "max": np.full(count, -np.inf),
        }
        if measured.before is None:
            found["update²"][:] = np.nan
        for block in self._blocks:
            for name, values in _terms(measured, block, self._starts):
                reduce = {"min": np.minimum, "max": np.maximum}.get(name, np.add)
                into = found[name][block.tensors]
                reduce(into, reduce.reduceat(values, block.starts), out=into)
        return found


def _terms(measured: Measured, block: _Block, firsts: Array) -> Iterator[tuple[str, Array]]:
    """What is summed up over a block, by name."""
    span = block.span
    raw = measured.weights[span]
    yield "min", raw
    yield "max", raw
    weights = raw.astype(np.float64)
    moved = weights - np.repeat(measured.weights[firsts[block.tensors]].astype(np.float64), block.sizes)
    yield "moved", moved
    yield "moved²", np.square(moved, out=moved)
    initial = measured.initial[span].astype(np.float64)
    distance = weights - initial
    yield "distance²", np.square(distance, out=distance)
    yield "initial²", np.square(initial, out=initial)
    if measured.before is not None:
        weights -= measured.before[span]
        yield "update²", np.square(weights, out=weights)
    yield "gradient²", np.square(measured.gradient[span], dtype=np.float64)


def _cut(starts: Array, sizes: Array) -> Iterator[_Block]:
    """The vector of tensors of these sizes in blocks of at most `BLOCK` weights."""
    ends = starts + sizes
    total = int(ends[-1])
    for first in range(0, total, BLOCK):
        stop = min(first + BLOCK, total)
        low, high = int(np.searchsorted(ends, first, "right")), int(np.searchsorted(starts, stop, "left"))
        begins = np.maximum(starts[low:high], first)
        lengths = np.minimum(ends[low:high], stop) - begins
        yield _Block(slice(first, stop), begins - first, lengths, slice(low, high))


def _sample(span: slice) -> slice:
    """The weights of a tensor that are sorted: all, or of a large one as many as are sorted at most."""
    size = span.stop - span.start
    step = -(-size // MOST_SORTED)
    return slice(span.start, span.stop, step)
