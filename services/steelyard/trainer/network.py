"""A network: layers over one vector of weights.

All tensors are views of one contiguous vector, and so are their gradients: an optimiser is a few operations over
one buffer, a snapshot is one copy.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from steelyard.trainer.activations import Linear
from steelyard.trainer.layers import Dense, Layer, Stage
from steelyard.trainer.layers.base import Surroundings, TensorSpec, initialize
from steelyard.trainer.rng import Streams

Array = NDArray[Any]
ALIGNMENT_BYTES = 64  # a cache line, and the widest SIMD register
PREDICT_ROWS = 1024


@dataclass(frozen=True)
class Place:
    """Where a layer stands: its name, its inputs, and its tensors by full name (`dense_1/kernel`)."""

    name: str
    layer: Layer
    inputs: int
    tensors: dict[str, TensorSpec]


def places(layers: Sequence[Layer], inputs: int) -> list[Place]:
    """Every layer with its name and its tensors; allocates nothing.

    Layers are named by type and count (`dense_1`, `dropout_1`, `dense_2`), the last dense layer is `output`.
    """
    counts: dict[str, int] = {}
    last = max((index for index, layer in enumerate(layers) if isinstance(layer, Dense)), default=-1)
    found = []
    for index, layer in enumerate(layers):
        counts[layer.name] = counts.get(layer.name, 0) + 1
        name = "output" if index == last else f"{layer.name}_{counts[layer.name]}"
        tensors = {f"{name}/{tensor.name}": tensor for tensor in layer.tensors(inputs)}
        found.append(Place(name, layer, inputs, tensors))
        inputs = layer.outputs(inputs)
    return found


def count_parameters(layers: Sequence[Layer], inputs: int) -> int:
    """How many weights a network of these layers has."""
    tensors = (tensor for place in places(layers, inputs) for tensor in place.tensors.values())
    return sum(_size(tensor) for tensor in tensors)


def buffer_width(layers: Sequence[Layer], inputs: int) -> int:
    """How many values a training step keeps for every row of its batch."""
    return sum(place.layer.buffer_widths(place.inputs) for place in places(layers, inputs))


class Network:
    """Layers with weights. The last layer is dense; its units are the outputs."""

    def __init__(self, layers: Sequence[Layer], *, inputs: int, dtype: str = "float32") -> None:
        self.layers = tuple(layers)
        self.inputs = inputs
        self.dtype = np.dtype(dtype)
        self.places = places(layers, inputs)
        size = count_parameters(layers, inputs)
        self.parameters = aligned(size, self.dtype)
        self.gradients = aligned(size, self.dtype)
        output = layers[-1]
        assert isinstance(output, Dense), "the last layer is dense"
        self.outputs = output.units
        self.output_activation = output.activation

    def initialize(self, generator: Generator) -> None:
        """Draw the first values of every tensor, in the network's order."""
        tensors = self.tensors()
        for place in self.places:
            for name, spec in place.tensors.items():
                initialize(spec, tensors[name], generator)

    def tensors(self, vector: Array | None = None) -> dict[str, Array]:
        """Views of the weights by name and in order, or of another vector laid out like them."""
        vector = self.parameters if vector is None else vector
        return {name: vector[span].reshape(spec.shape) for name, spec, span in self._spans()}

    def trainable_spans(self) -> list[slice]:
        """The stretches of the vector that training may change; neighbours are joined."""
        spans: list[slice] = []
        for _, spec, span in self._spans():
            if not spec.trainable:
                continue
            if spans and spans[-1].stop == span.start:
                span = slice(spans.pop().start, span.stop)
            spans.append(span)
        return spans

    def predict(self, x: Array) -> Array:
        """Outputs `(rows, outputs)`, activated, for inputs `(rows, inputs)`."""
        return self.compute(x, logits=False)

    def compute(self, x: Array, *, logits: bool) -> Array:
        """Outputs `(rows, outputs)`; with `logits` as they are before the output layer's activation."""
        outputs = np.empty((len(x), self.outputs), self.dtype)
        path: Pass | None = None
        for start in range(0, len(x), PREDICT_ROWS):
            batch = np.ascontiguousarray(x[start : start + PREDICT_ROWS], self.dtype)
            if path is None or path.rows != len(batch):
                path = Pass(self, len(batch), logits=logits)
            outputs[start : start + len(batch)] = path.forward(batch)
        return outputs

    def activate(self, logits: Array) -> Array:
        """The output layer's activation of logits `(rows, outputs)`."""
        outputs = np.empty_like(logits)
        self.output_activation.forward(logits, outputs)
        return outputs

    def _spans(self) -> Iterator[tuple[str, TensorSpec, slice]]:
        start = 0
        for place in self.places:
            for name, spec in place.tensors.items():
                stop = start + _size(spec)
                yield name, spec, slice(start, stop)
                start = stop


class Pass:
    """A network at work on batches of `rows` rows: its stages with their buffers.

    With `streams` it trains: dropout drops, and `backward` fills the network's gradients. With `logits` the output
    layer's activation is left out, because the loss knows it.
    """

    def __init__(self, network: Network, rows: int, *, logits: bool, streams: Streams | None = None) -> None:
        self.rows = rows
        weights, gradients = network.tensors(), network.tensors(network.gradients)
        self._named: list[tuple[str, Stage]] = []
        learns_before = False
        learns_from = 0  # gradients are of no use to the stages before this one
        for place in network.places:
            layer = place.layer
            if place is network.places[-1] and logits and isinstance(layer, Dense):
                layer = _without_activation(layer)
            around = Surroundings(
                inputs=place.inputs,
                rows=rows,
                dtype=network.dtype,
                weights={spec.name: weights[name] for name, spec in place.tensors.items()},
                gradients={spec.name: gradients[name] for name, spec in place.tensors.items()},
                needs_input_gradient=learns_before,
                streams=streams,
            )
            if not learns_before:
                learns_from = len(self._named)
                learns_before = any(spec.trainable for spec in place.tensors.values())
            self._named += [(place.name, stage) for stage in layer.stages(around)]
        self._forward = [stage.forward for _, stage in self._named]
        self._backward = [stage.backward for _, stage in reversed(self._named[learns_from:])]

    def forward(self, x: Array) -> Array:
        """The outputs for a batch `(rows, inputs)`; valid until the next call."""
        for forward in self._forward:
            x = forward(x)
        return x

    def backward(self, grad: Array) -> None:
        """Fill the gradients of all weights from that by the outputs, which is overwritten."""
        for backward in self._backward:
            grad = backward(grad)

    def first_not_finite(self, x: Array) -> str | None:
        """The name of the first layer that makes values of `x` that are not finite."""
        for name, stage in self._named:
            x = stage.forward(x)
            if not np.isfinite(x).all():
                return name
        return None


def aligned(size: int, dtype: np.dtype[Any]) -> Array:
    """A vector of zeros whose first byte stands on a cache line."""
    raw = np.zeros(size * dtype.itemsize + ALIGNMENT_BYTES, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT_BYTES
    return raw[start : start + size * dtype.itemsize].view(dtype)


def _without_activation(layer: Dense) -> Dense:
    return replace(layer, activation=Linear())


def _size(spec: TensorSpec) -> int:
    return int(np.prod(spec.shape, dtype=object))
