"""The statistics of each tensor: of its weights, how they moved, and their gradient."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.diagnostics.recording.record import BINS, HISTOGRAM_EDGES, MOMENTS, QUANTILES, TENSOR_SERIES

Array = NDArray[Any]
TOGETHER = 1 << 16  # weights of several small networks
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


class WeightStatistics:
    """Computes the statistics of tensors that follow each other in one vector of this dtype.

    `sizes` are how many weights each has, `trainable` whether training changes it.
    """

    def __init__(self, sizes: Sequence[int], trainable: Sequence[bool], dtype: np.dtype[Any]) -> None:
        self._given = sizes, trainable, dtype
        self._of_several = {1: self}
        self._sizes = np.array(sizes)
        self._bounds = np.concatenate([[0], np.cumsum(self._sizes)])
        self._starts = self._bounds[:-1]
        self._frozen = ~np.array(trainable)
        steps = -(-self._sizes // MOST_SORTED)
        self._spans = np.stack([self._bounds[:-1], self._bounds[1:], steps], axis=1)
        kept = -(-self._sizes // steps)
        self._most_sorted = kept.max()
        positions = np.array(QUANTILES) * (kept[:, None] - 1)
        below, above = np.floor(positions).astype(np.int64), np.ceil(positions).astype(np.int64)
        self._ranks, self._share = np.concatenate([below, above], axis=1), positions - below
        self._edges = np.array(HISTOGRAM_EDGES, dtype)

    @property
    def most_together(self) -> int:
        """Of how many networks the weights are looked at together."""
        return max(1, TOGETHER // int(self._sizes.sum()))

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
        from steelyard.nn.engines.compiled import statistics  # noqa: PLC0415 -- loads the compiler

        count = len(self._sizes)
        values, bins = np.empty(self._ranks.shape, weights.dtype), np.empty((count, BINS), np.uint32)
        zeros, room = np.empty(count), np.empty((2, self._most_sorted), f"u{weights.itemsize}")
        statistics.order(weights, self._spans, self._ranks, self._edges, values, bins, zeros, room)
        found = values.astype(np.float64)
        below, above = found[:, : len(QUANTILES)], found[:, len(QUANTILES) :]
        return below + self._share * (above - below), bins, zeros

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
        """What `statistics.sum_up` finds of each tensor, by name."""
        from steelyard.nn.engines.compiled import statistics  # noqa: PLC0415 -- loads the compiler

        before = measured.weights[:0] if measured.before is None else measured.before
        found = np.empty((len(self._sizes), len(statistics.SUMS)))
        statistics.sum_up(measured.weights, measured.initial, before, measured.gradient, self._bounds, found)
        return dict(zip(statistics.SUMS, found.T, strict=True))
