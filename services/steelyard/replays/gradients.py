"""The gradient of the probe's mean loss by each weight of a tensor, and how each weight changed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import Fault, NotFound, ValidationFailed, nearest
from steelyard.replays.job import ReplayedJob, Vectors
from steelyard.replays.work import require_little_work
from steelyard.training.recorded import place_of

Array = NDArray[Any]
MOST_VALUES = 4_000_000


@dataclass(frozen=True)
class TensorGradients:
    """Of a tensor, or of one of its weights, over epochs: gradients and changes, `(epochs, …)` each."""

    name: str
    epochs: list[int]
    values: Array
    changes: Array


def differentiate(
    job: ReplayedJob, vectors: Vectors, tensor: str, *, epoch: int | None, index: str | None
) -> TensorGradients:
    """The gradients at one stored epoch or all of them. Raises `NotFound`, `ValidationFailed`."""
    name = find_tensor(job, tensor)
    epochs, wanted = [*vectors], [*vectors] if epoch is None else [epoch]
    first = job.network.tensors()[name]
    place = None if index is None else place_of(index, first.shape)
    if place is None and len(wanted) > 1 and len(wanted) * first.size > MOST_VALUES:
        detail = f"is missing; {len(wanted)} epochs of {first.size:,} weights are above the limit of {MOST_VALUES:,}"
        raise ValidationFailed([Fault.of_query("epoch", detail)])
    require_little_work(job.network.size, job.probe.rows, len(wanted))
    found: list[tuple[Array, Array]] = []
    for each in wanted:
        vector, position = vectors[each], epochs.index(each)
        before = vectors[epochs[position - 1]] if position else np.full_like(vector, np.nan)
        change = job.network.tensors(vector)[name] - job.network.tensors(before)[name]
        found.append((_take(gradient_of(job, vector, name), place), _take(change, place)))
    values, changes = (np.stack(several) for several in zip(*found, strict=True))
    return TensorGradients(f"{job.prefix}{name}", wanted, values, changes)


def find_tensor(job: ReplayedJob, tensor: str) -> str:
    """The name of a tensor in the network. Raises `NotFound`."""
    name, known = tensor.removeprefix(job.prefix), job.network.specs()
    if name not in known:
        raise NotFound(f"job {job.job_id} has no tensor {tensor!r}; {nearest(name, known)}")
    return name


def gradient_of(job: ReplayedJob, vector: Array, name: str) -> Array:
    """The gradient by one tensor with these weights; NaN for one that is not trained."""
    found = job.network.tensors(job.probe.differentiate(vector))[name]
    return found.copy() if job.network.specs()[name].trainable else np.full_like(found, np.nan)


def _take(values: Array, place: int | None) -> Array:
    return values if place is None else values.reshape(-1)[place]
