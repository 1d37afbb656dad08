"""A network with one input more than it was trained with: the control, a column of noise that it never saw."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from steelyard.nn.activations import Linear
from steelyard.nn.layers import Dense, Embedding
from steelyard.nn.layers.base import Surroundings
from steelyard.nn.layers.stack import Place, Stack
from steelyard.nn.network import Network

Array = NDArray[Any]
Groups = Mapping[str, NDArray[np.int64]]  # which inputs belong to which column


class Widened:
    """A network at work on `rows` rows of `inputs + 1` values, the last of them the control.

    The control enters at the first dense layer that is not inside a block, by `row` `(units,)` of its kernel; what
    stands before that works on the other inputs alone. An embedding is done already: its vectors are inputs here
    (`embed`). With a `row` of zeros it is the network as it is.
    """

    def __init__(self, network: Network, row: Array | None, rows: int, *, logits: bool) -> None:
        found = _with_logits(network) if logits else network.places
        found = found[1:] if isinstance(found[0].layer, Embedding) else found
        at = _first_dense(found)
        place = found[at]
        weights = _by_place(network.tensors())
        kernel = weights[place.name]["kernel"]
        control = np.zeros((1, kernel.shape[1])) if row is None else row.reshape(1, -1)
        weights[place.name] |= {"kernel": np.vstack([kernel, control]).astype(network.dtype)}
        gradients = {name: {key: np.empty_like(t) for key, t in tensors.items()} for name, tensors in weights.items()}
        around = Surroundings(found[0].inputs, rows, network.dtype, {}, {}, needs_input_gradient=True, streams=None)
        self.inputs = found[0].inputs
        self._before = Stack(found[:at], around, weights, gradients) if at else None
        self._after = Stack([replace(place, inputs=place.inputs + 1), *found[at + 1 :]], around, weights, gradients)
        self._joined = np.empty((rows, place.inputs + 1), network.dtype)
        self._gradient = np.empty((rows, self.inputs + 1), network.dtype)

    def forward(self, z: Array) -> Array:
        """The outputs `(rows, outputs)` for `z` `(rows, inputs + 1)`, contiguous; valid until the next call."""
        if self._before is None:
            return self._after.forward(z)
        self._joined[:, :-1] = self._before.forward(np.ascontiguousarray(z[:, :-1]))
        self._joined[:, -1] = z[:, -1]
        return self._after.forward(self._joined)

    def gradient(self, z: Array, direction: Array) -> Array:
        """The gradient by `z` of `outputs · direction`, `(rows, inputs + 1)`; valid until the next call."""
        outputs = self.forward(z)
        by_joined = self._after.backward(np.tile(direction.astype(outputs.dtype), (len(outputs), 1)))
        if self._before is None:
            return by_joined
        self._gradient[:, :-1] = self._before.backward(np.ascontiguousarray(by_joined[:, :-1]))
        self._gradient[:, -1] = by_joined[:, -1]
        return self._gradient


def draw_rows(network: Network, count: int, generator: Generator) -> Array:
    """Rows `(count, units)` of the first dense layer's kernel as its initializer draws them before training."""
    place = network.places[_first_dense(network.places)]
    assert isinstance(place.layer, Dense)
    return place.layer.initializer.draw((place.inputs + count, place.layer.units), generator)[-count:]


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
