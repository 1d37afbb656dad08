"""One training step by NumPy, with all that is computed on the way: on a copy of the network, which it leaves as it is.

The weights after the step are the engine's own (`make_one`); those computed here show that these numbers lead
there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.clipping import GradientClip
from steelyard.nn.engines.updates import Updates
from steelyard.nn.layers.base import Stage
from steelyard.nn.losses import Cost, Loss
from steelyard.nn.network import Network, Pass
from steelyard.nn.optimizers import Optimizer
from steelyard.nn.penalties import Penalties
from steelyard.nn.rng import Streams
from steelyard.nn.training.single_step import Made
from steelyard.traces.draws import Log, record

Array = NDArray[Any]
Tensors = dict[str, Array]
PlaceNames = tuple[str, ...]


@dataclass(frozen=True)
class Before:
    """A training before the step: copies of its weights and of the optimizer's state, and where its streams are."""

    parameters: Array
    slots: Mapping[str, Array]
    scalars: Mapping[str, float]
    streams: Mapping[str, Any]


@dataclass
class Seen:
    """What went through the stages of one place, in their order."""

    outputs: list[Array] = field(default_factory=list)
    intermediates: Tensors = field(default_factory=dict)
    output_gradients: list[Array] = field(default_factory=list)  # the last stage's first


@dataclass(frozen=True)
class Worked:
    """A step by NumPy.

    `costs` `(rows,)` are the losses of the rows, `cost` their weighted mean. `outputs` are the network's, logits if the
    loss has a link, and `output_gradients` the gradient of `cost` by them. `gradients` are those of `cost`; with the
    penalties' they are `total`, and clipped `applied`. `after` are the weights after the step.
    """

    places: dict[PlaceNames, Seen]
    outputs: Array
    output_gradients: Array
    costs: Array
    cost: float
    penalty: float
    gradients: Tensors
    total: Tensors
    applied: Tensors
    after: Tensors
    draws: Log


def copy_network(network: Network, parameters: Array, dtype: str | None = None) -> Network:
    """A network of the same layers with these weights."""
    made = Network(network.layers, inputs=network.inputs, dtype=dtype or network.dtype.name)
    made.parameters[:] = parameters
    return made


def copy_tensors(network: Network, vector: Array) -> Tensors:
    """The tensors of a vector that is laid out like the weights, copied."""
    return {name: tensor.copy() for name, tensor in network.tensors(vector).items()}


def work(
    network: Network, loss: Loss, optimizer: Optimizer, clip: GradientClip | None, made: Made, before: Before
) -> Worked:
    """The step that was made of `before`, worked through again by NumPy."""
    network = copy_network(network, before.parameters)
    streams = Streams.spawn(0)
    streams.restore(before.streams)
    streams, draws = record(streams)
    path = Pass(network, len(made.x), logits=loss.link is not None, streams=streams)
    places: dict[PlaceNames, Seen] = {}

    def look(place: PlaceNames, stage: Stage, way: str, given: Array, found: Array) -> None:
        seen = places.setdefault(place, Seen())
        if way == "forward":
            seen.outputs.append(found)
            seen.intermediates |= {name: values.copy() for name, values in stage.intermediates(given).items()}
        else:
            seen.output_gradients.append(given)

    path.watch(look)
    outputs = path.forward(made.x).copy()
    cost = Cost(loss, len(made.x), network.outputs, network.dtype)
    value = cost.value(outputs, made.y, made.weights)
    output_gradients = cost.gradient.copy()
    path.backward(cost.gradient)
    gradients = copy_tensors(network, network.gradients)
    penalties = Penalties(network)
    penalty = penalties.value()
    penalties.add_gradients()
    total = copy_tensors(network, network.gradients)
    if made.finite and not optimizer.line_search:  # NumPy makes steps with a line search itself
        _update(network, optimizer, clip, made, before)
    return Worked(
        places,
        outputs,
        output_gradients,
        cost_of_rows(loss, outputs, made.y),
        value,
        penalty,
        gradients,
        total,
        copy_tensors(network, network.gradients),
        copy_tensors(network, network.parameters),
        draws,
    )


def _update(network: Network, optimizer: Optimizer, clip: GradientClip | None, made: Made, before: Before) -> None:
    updates = Updates(network, optimizer, clip, lambda: 0.0)
    for name, slot in updates.slots.items():
        slot[:] = before.slots[name]
    updates.scalars.update(before.scalars)
    updates.make(made.number, made.rate)


def cost_of_rows(loss: Loss, outputs: Array, y: Array) -> Array:
    """The loss of each row, `(rows,)`."""
    costs = np.empty(len(outputs), outputs.dtype)
    loss.costs(outputs.copy(), y, np.empty_like(outputs), np.empty_like(outputs), costs)
    return costs
