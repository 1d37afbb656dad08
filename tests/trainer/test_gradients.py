"""Every gradient against central differences in float64, over the registries: a new part is tested by being there."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.trainer.activations import ACTIVATIONS, Activation, Gelu, Linear
from steelyard.trainer.initializers import GlorotNormal, RandomNormal
from steelyard.trainer.layers import ActivationLayer, Dense, Dropout, Layer
from steelyard.trainer.losses import LOSSES, BinaryCrossentropy, CategoricalCrossentropy, Loss, MeanSquaredError
from steelyard.trainer.network import Network, Pass
from steelyard.trainer.penalties import Penalties
from steelyard.trainer.regularizers import REGULARIZERS
from steelyard.trainer.rng import Streams
from tests.trainer.networks import Array

SMOOTH = [part() for part in ACTIVATIONS if part.name not in ("relu", "leaky_relu")]
EVERY = [*(part() for part in ACTIVATIONS), Gelu(approximate=True)]
STEP = 1e-6


def relative_error(layers: Sequence[Layer], loss: Loss, *, rows: int = 7, inputs: int = 3, seed: int = 0) -> float:
    """The largest difference between the gradient and central differences, relative to the gradient's size."""
    generator = np.random.default_rng(seed)
    network = Network(layers, inputs=inputs, dtype="float64")
    network.initialize(generator)
    x = generator.normal(size=(rows, inputs))
    y = targets(loss, rows, network.outputs, generator)
    penalties = Penalties(network)
    gradient = np.empty((rows, network.outputs))

    def forward() -> tuple[float, Pass]:
        # A fresh Pass from a fresh stream: every evaluation drops the same units.
        path = Pass(network, rows, logits=loss.link is not None, streams=Streams.spawn(seed))
        return loss.value(path.forward(x), y, gradient) + penalties.value(), path

    _, path = forward()
    path.backward(gradient)
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
    if isinstance(loss, CategoricalCrossentropy):
        return generator.integers(outputs, size=rows)
    if isinstance(loss, BinaryCrossentropy):
        return generator.integers(2, size=(rows, outputs)).astype(float)
    return generator.normal(size=(rows, outputs))


def output_for(loss: Loss) -> Activation:
    return ACTIVATIONS[loss.link or "linear"]()


@pytest.mark.parametrize("activation", EVERY, ids=str)
@pytest.mark.parametrize("loss", [part() for part in LOSSES], ids=lambda loss: loss.name)
def test_every_activation_and_loss_has_the_right_gradient(activation: Activation, loss: Loss) -> None:
    layers = [Dense(5, activation, GlorotNormal(), RandomNormal()), Dense(3, output_for(loss))]
    assert relative_error(layers, loss) < 1e-6


@pytest.mark.parametrize("activation", EVERY, ids=str)
def test_every_activation_can_be_the_outputs(activation: Activation) -> None:
    assert relative_error([Dense(4, Linear()), Dense(3, activation)], MeanSquaredError()) < 1e-6


@pytest.mark.parametrize("loss", [CategoricalCrossentropy(0.2), BinaryCrossentropy(0.2)], ids=str)
def test_label_smoothing_has_the_right_gradient(loss: Loss) -> None:
    assert relative_error([Dense(3, output_for(loss))], loss) < 1e-6


@pytest.mark.parametrize("regularizer", list(REGULARIZERS), ids=lambda part: part.name)
def test_every_regularizer_has_the_right_gradient(regularizer: type) -> None:
    assert (
        relative_error([Dense(4, ACTIVATIONS["tanh"](), regularizer=regularizer()), Dense(2)], MeanSquaredError())
        < 1e-6
    )


LAYERS = st.one_of(
    # Random biases keep the sums away from zero, where elu and selu have a kink.
    st.builds(Dense, st.integers(1, 6), st.sampled_from(SMOOTH), bias_initializer=st.just(RandomNormal(stddev=1.0))),
    st.builds(Dropout, st.floats(0, 0.8)),
    st.builds(ActivationLayer, st.sampled_from([part for part in SMOOTH if part.name not in ("elu", "selu")])),
)


@given(
    hidden=st.lists(LAYERS, max_size=4),
    loss=st.sampled_from([part() for part in LOSSES if part.name != "mean_absolute_error"]),
    rows=st.integers(1, 9),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=60, deadline=None)
def test_random_stacks_have_the_right_gradient(hidden: list[Layer], loss: Loss, rows: int, seed: int) -> None:
    assert relative_error([*hidden, Dense(3, output_for(loss))], loss, rows=rows, seed=seed) < 1e-6


def test_gradients_reach_layers_below_a_frozen_one() -> None:
    layers = [Dense(4, ACTIVATIONS["tanh"]()), Dense(4, ACTIVATIONS["tanh"](), trainable=False), Dense(2)]
    network = Network(layers, inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(0))
    path = Pass(network, 5, logits=False, streams=Streams.spawn(0))
    path.forward(np.ones((5, 3)))
    path.backward(np.ones((5, 2)))
    gradients = network.tensors(network.gradients)
    assert gradients["dense_1/kernel"].any()
    assert not gradients["dense_2/kernel"].any()
