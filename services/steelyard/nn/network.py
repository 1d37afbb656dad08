"""A network: layers over one vector of weights.

All tensors are views of one contiguous vector, and so are their gradients: an optimizer is a few operations over
one buffer, a snapshot is one copy.
"""

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from steelyard.errors import InvalidParameter
from steelyard.nn.activations import Linear
from steelyard.nn.layers import Dense, Layer
from steelyard.nn.layers.base import Place, Surroundings, Tap, TensorSpec
from steelyard.nn.layers.stack import Stack, places
from steelyard.nn.one_hot import OneHot
from steelyard.nn.rng import Streams

Array = NDArray[Any]
ALIGNMENT_BYTES = 64  # a cache line, and the widest SIMD register
PREDICT_ROWS = 1024
KEPT_ROWS = (2, 4, 8, 16)  # buffers of so few are kept for the next call, which costs less than they do
OUTPUT = "output"


def network_places(layers: Sequence[Layer], inputs: int) -> list[Place]:
    """Every layer of a network with its name; the last, which is dense, is `output`. Allocates nothing."""
    *hidden, last = places(layers, inputs)
    return [*hidden, replace(last, name=OUTPUT)]


def count_parameters(layers: Sequence[Layer], inputs: int) -> int:
    """How many weights a network of these layers has."""
    return sum(_size(tensor) for place in network_places(layers, inputs) for tensor in place.tensors)


def buffer_width(layers: Sequence[Layer], inputs: int) -> int:
    """How many values a training step keeps for every row of its batch."""
    return sum(place.layer.buffer_widths(place.inputs) for place in network_places(layers, inputs))


class Network:
    """Layers with weights. The last layer is dense; its units are the outputs."""

    def __init__(self, layers: Sequence[Layer], *, inputs: int, dtype: str = "float32") -> None:
        self.layers = tuple(layers)
        self.inputs = inputs
        self.dtype = np.dtype(dtype)
        self.places = network_places(layers, inputs)
        size = count_parameters(layers, inputs)
        self.parameters = aligned(size, self.dtype)
        self.gradients = aligned(size, self.dtype)
        output = layers[-1]
        assert isinstance(output, Dense), "the last layer is dense"
        self.outputs = output.units
        self.output_activation = output.activation
        self._kept = Kept()

    def places_for(self, *, logits: bool) -> list[Place]:
        """The places; with `logits` without the output layer's activation."""
        *hidden, last = self.places
        assert isinstance(last.layer, Dense)
        return [*hidden, replace(last, layer=replace(last.layer, activation=Linear())) if logits else last]

    @property
    def members(self) -> tuple["Network", ...]:
        """The networks that answer together: this one alone. An `Ensemble` has several."""
        return (self,)

    @property
    def size(self) -> int:
        """How many weights it has."""
        return self.parameters.size

    @property
    def looks_at_data(self) -> bool:
        """Whether an initializer needs rows to look at."""
        return any(spec.initializer.unit_variance for spec in self.specs().values())

    def initialize(self, generator: Generator, x: Array | OneHot | None = None) -> None:
        """Draw the first values of every tensor, in the network's order.

        `x` `(rows, inputs)`, of the network's dtype, is for initializers that look at the data. Raises
        `InvalidParameter` when one of them has nothing to look at.
        """
        tensors = self.tensors()
        for name, spec in self.specs().items():
            tensors[name][...] = spec.initializer.draw(spec.shape, generator)
        if not self.looks_at_data:
            return
        if x is None:
            raise InvalidParameter("initializer", "needs rows of the data, and there are none")
        rows = np.asarray(x[:PREDICT_ROWS])
        Pass(self, len(rows), logits=False).calibrate(rows)

    def specs(self) -> dict[str, TensorSpec]:
        """What every tensor is, by its full name (`dense_1/kernel`) and in order."""
        return {f"{place.name}/{spec.name}": spec for place in self.places for spec in place.tensors}

    def tensors(self, vector: Array | None = None) -> dict[str, Array]:
        """Views of the weights by full name and in order, or of another vector laid out like them."""
        vector = self.parameters if vector is None else vector
        return {name: vector[span].reshape(spec.shape) for name, spec, span in self._spans()}

    def span(self, tensor: str) -> slice:
        """Where the tensor of this full name is in the vector."""
        return next(span for name, _, span in self._spans() if name == tensor)

    def trainable_spans(self) -> list[slice]:
        """The stretches of the vector that training may change; neighbors are joined."""
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

    def compute(self, x: Array | OneHot, *, logits: bool, passes: "dict[int, Pass] | None" = None) -> Array:
        """Outputs `(rows, outputs)`; with `logits` as they are before the output layer's activation.

        A row's bits do not depend on the rows that come with it. Several threads may compute at once.

        `passes` saves the making of buffers: those of a call stay in it for the next call with as many rows. Give the
        same dictionary each time, but never to two threads.
        """
        outputs = np.empty((len(x), self.outputs), self.dtype)
        made = {} if passes is None else passes
        for start in range(0, len(x), PREDICT_ROWS):
            some = np.asarray(x[start : start + PREDICT_ROWS])
            batch = np.ascontiguousarray(_filled_up(some), self.dtype)
            if len(batch) not in made:
                made[len(batch)] = self._pass(len(batch), logits=logits)
            outputs[start : start + len(some)] = made[len(batch)].forward(batch)[: len(some)]
        return outputs

    def _pass(self, rows: int, *, logits: bool) -> "Pass":
        """A forward pass over so many rows: this thread's last one, if they are few."""
        kept = self._kept.passes
        if (path := kept.get((rows, logits))) is None:
            path = Pass(self, rows, logits=logits)
            if rows in KEPT_ROWS:
                kept[rows, logits] = path
        return path

    def activate(self, logits: Array) -> Array:
        """The output layer's activation of logits `(rows, outputs)`."""
        outputs = np.empty_like(logits)
        self.output_activation.forward(logits, outputs, np.empty_like(logits))
        return outputs

    def _spans(self) -> Iterator[tuple[str, TensorSpec, slice]]:
        start = 0
        for name, spec in self.specs().items():
            stop = start + _size(spec)
            yield name, spec, slice(start, stop)
            start = stop


