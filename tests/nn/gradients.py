"""Gradients against central differences in float64, for the tests of every part that has one."""

from collections.abc import Sequence

import numpy as np

from steelyard.nn.activations import ACTIVATIONS, Activation
from steelyard.nn.layers import Layer
from steelyard.nn.losses import Cost, Loss
from steelyard.nn.network import Network, Pass
from steelyard.nn.penalties import Penalties
from steelyard.nn.rng import Streams
from tests.nn.networks import Array

STEP = 1e-6


def relative_error(
    layers: Sequence[Layer], loss: Loss, *, rows: int = 7, inputs: int = 3, seed: int = 0, weighted: bool = False
) -> float:
    """The largest difference between the gradient and central differences, relative to the gradient's size."""
    generator = np.random.default_rng(seed)
    network = Network(layers, inputs=inputs, dtype="float64")
    network.initialize(generator)
    x = generator.normal(size=(rows, inputs))
    y = targets(loss, rows, network.outputs, generator)
    weights = generator.uniform(0, 3, rows) if weighted else None
    penalties = Penalties(network)
    cost = Cost(loss, rows, network.outputs, network.dtype)

    def forward() -> tuple[float, Pass]:
        # A fresh Pass from a fresh stream: every evaluation drops the same units.
        path = Pass(network, rows, logits=loss.link is not None, streams=Streams.spawn(seed))
        return cost.value(path.forward(x), y, weights) + penalties.value(), path

    _, path = forward()
    path.backward(cost.gradient)
    penalties.add_gradients()
    found = network.gradients.copy()
    expected = np.empty_like(found)
    for index, value in enumerate(network.parameters.copy()):
        network.parameters[index] = value + STEP
        above, _ = forward()
        network.parameters[index] = value - STEP
        below, _ = forward()
        network.parameters[index] = value
        expected[index] = (above - below) / (2 * STEP)
    return float(np.abs(found - expected).max() / max(1e-3, np.abs(expected).max()))


def targets(loss: Loss, rows: int, outputs: int, generator: np.random.Generator) -> Array:
    if "multiclass" in loss.tasks:
        return generator.integers(outputs, size=rows)
    if "binary" in loss.tasks:
        return generator.integers(2, size=(rows, outputs)).astype(float)
    if loss.raw_targets:
        return generator.poisson(2, size=(rows, outputs)).astype(float)
    return generator.normal(size=(rows, outputs))


def output_for(loss: Loss) -> Activation:
    return ACTIVATIONS[loss.link or "linear"]()
