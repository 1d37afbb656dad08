"""Histograms over the stored epochs, all with the same bins."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from steelyard.replays.gradients import find_tensor, gradient_of
from steelyard.replays.job import ReplayedJob, Vectors
from steelyard.replays.ranges import count, edges_of
from steelyard.replays.schema import HistogramAtEpoch, Histograms
from steelyard.replays.units import find_layer, outputs_of
from steelyard.replays.work import choose_epochs

Array = NDArray[Any]
Source = Literal["weights", "gradients"]


def count_tensor(job: ReplayedJob, vectors: Vectors, tensor: str, *, of: Source, bins: int) -> Histograms:
    """Of the weights or the gradients of a tensor. Raises `NotFound`."""
    name = find_tensor(job, tensor)

    def values(vector: Array) -> Array:
        return job.network.tensors(vector)[name] if of == "weights" else gradient_of(job, vector, name)

    edges, counts = _count(job, vectors, values, bins)
    return Histograms(
        object="histograms", job=job.job_id, name=f"{job.prefix}{name}", of=of, edges=edges, epochs=[*counts]
    )


def count_outputs(job: ReplayedJob, vectors: Vectors, layer: str, *, bins: int) -> Histograms:
    """Of the outputs of all units of a layer on the probe. Raises `NotFound`."""
    observed = find_layer(job, layer)
    edges, counts = _count(job, vectors, lambda vector: outputs_of(job, observed, vector), bins)
    name = f"{job.prefix}{observed.path}"
    return Histograms(object="histograms", job=job.job_id, name=name, of="outputs", edges=edges, epochs=[*counts])


def _count(
    job: ReplayedJob, vectors: Vectors, values: Callable[[Array], Array], bins: int
) -> tuple[list[float], Iterator[HistogramAtEpoch]]:
    """The edges, and the counts at each epoch, of a large network at some that are evenly spaced.

    Values are computed twice, so that those of one epoch are in memory.
    """
    epochs = choose_epochs([*vectors], job.network.size, 2 * job.probe.rows)
    low, high = np.inf, -np.inf
    for epoch in epochs:
        finite = (found := values(vectors[epoch]))[np.isfinite(found)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    edges = edges_of(low, high, bins)
    counts = (HistogramAtEpoch(epoch=epoch, counts=count(values(vectors[epoch]), edges)) for epoch in epochs)
    return edges.tolist(), counts
