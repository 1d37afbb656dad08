"""What a recording holds: series by name for each tensor, each layer and the run, a value for each recorded epoch.

All numbers are float64; NaN stands for a value that does not exist (the gradient of a frozen tensor, the pre-activation
of a normalization) or is not finite. A record has a fixed number of bytes for each tensor, layer and run.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
HISTOGRAM_EDGES: Array = 1e-3 * np.sinh(np.linspace(-12, 12, 64))  # up to ±81, and a bin around zero
BINS = len(HISTOGRAM_EDGES) + 1  # the first and the last are open

MOMENTS = ("mean", "std", "min", "max", "norm", "zeros", "distance", "update_ratio", "gradient_norm", "gradient_noise")
TENSOR_SERIES = (*MOMENTS, *(f"quantile_{round(100 * each):02d}" for each in QUANTILES))
LAYER_SERIES = (
    "preactivation_mean",
    "preactivation_std",
    "output_mean",
    "output_std",
    "forward_gain",
    "backward_gain",
    "dead",
    "dormant",
    "saturated",
    "duplicate",
)
RUN_SERIES = ("loss", "gradient_norm")
COUNT = np.dtype("<u4")
NUMBER = np.dtype("<f8")
HASH_BYTES = 32  # of the SHA-256 of a tensor


@dataclass(frozen=True)
class LayerFacts:
    """A layer: its name (`residual_1.dense_1` inside a block), type, activation, and number of units."""

    name: str
    type: str
    activation: str | None
    units: int


@dataclass(frozen=True)
class TensorPlace:
    """A tensor: its full name (`dense_1/kernel`), its layer, its shape, and whether training changes it."""

    name: str
    layer: str
    shape: tuple[int, ...]
    trainable: bool


@dataclass(frozen=True)
class Layout:
    """The layers and tensors in the order of the rows of a record; `dtype` is that of the weights."""

    layers: tuple[LayerFacts, ...]
    tensors: tuple[TensorPlace, ...]
    dtype: str

    @cached_property
    def byte_spans(self) -> dict[str, slice]:
        """Where each tensor is in the bytes of all weights, by name."""
        stops = np.cumsum([math.prod(tensor.shape) for tensor in self.tensors]) * np.dtype(self.dtype).itemsize
        starts = [0, *stops.tolist()]
        return {
            tensor.name: slice(start, stop)
            for tensor, start, stop in zip(self.tensors, starts[:-1], starts[1:], strict=True)
        }

    def named_after(self, member: str) -> "Layout":
        """The same layers and tensors as those of a member of an ensemble (`member_1.dense_1`)."""
        layers = [replace(layer, name=f"{member}.{layer.name}") for layer in self.layers]
        tensors = [
            replace(tensor, name=f"{member}.{tensor.name}", layer=f"{member}.{tensor.layer}") for tensor in self.tensors
        ]
        return Layout(tuple(layers), tuple(tensors), self.dtype)

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """From `to_json`."""
        layers = tuple(LayerFacts(**layer) for layer in document["layers"])
        tensors = tuple(TensorPlace(**{**each, "shape": tuple(each["shape"])}) for each in document["tensors"])
        return cls(layers, tensors, document["dtype"])


@dataclass(frozen=True)
class Record:
    """The statistics after `epoch` epochs.

    Args:
        epoch: 0 is before the first step.
        run: `(len(RUN_SERIES),)`.
        layers: `(layers, len(LAYER_SERIES))`.
        tensors: `(tensors, len(TENSOR_SERIES))`.
        histograms: how many values are in each bin, `(tensors, BINS)`.
    """

    epoch: int
    run: Array
    layers: Array
    tensors: Array
    histograms: NDArray[np.uint32]

    def to_bytes(self) -> bytes:
        """All numbers one after the other, little-endian."""
        numbers = (np.ascontiguousarray(part, NUMBER).tobytes() for part in (self.run, self.layers, self.tensors))
        return b"".join([*numbers, np.ascontiguousarray(self.histograms, COUNT).tobytes()])

    @classmethod
    def from_bytes(cls, epoch: int, content: bytes, layout: Layout) -> Self:
        """From `to_bytes`."""
        layers, tensors = len(layout.layers), len(layout.tensors)
        sizes = len(RUN_SERIES), layers * len(LAYER_SERIES), tensors * len(TENSOR_SERIES)
        run, of_layers, of_tensors = np.split(
            np.frombuffer(content, NUMBER, sum(sizes)).astype(np.float64), np.cumsum(sizes)[:2]
        )
        counts = np.frombuffer(content, COUNT, offset=NUMBER.itemsize * sum(sizes)).astype(np.uint32)
        return cls(
            epoch,
            run,
            of_layers.reshape(layers, len(LAYER_SERIES)),
            of_tensors.reshape(tensors, len(TENSOR_SERIES)),
            counts.reshape(tensors, BINS),
        )


def record_bytes(layers: int, tensors: int) -> int:
    """How many bytes a record of so many layers and tensors has."""
    numbers = len(RUN_SERIES) + layers * len(LAYER_SERIES) + tensors * len(TENSOR_SERIES)
    return numbers * NUMBER.itemsize + tensors * BINS * COUNT.itemsize


@dataclass(frozen=True)
class Recording:
    """All records of a run, as arrays whose first axis is the recorded epochs.

    Args:
        layout: the layers and tensors.
        epochs: `(n,)`, ascending; 0 is before the first step.
        run: `(n, len(RUN_SERIES))`.
        layers: `(n, layers, len(LAYER_SERIES))`.
        tensors: `(n, tensors, len(TENSOR_SERIES))`.
        histograms: `(n, tensors, BINS)`.
    """

    layout: Layout
    epochs: NDArray[np.int64]
    run: Array
    layers: Array
    tensors: Array
    histograms: NDArray[np.uint32]

    @classmethod
    def of(cls, layout: Layout, records: Sequence[Record]) -> Self:
        """The recording of these records, in the order of their epochs."""
        found = sorted(records, key=lambda record: record.epoch)
        count, layers, tensors = len(found), len(layout.layers), len(layout.tensors)
        return cls(
            layout,
            np.array([record.epoch for record in found], np.int64),
            np.array([record.run for record in found]).reshape(count, len(RUN_SERIES)),
            np.array([record.layers for record in found]).reshape(count, layers, len(LAYER_SERIES)),
            np.array([record.tensors for record in found]).reshape(count, tensors, len(TENSOR_SERIES)),
            np.array([record.histograms for record in found], np.uint32).reshape(count, tensors, BINS),
        )

    def of_run(self, series: str) -> Array:
        """A series of the run, `(n,)`."""
        found: Array = self.run[:, RUN_SERIES.index(series)]
        return found

    def of_layer(self, layer: str, series: str) -> Array:
        """A series of a layer, `(n,)`."""
        place = next(place for place, each in enumerate(self.layout.layers) if each.name == layer)
        found: Array = self.layers[:, place, LAYER_SERIES.index(series)]
        return found

    def of_tensor(self, tensor: str, series: str) -> Array:
        """A series of the tensor with this full name, `(n,)`."""
        place = next(place for place, each in enumerate(self.layout.tensors) if each.name == tensor)
        found: Array = self.tensors[:, place, TENSOR_SERIES.index(series)]
        return found
