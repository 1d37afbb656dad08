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
from steelyard.nn.ensemble import AnyNetwork, Ensemble
from steelyard.nn.layers import Dense, Embedding
from steelyard.nn.layers.base import Place, Surroundings
from steelyard.nn.layers.stack import Stack
from steelyard.nn.network import Network

Array = NDArray[Any]
Groups = Mapping[str, NDArray[np.int64]]  # which inputs belong to which column
Places = Sequence[NDArray[np.int64]]


@dataclass(frozen=True)
class Control:
    """A control that is like the column at `places` of the first dense layer's inputs.

    `kernels` `(places, units)` are those of each member.
    """

    places: NDArray[np.int64]
    kernels: tuple[Array, ...]

    def values(self, entering: Sequence[Array], generator: Generator) -> Array:
        """The column's values, shuffled: for each member `(rows, places)`, side by side.

        `entering` are what the first dense layer of each member gets.
        """
        order = generator.permutation(len(entering[0]))
        return self.unshuffled([each[order] for each in entering])

    def unshuffled(self, entering: Sequence[Array]) -> Array:
        """The column's values as they are."""
        return np.hstack([each[:, self.places] for each in entering])


def draw_controls(
    network: AnyNetwork, groups: Places, count: int, generator: Generator, entering: Sequence[Array]
) -> list[Control]:
    """Controls that are like the columns in `groups`, in turn and in a random order.

    `entering` `(rows, inputs)` are what the first dense layer of each member gets, of which groups must be groups,
    unless the layers before it make other inputs of them: then each control is like one of those.
    """
    width = embedded_width(network.members[0])
    found = [member.places[_first_dense(member.places)] for member in network.members]
    if found[0].inputs == width:
        groups = [places[places < width] for places in groups]  # as a member has them
    else:
        groups = [np.array([index]) for index in range(found[0].inputs)]
    order = np.resize(generator.permutation(len(groups)), count)
    rows = [np.empty((0, 0)) for _ in found]
    controls = []
    for places in (groups[index] for index in order.tolist()):
        for index, (place, enters) in enumerate(zip(found, entering, strict=True)):
            if len(rows[index]) < len(places):
                rows[index] = generator.permutation(_draw_kernel(place, generator, enters))
        controls.append(Control(places, tuple(each[: len(places)] for each in rows)))
        rows = [each[len(places) :] for each in rows]
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

    An embedding is done already: its vectors are inputs here (`embed`).
    """

    def __init__(self, network: AnyNetwork, control: Control | None, rows: int, *, logits: bool) -> None:
        kernels = [None] * len(network.members) if control is None else control.kernels
        self._members = [
            _WidenedMember(member, kernel, rows, logits=logits)
            for member, kernel in zip(network.members, kernels, strict=True)
        ]
        self._mean = network.mean(logits=logits) if isinstance(network, Ensemble) else None
        added = 0 if control is None else len(control.places)
        self._inputs = _inputs_of_members(network, added)
        self._outputs = self._found = np.empty(0)

    def enter(self, inputs: Array) -> list[Array]:
        """What the first dense layer of each member gets for `(rows, inputs)`, without the control."""
        return [
            member.enter(np.ascontiguousarray(inputs[:, places[places < inputs.shape[1]]])).copy()
            for member, places in zip(self._members, self._inputs, strict=True)
        ]

    def forward(self, z: Array) -> Array:
        """The outputs `(rows, outputs)` for `z` `(rows, inputs and control)`, contiguous; valid until the next call."""
        if self._mean is None:
            return self._members[0].forward(z)
        members = zip(self._members, self._inputs, strict=True)
        found = [member.forward(np.ascontiguousarray(z[:, places])).astype(np.float64) for member, places in members]
        self._outputs = np.stack(found)
        self._found = self._mean.forward(self._outputs)
        return self._found.astype(z.dtype)

    def gradient(self, z: Array, direction: Array) -> Array:
        """The gradient by `z` of `outputs · direction`, shaped as `z`; valid until the next call."""
        outputs = self.forward(z)
        grad = np.tile(direction.astype(outputs.dtype), (len(outputs), 1))
        if self._mean is None:
            return self._members[0].backward(grad)
        found = np.zeros_like(z)
        by_member = self._mean.backward(self._outputs, self._found, grad).astype(z.dtype)
        for member, places, own in zip(self._members, self._inputs, by_member, strict=True):
            found[:, places] += member.backward(np.ascontiguousarray(own))
        return found


class _WidenedMember:
    """One network at work, widened by a control with this `kernel`.

    The control enters at the first dense layer that is not inside a block; what comes before that works on the other
    inputs alone.
    """

    def __init__(self, network: Network, kernel: Array | None, rows: int, *, logits: bool) -> None:
        found = _with_logits(network) if logits else network.places
        found = found[1:] if isinstance(found[0].layer, Embedding) else found
        at = _first_dense(found)
        place = found[at]
        weights = _by_place(network.tensors())
        own = weights[place.name]["kernel"]
        added = np.empty((0, own.shape[1])) if kernel is None else kernel
        weights[place.name] |= {"kernel": np.vstack([own, added]).astype(network.dtype)}
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
        """What the first dense layer gets for `(rows, inputs)`, contiguous, without the control."""
        return inputs if self._before is None else self._before.forward(inputs)

    def forward(self, z: Array) -> Array:
        """The outputs `(rows, outputs)` for `z` `(rows, inputs and control)`, contiguous; valid until the next call."""
        if self._before is None:
            return self._after.forward(z)
        self._joined[:, : self._entering] = self.enter(np.ascontiguousarray(z[:, : self.inputs]))
        self._joined[:, self._entering :] = z[:, self.inputs :]
        return self._after.forward(self._joined)

    def backward(self, grad: Array) -> Array:
        """The gradient by the last `z`, from that by the outputs; valid until the next call."""
        by_joined = self._after.backward(grad)
        if self._before is None:
            return by_joined
        self._gradient[:, : self.inputs] = self._before.backward(np.ascontiguousarray(by_joined[:, : self._entering]))
        self._gradient[:, self.inputs :] = by_joined[:, self._entering :]
        return self._gradient


def _inputs_of_members(network: AnyNetwork, added: int) -> list[NDArray[np.int64]]:
    """Which of the embedded inputs, and of the values of a control behind them, each member gets."""
    numbers, own = _number_width(network), embedded_width(network.members[0]) - _number_width(network)
    width, count = embedded_width(network), len(network.members)
    shared = np.arange(numbers)
    return [
        np.concatenate([shared, np.arange(own) + numbers + index * own, np.arange(added) + width + index * added])
        for index in range(count)
    ]


def embedded_width(network: AnyNetwork) -> int:
    """How many inputs there are once they are embedded: numbers, and the vectors of each member behind them."""
    first, numbers = network.members[0].places[0], _number_width(network)
    vectors = first.outputs - numbers if isinstance(first.layer, Embedding) else 0
    return numbers + vectors * len(network.members)


def _number_width(network: AnyNetwork) -> int:
    """How many inputs are not embedded."""
    first = network.members[0].places[0].layer
    return network.inputs - (len(first.columns) if isinstance(first, Embedding) else 0)


def embed(network: AnyNetwork, x: Array) -> Array:
    """Inputs `(rows, inputs)` with vectors in the place of the numbers of categories, where the network has such."""
    if not isinstance(network.members[0].places[0].layer, Embedding):
        return np.array(x, network.dtype)
    numbers, inputs = _number_width(network), np.ascontiguousarray(x, network.dtype)
    found = [_embed_by(member, inputs) for member in network.members]
    return np.hstack([found[0], *(each[:, numbers:] for each in found[1:])])


def _embed_by(network: Network, x: Array) -> Array:
    first, weights = network.places[0], _by_place(network.tensors())
    around = Surroundings(first.inputs, len(x), network.dtype, {}, {}, needs_input_gradient=False, streams=None)
    return Stack([first], around, weights, weights).forward(x).copy()


def embedded_groups(network: AnyNetwork, groups: Groups) -> dict[str, NDArray[np.int64]]:
    """Where the inputs of each column are once they are embedded."""
    first = network.members[0].places[0].layer
    if not isinstance(first, Embedding):
        return dict(groups)
    others = [place for place in range(network.inputs) if place not in first.columns]
    new = {place: [index] for index, place in enumerate(others)}
    block = len(first.columns) * first.units
    for index, column in enumerate(first.columns):
        starts = [len(others) + member * block + index * first.units for member in range(len(network.members))]
        new[column] = [place for start in starts for place in range(start, start + first.units)]
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