class Kept(threading.local):
    """A thread's forward passes over a few rows, with logits and without."""

    def __init__(self) -> None:
        self.passes: dict[tuple[int, bool], Pass] = {}

    def __reduce__(self) -> tuple[type["Kept"], tuple[()]]:
        return Kept, ()  # a copy makes its own


class Pass(Stack):
    """A network at work on batches of `rows` rows.

    With `streams` it trains: dropout drops, and `backward` fills the network's gradients. With `logits` the output
    layer's activation is left out, because the loss knows it. A `tap` wraps every stage.
    """

    def __init__(
        self, network: Network, rows: int, *, logits: bool, streams: Streams | None = None, tap: Tap | None = None
    ) -> None:
        self.rows = rows
        found = network.places_for(logits=logits)
        around = Surroundings(
            inputs=network.inputs,
            rows=rows,
            dtype=network.dtype,
            weights={},
            gradients={},
            needs_input_gradient=False,
            streams=streams,
            tap=tap,
        )
        super().__init__(found, around, _by_place(network.tensors()), _by_place(network.tensors(network.gradients)))


def _filled_up(x: Array) -> Array:
    """The rows, and the last of them again until they are as many as one of `KEPT_ROWS`, or an even number.

    Most layers multiply two rows at a time (see `batch_invariant`).
    """
    rows = next((few for few in KEPT_ROWS if few >= len(x)), len(x) + len(x) % 2)
    return x if len(x) in (0, rows) else np.concatenate([x, x[-1:].repeat(rows - len(x), axis=0)])


def aligned(size: int, dtype: np.dtype[Any]) -> Array:
    """A vector of zeros whose first byte stands on a cache line."""
    raw = np.zeros(size * dtype.itemsize + ALIGNMENT_BYTES, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT_BYTES
    return raw[start : start + size * dtype.itemsize].view(dtype)


def _by_place(tensors: dict[str, Array]) -> dict[str, dict[str, Array]]:
    found: dict[str, dict[str, Array]] = {}
    for full_name, tensor in tensors.items():
        place, name = full_name.split("/")
        found.setdefault(place, {})[name] = tensor
    return found


def _size(spec: TensorSpec) -> int:
    return math.prod(spec.shape)
