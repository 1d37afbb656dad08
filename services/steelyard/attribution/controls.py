"""Controls: columns of which a network learned nothing, and the network with such a column at work.

A control is like one of the model's columns in everything but what was learned: its values are those of the column,
shuffled among the rows, and its weights are rows of the first dense layer's kernel as its initializer draws them for
that layer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from steelyard.nn.activations import Linear
from steelyard.nn.layers import Dense, Embedding
from steelyard.nn.layers.base import Place, Surroundings
from steelyard.nn.layers.stack import Stack
from steelyard.nn.network import Network

Array = NDArray[Any]
Groups = Mapping[str, NDArray[np.int64]]  # which inputs belong to which column
Places = Sequence[NDArray[np.int64]]


@dataclass(frozen=True)
class Control:
    """A control that is like the column at `places` of the first dense layer's inputs; `kernel` `(places, units)`."""

    places: NDArray[np.int64]
    kernel: Array

    def values(self, entering: Array, generator: Generator) -> Array:
        """The column's values `(rows, places)`, shuffled; `entering` are the first dense layer's inputs."""
        shuffled: Array = entering[generator.permutation(len(entering))][:, self.places]
        return shuffled


def draw_controls(network: Network, groups: Places, count: int, generator: Generator, entering: Array) -> list[Control]:
    """Controls that are like the columns in `groups`, in turn and in a random order.

    `entering` `(rows, inputs)` are what the first dense layer gets, of which groups must be groups, unless the layers
    before it make other inputs of them: then each control is like one of those.
    """
    place = network.places[_first_dense(network.places)]
    assert isinstance(place.layer, Dense)
    if place.inputs != embedded_width(network):
        groups = [np.array([index]) for index in range(place.inputs)]
    order = np.resize(generator.permutation(len(groups)), count)
    rows, controls = np.empty((0, place.layer.units)), []
    for places in (groups[index] for index in order.tolist()):
        if len(rows) < len(places):
            rows = generator.permutation(_draw_kernel(place, generator, entering))
        controls.append(Control(places, rows[: len(places)]))
        rows = rows[len(places) :]
    return controls


def _draw_kernel(place: Place, generator: Generator, entering: Array) -> Array:
    """The kernel of a dense layer as it is before training; `entering` are what it gets."""
    assert isinstance(place.layer, Dense)
    kernel = place.layer.initializer.draw((place.inputs, place.layer.units), generator)
    if place.layer.initializer.unit_variance and (spread := float((entering @ kernel).std())) > 0:
        kernel = kernel / spread
    return kernel


class Widened:
    """A network at work on `rows` rows of its inputs, and of the control's values behind them.

    The control enters at the first dense layer that is not inside a block; what comes before that works on the other
    inputs alone. An embedding is done already: its vectors are inputs here (`embed`).
    """

    def __init__(self, network: Network, control: Control | None, rows: int, *, logits: bool) -> None:
        found = _with_logits(network) if logits else network.places
        found = found[1:] if isinstance(found[0].layer, Embedding) else found
        at = _first_dense(found)
        place = found[at]
        weights = _by_place(network.tensors())
        kernel = weights[place.name]["kernel"]
        added = np.empty((0, kernel.shape[1])) if control is None else control.kernel
        weights[place.name] |= {"kernel": np.vstack([kernel, added]).astype(network.dtype)}
        gradients = {name: {key: np.empty_like(t) for key, t in tensors.items()} for name, tensors in weights.items()}
        around = Surroundings(found[0].inputs, rows, network.dtype, {}, {}, needs_input_gradient=True, streams=None)
        self.inputs, self._before = found[0].inputs, None
        if at:
            self._before = Stack(found[:at], around, weights, gradients)
        wide = replace(place, inputs=place.inputs + len(added))
        self._after = Stack([wide, *found[at + 1 :]], replace(around, inputs=wide.inputs), weights, gradients)
        self._joined = np.empty((rows, wide.inputs), network.dtype)
        self._gradient = np.empty((rows, self.inputs + len(added)), network.dtype)
        self._entering = place.inputs

    def enter(self, inputs: Array) -> Array:
        """What the first dense layer gets for `(rows, inputs)`, without the control; valid until the next call."""
        return inputs if self._before is None else self._before.forward(np.ascontiguousarray(inputs))

    def forward(self, z: Array) -> Array:
        """The outputs `(rows, outputs)` for `z` `(rows, inputs and control)`, contiguous; valid until the next call."""
        if self._before is None:
            return self._after.forward(z)
        self._joined[:, : self._entering] = self.enter(z[:, : self.inputs])
        self._joined[:, self._entering :] = z[:, self.inputs :]
        return self._after.forward(self._joined)

    def gradient(self, z: Array, direction: Array) -> Array:
        """The gradient by `z` of `outputs · direction`, shaped as `z`; valid until the next call."""
        outputs = self.forward(z)
        by_joined = self._after.backward(np.tile(direction.astype(outputs.dtype), (len(outputs), 1)))
        if self._before is None:
            return by_joined
        self._gradient[:, : self.inputs] = self._before.backward(np.ascontiguousarray(by_joined[:, : self._entering]))
        self._gradient[:, self.inputs :] = by_joined[:, self._entering :]
        return self._gradient


def embedded_width(network: Network) -> int:
    """How many inputs there are once they are embedded."""
    first = network.places[0]
    return first.outputs if isinstance(first.layer, Embedding) else first.inputs


def embed(network: Network, x: Array) -> Array:
    """Inputs `(rows, inputs)` with vectors in the place of the numbers of categories, where the network has such."""
    first = network.places[0]
    if not isinstance(first.layer, Embedding):
        return np.array(x, network.dtype)
    weights = _by_place(network.tensors())
    around = Surroundings(first.inputs, len(x), network.dtype, {}, {}, needs_input_gradient=False, streams=None)
    found = Stack([first], around, weights, weights).forward(np.ascontiguousarray(x, network.dtype))
    return found.copy()


def embedded_groups(network: Network, groups: Groups) -> dict[str, NDArray[np.int64]]:
    """Where the inputs of each column are once they are embedded."""
    first = network.places[0].layer
    if not isinstance(first, Embedding):
        return dict(groups)
    others = [place for place in range(network.inputs) if place not in first.columns]
    new = {place: [index] for index, place in enumerate(others)}
    for index, column in enumerate(first.columns):
        start = len(others) + index * first.units
        new[column] = [*range(start, start + first.units)]
    return {
        name: np.array([place for old in places.tolist() for place in new[old]], np.int64)
        for name, places in groups.items()
    }


def _first_dense(found: list[Place]) -> int:
    return next(index for index, place in enumerate(found) if isinstance(place.layer, Dense))


def _with_logits(network: Network) -> list[Place]:
    *hidden, last = network.places
    assert isinstance(last.layer, Dense)
    return [*hidden, replace(last, layer=replace(last.layer, activation=Linear()))]


def _by_place(tensors: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    found: dict[str, dict[str, Array]] = {}
    for full_name, tensor in tensors.items():
        place, name = full_name.split("/")
        found.setdefault(place, {})[name] = tensor
    return found
